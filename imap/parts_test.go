package imap_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// oddUIDs returns 1, 3, 5 and so on: n of them, which no range joins.
func oddUIDs(n int) imap.UIDSet {
	var s imap.UIDSet
	for i := range n {
		s = s.With(imap.UID(2*i + 1))
	}
	return s
}

// inParts returns a client on a fake that answers commands on messages with OK,
// or as handle does, and checks how long they are.
func inParts(t *testing.T, octets int, handle func(f *fake, tag, command string) bool) (*imap.Mailbox, *fake) {
	t.Helper()
	_, box, f := connect(t, &imap.Options{CommandLine: octets}, func(f *fake, tag, command string) bool {
		if n := len(tag) + 1 + len(command); n > octets {
			t.Errorf("%d octets: %.60s…", n, command)
		}
		return handle != nil && handle(f, tag, command)
	})
	return box, f
}

// sent returns the sets of the commands with a name.
func sent(t *testing.T, f *fake, name string) (all imap.UIDSet, commands int) {
	t.Helper()
	for _, c := range f.commands() {
		_, rest, _ := strings.Cut(c, " ")
		if args, ok := strings.CutPrefix(rest, name+" "); ok {
			text, _, _ := strings.Cut(args, " ")
			set, err := imap.ParseUIDSet(text)
			if err != nil {
				t.Fatal(err)
			}
			all = all.With(set)
			commands++
		}
	}
	return all, commands
}

func TestPartsOfLongSets(t *testing.T) {
	long := oddUIDs(3000)
	ctx := t.Context()
	for name, do := range map[string]func(*imap.Mailbox) error{
		"UID STORE":   func(m *imap.Mailbox) error { return m.AddFlags(ctx, long, imap.FlagSeen, "a-keyword") },
		"UID COPY":    func(m *imap.Mailbox) error { _, err := m.Copy(ctx, long, "Archive"); return err },
		"UID EXPUNGE": func(m *imap.Mailbox) error { return m.ExpungeUIDs(ctx, long) },
	} {
		t.Run(name, func(t *testing.T) {
			box, f := inParts(t, 1000, nil)
			if err := do(box); err != nil {
				t.Fatal(err)
			}
			all, n := sent(t, f, name)
			if all.String() != long.String() || n < 14 || n > 20 {
				t.Errorf("%d commands for %v", n, all)
			}
		})
	}
}

// TestPartsMoveWithoutMove: each part is copied, marked and expunged before the
// next one begins.
func TestPartsMoveWithoutMove(t *testing.T) {
	long := oddUIDs(400)
	box, f := inParts(t, 700, func(f *fake, tag, command string) bool {
		if strings.HasPrefix(command, "UID SEARCH UID ") {
			f.say("* SEARCH "+strings.ReplaceAll(strings.TrimPrefix(command, "UID SEARCH UID "), ",", " ")+"\r\n", tag+" OK done\r\n")
			return true
		}
		return false
	})
	if _, err := box.Move(t.Context(), long, "Archive"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"UID COPY", "UID STORE", "UID EXPUNGE"} {
		if all, n := sent(t, f, name); all.String() != long.String() || n < 2 {
			t.Errorf("%s: %d commands for %v", name, n, all)
		}
	}
}

func TestPartsOfFetch(t *testing.T) {
	long := oddUIDs(900)
	box, f := inParts(t, 400, func(f *fake, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "UID SEARCH UID "):
			f.say("* SEARCH "+strings.ReplaceAll(strings.TrimPrefix(command, "UID SEARCH UID "), ",", " ")+"\r\n", tag+" OK done\r\n")
		case strings.HasPrefix(command, "UID FETCH "):
			set, err := imap.ParseUIDSet(strings.Fields(command)[2])
			if err != nil {
				t.Error(err)
			}
			for uid := range set.All() {
				f.say(fmt.Sprintf("* 1 FETCH (UID %d FLAGS ())\r\n", uid))
			}
			f.say(tag + " OK done\r\n")
		default:
			return false
		}
		return true
	})
	var got imap.UIDSet
	for m, err := range box.Fetch(t.Context(), long, nil) {
		if err != nil {
			t.Fatal(err)
		}
		got = got.With(m.UID)
	}
	if got.String() != long.String() {
		t.Errorf("got %v", got)
	}
	if _, n := sent(t, f, "UID FETCH"); n < 10 {
		t.Errorf("%d commands", n)
	}
}

// TestPartsFailure: what was done before a refusal, what was refused and what
// was not tried is told.
func TestPartsFailure(t *testing.T) {
	long := oddUIDs(600)
	commands := 0
	box, f := inParts(t, 1000, func(f *fake, tag, command string) bool {
		if !strings.HasPrefix(command, "UID COPY ") {
			return false
		}
		set := strings.Fields(command)[2]
		if commands++; commands == 2 {
			f.say(tag + " NO [OVERQUOTA] full\r\n")
			return true
		}
		f.say(tag + " OK [COPYUID 9 " + set + " " + set + "] done\r\n")
		return true
	})
	r, err := box.Copy(t.Context(), long, "Archive")
	var part *imap.PartialError
	if !errors.As(err, &part) || !errors.Is(err, imap.CodeOverQuota) {
		t.Fatal(err)
	}
	first, second := strings.Fields(f.commands()[2])[3], strings.Fields(f.commands()[3])[3]
	if part.Done.String() != first || part.Failed.String() != second || part.Untried.Empty() {
		t.Errorf("%+v", part)
	}
	if all := part.Done.With(part.Failed).With(part.Untried); all.String() != long.String() {
		t.Errorf("all of them are %v", all)
	}
	if r.UIDValidity != 9 || r.UIDs.Len() != part.Done.Len() {
		t.Errorf("the result is %+v, of %d", r, part.Done.Len())
	}
	if commands != 2 {
		t.Errorf("%d commands", commands)
	}
}

// TestPartsRefusedFirst: a set that fits one command has that command's error.
func TestPartsRefusedFirst(t *testing.T) {
	box, _ := inParts(t, 1000, func(f *fake, tag, command string) bool {
		if strings.HasPrefix(command, "UID COPY ") {
			f.say(tag + " NO [TRYCREATE] no such mailbox\r\n")
			return true
		}
		return false
	})
	_, err := box.Copy(t.Context(), imap.UID(4), "Archive")
	if _, ok := err.(*imap.ResponseError); !ok {
		t.Errorf("%T: %v", err, err)
	}
}

// How long a command may be is known of the server, or said by Options.
func TestPartsByServer(t *testing.T) {
	long := oddUIDs(3000) // 15 KB
	for _, tt := range []struct {
		greeting string
		octets   int // Options.CommandLine
		commands int
	}{
		{"ready", 0, 2},
		{"Dovecot ready.", 0, 1},
		{"Gimap ready for requests", 0, 1},
		{"Courier-IMAP ready. Copyright", 0, 1},
		{"The Microsoft Exchange IMAP4 service is ready.", 0, 2},
		{"localhost IMAP4rev1 2007f.404 at home", 0, 15},
		{"Dovecot ready.", 4000, 4},
	} {
		client, server := imaptest.Pipe()
		f := newFake(server)
		longest := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.say("* PREAUTH [CAPABILITY IMAP4rev1 UIDPLUS] " + tt.greeting + "\r\n")
			f.serve(func(tag, command string) bool {
				longest = max(longest, len(tag)+1+len(command)+2)
				return false
			})
		}()
		c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext, CommandLine: tt.octets})
		if err != nil {
			t.Fatal(err)
		}
		box, err := c.Select(t.Context(), "INBOX", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := box.ExpungeUIDs(t.Context(), long); err != nil {
			t.Fatal(err)
		}
		c.Close()
		<-done
		if all, n := sent(t, f, "UID EXPUNGE"); n != tt.commands || all.String() != long.String() {
			t.Errorf("%q, %d: %d commands of at most %d octets", tt.greeting, tt.octets, n, longest)
		}
	}
}

// Numbers are turned into UIDs in parts as well, and keep their meaning if a
// message goes in between.
func TestPartsOfNumbers(t *testing.T) {
	searches := 0
	box, f := inParts(t, 200, func(f *fake, tag, command string) bool {
		if !strings.HasPrefix(command, "UID SEARCH ") {
			return false
		}
		if searches++; searches == 1 {
			f.say("* SEARCH 101\r\n", tag+" OK done\r\n* 1 EXPUNGE\r\n")
		} else {
			f.say("* SEARCH 102\r\n", tag+" OK done\r\n")
		}
		return true
	})
	var nums []uint32
	for n := uint32(1); n < 50; n += 2 {
		nums = append(nums, n)
	}
	for n := uint32(1001); n < 1100; n += 2 {
		nums = append(nums, n)
	}
	uids, err := box.UIDs(t.Context(), imap.SeqSetOf(nums...))
	if err != nil || uids.String() != "101:102" || searches < 2 {
		t.Fatal(uids, err, searches)
	}
	last := f.commands()[len(f.commands())-1]
	if !strings.HasSuffix(last, "1096,1098") {
		t.Errorf("%s: the numbers behind the expunge are one too high", last)
	}
}
