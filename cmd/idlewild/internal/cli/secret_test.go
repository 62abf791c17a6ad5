package cli

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestSecretIsRedacted(t *testing.T) {
	s := secret{"Geheim"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "password", s, "in", struct{ S secret }{s})
	text, _ := json.Marshal(struct{ S secret }{s})
	all := fmt.Sprint(s, &s) + fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s) +
		fmt.Sprintf("%v %+v", struct{ S secret }{s}, struct{ S secret }{s}) + log.String() + string(text)
	for _, leak := range []string{"Geheim", fmt.Sprintf("%x", "Geheim")} {
		if strings.Contains(all, leak) {
			t.Errorf("the password shows: %s", all)
		}
	}
}

func TestPassword(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return name
	}
	private := file("private", "from file\nsecond line\n", 0o600)
	open := file("open", "x", 0o644)
	empty := file("empty", "\n", 0o600)
	for _, tt := range []struct {
		name      string
		flags     passwordFlags
		env       string
		want, err string
		code      int
	}{
		{name: "file", flags: passwordFlags{file: private}, env: "env", want: "from file"},
		{name: "open file", flags: passwordFlags{file: open}, err: "chmod 600", code: exitFailed},
		{name: "no file", flags: passwordFlags{file: filepath.Join(dir, "none")}, err: "cannot read", code: exitFailed},
		{name: "empty file", flags: passwordFlags{file: empty}, err: "the password is empty", code: exitFailed},
		{name: "command", flags: passwordFlags{command: "printf 'a b\\r\\nc\\n'"}, want: "a b"},
		{name: "whose it is", flags: passwordFlags{command: "echo $IDLEWILD_USER, $IDLEWILD_HOST"}, want: "a, h"},
		{name: "command fails", flags: passwordFlags{command: "exit 3"}, err: "exit status 3", code: exitFailed},
		{name: "command says nothing", flags: passwordFlags{command: "true"}, err: "is empty", code: exitFailed},
		{name: "both", flags: passwordFlags{command: "x", file: "y"}, err: "exclude each other", code: exitUsage},
		{name: "environment", env: "from env", want: "from env"},
		{name: "nothing", err: "no password for a@h", code: exitUsage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && (tt.flags.command != "" || tt.name == "open file") {
				t.Skip("needs sh and file modes")
			}
			e := &env{stderr: &strings.Builder{}, getenv: func(string) string { return tt.env }, environ: os.Environ}
			got, err := secret{}, tt.flags.check(e, 1)
			if err == nil {
				got, err = tt.flags.password(t.Context(), e, target{user: "a", host: "h"})
			}
			if tt.err == "" && err != nil || got.reveal() != tt.want {
				t.Fatalf("got %q, %v; want %q", got.reveal(), err, tt.want)
			}
			if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err) || exitCode(err) != tt.code) {
				t.Errorf("got %v with exit code %d; want %q with %d", err, exitCode(err), tt.err, tt.code)
			}
		})
	}
}

func TestPasswordsOfSeveralAccounts(t *testing.T) {
	for _, tt := range []struct {
		flags    passwordFlags
		env, err string
	}{
		{flags: passwordFlags{command: "x"}, env: "y"},
		{},
		{flags: passwordFlags{file: "x"}, err: "a --password-file is for one account, and there are 2; use --password-command"},
		{env: "x", err: "IDLEWILD_PASSWORD is for one account"},
	} {
		e := &env{getenv: func(string) string { return tt.env }}
		err := tt.flags.check(e, 2)
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err) || exitCode(err) != exitUsage) {
			t.Errorf("%+v, %q: got %v, want %q", tt.flags, tt.env, err, tt.err)
		}
	}
}
