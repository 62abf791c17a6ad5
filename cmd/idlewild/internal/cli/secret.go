package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const (
	redacted = "[redacted]"
	// maxPassword is in bytes; there are tokens of some kilobytes.
	maxPassword = 64 << 10
)

// secret is a password. However it is printed, it does not show.
type secret struct{ value string }

func (s secret) reveal() string               { return s.value }
func (s secret) String() string               { return redacted }
func (s secret) GoString() string             { return redacted }
func (s secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, redacted) }
func (s secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// passwordFlags say where a password comes from.
type passwordFlags struct{ command, file string }

func (p *passwordFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.command, "password-command", "",
		"shell `COMMAND` that prints the password, such as 'pass mail'")
	cmd.Flags().StringVar(&p.file, "password-file", "",
		"`FILE` with the password in its first line, readable by you alone")
}

// check finds what cannot serve so many accounts: one password is for one of
// them, and no server is told that of another.
func (p *passwordFlags) check(e *env, accounts int) error {
	const instead = "and there are %d; use --password-command, which gets IDLEWILD_USER and IDLEWILD_HOST " +
		"in its environment, as in --password-command 'pass mail/$IDLEWILD_HOST/$IDLEWILD_USER'"
	switch {
	case p.command != "" && p.file != "":
		return usagef("--password-command and --password-file exclude each other; give one")
	case accounts < 2 || p.command != "":
		return nil
	case p.file != "":
		return usagef("a --password-file is for one account, "+instead, accounts)
	case e.getenv("IDLEWILD_PASSWORD") != "":
		return usagef("IDLEWILD_PASSWORD is for one account, "+instead, accounts)
	}
	return nil
}

// password gets the password of an account: from the command, the file,
// IDLEWILD_PASSWORD, or by asking on the terminal.
func (p *passwordFlags) password(ctx context.Context, e *env, t target) (secret, error) {
	switch {
	case p.command != "":
		return passwordFromCommand(ctx, e, p.command, t)
	case p.file != "":
		return passwordFromFile(p.file)
	}
	if v := e.getenv("IDLEWILD_PASSWORD"); v != "" {
		return checkPassword("IDLEWILD_PASSWORD", []byte(v))
	}
	if e.stdin == nil || !term.IsTerminal(int(e.stdin.Fd())) {
		return secret{}, usagef("there is no password for %s, and no terminal to ask on; "+
			"use --password-command, --password-file, or IDLEWILD_PASSWORD", t.account())
	}
	return promptPassword(ctx, e, t.account())
}

// passwordFromCommand runs the user's own words as the shell understands them,
// as git and mutt do. Nothing from outside is put into them; whose password is
// wanted stands in the environment.
func passwordFromCommand(ctx context.Context, e *env, command string, t target) (secret, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	if runtime.GOOS == "windows" {
		cmd = exec.CommandContext(ctx, "cmd", "/c", command)
	}
	cmd.Stdin, cmd.Stderr = e.stdin, e.stderr // it may ask, and complain
	cmd.Env = append(e.environ(), "IDLEWILD_USER="+t.user, "IDLEWILD_HOST="+t.host)
	out, err := cmd.Output()
	if err != nil {
		return secret{}, fmt.Errorf("the --password-command failed for %s: %w", t.account(), err)
	}
	return checkPassword("the output of the --password-command for "+t.account(), out)
}

func passwordFromFile(name string) (secret, error) {
	f, err := os.Open(name)
	if err != nil {
		return secret{}, fmt.Errorf("cannot read the --password-file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return secret{}, fmt.Errorf("cannot read the --password-file: %w", err)
	}
	if openToOthers(info) {
		return secret{}, fmt.Errorf("the --password-file %s can be read by other users (%v); do: chmod 600 %s; "+
			"or, if it is meant so, use --password-command 'cat %s'", name, info.Mode(), name, name)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPassword+2))
	if err != nil {
		return secret{}, fmt.Errorf("cannot read the --password-file: %w", err)
	}
	return checkPassword(name, text)
}

// openToOthers says whether a file lies open; pipes and such do not.
func openToOthers(info fs.FileInfo) bool {
	return runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0
}

// checkPassword takes the first line. Its errors never repeat it.
func checkPassword(where string, text []byte) (secret, error) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case len(line) == 0:
		return secret{}, fmt.Errorf("the password is empty: look at %s", where)
	case len(line) > maxPassword:
		return secret{}, fmt.Errorf("the password is longer than %d bytes: look at %s", maxPassword, where)
	case bytes.ContainsAny(line, "\x00\r"):
		return secret{}, fmt.Errorf("the password has control characters: look at %s", where)
	}
	return secret{string(line)}, nil
}

// promptPassword asks on the terminal, which shows nothing of the answer.
func promptPassword(ctx context.Context, e *env, account string) (secret, error) {
	fd := int(e.stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return secret{}, fmt.Errorf("cannot ask for the password: %w", err)
	}
	fmt.Fprintf(e.stderr, "Password for %s: ", clean(account))
	type answer struct {
		text []byte
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		fmt.Fprintln(e.stderr)
		if errors.Is(a.err, io.EOF) || a.err == nil && len(a.text) == 0 {
			return secret{}, errors.New("no password was given")
		}
		if a.err != nil {
			return secret{}, fmt.Errorf("cannot ask for the password: %w", a.err)
		}
		return checkPassword("what was typed", a.text)
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		fmt.Fprintln(e.stderr)
		return secret{}, context.Cause(ctx)
	}
}
