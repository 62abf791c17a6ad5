package imap_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

const mebibyte = 1 << 20

func TestSectionReader(t *testing.T) {
	for _, size := range []int{0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 3*mebibyte + 7} {
		synctest.Test(t, func(t *testing.T) {
			s := server(t)
			body := bytes.Repeat([]byte("0123456"), size/7+1)[:size]
			if _, err := s.Deliver("alice", "INBOX", append([]byte("A: b\r\n\r\n"), body...), nil); err != nil {
				t.Fatal(err)
			}
			commands := 0
			c, box := login(t, s, nil)
			s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
				if c.Name == "UID FETCH" {
					commands++
				}
				return nil
			}})
			r := box.OpenSection(t.Context(), 1, imap.Section{Kind: imap.Text})
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, body) || commands != size/mebibyte+1 {
				t.Errorf("%d: got %d, %v, in %d commands", size, len(got), err, commands)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			// A part of it, byte by byte, and from an offset beyond the end.
			if size > 3*mebibyte {
				r := box.OpenSection(t.Context(), 1, imap.Section{Kind: imap.Text, Offset: mebibyte - 5, Count: mebibyte + 9})
				got, err := io.ReadAll(iotest.HalfReader(r))
				if err != nil || !bytes.Equal(got, body[mebibyte-5:][:mebibyte+9]) {
					t.Errorf("got %d, %v", len(got), err)
				}
				r.Close()
			}
			r = box.OpenSection(t.Context(), 1, imap.Section{Kind: imap.Text, Offset: int64(size) + 10})
			if got, err := io.ReadAll(r); err != nil || len(got) > 0 {
				t.Error(len(got), err)
			}
			r.Close()
			noop(t, c)
			if flags := s.Messages("alice", "INBOX")[0].Flags; len(flags) > 0 {
				t.Error(flags)
			}
		})
	}
}

// Leaving a large section early costs one range, and other commands are sent in
// its midst.
func TestSectionReaderLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 1, 50*mebibyte)
		sent := 0
		c, box := login(t, s, nil)
		s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "UID FETCH" {
				sent++
			}
			return nil
		}})
		r := box.OpenSection(t.Context(), 1, imap.Section{})
		p := make([]byte, 10)
		if _, err := io.ReadFull(r, p); err != nil || string(p) != "Subject: m" {
			t.Fatal(string(p), err)
		}
		noop(t, c)
		if _, err := io.ReadFull(r, p); err != nil || string(p) != "essage 0\r\n" {
			t.Fatal(string(p), err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Read(p); err == nil {
			t.Error("a closed reader reads")
		}
		noop(t, c)
		if sent != 1 {
			t.Error(sent)
		}
		ctx, cancel := context.WithCancel(t.Context())
		r = box.OpenSection(ctx, 1, imap.Section{})
		cancel()
		if _, err := r.Read(p); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		r.Close()
		noop(t, c)
	})
}

// What servers answer in place of a range.
func TestSectionReaderAnswers(t *testing.T) {
	full := strings.Repeat("x", mebibyte)
	first := "\nC: $2 UID FETCH 1 (UID BODY.PEEK[]<0.1048576>)\n"
	second := first + "S!: * 1 FETCH (UID 1 BODY[]<0> {1048576}\\r\\n" + full + ")\\r\\n\nS: $2 OK done\nC: $3 UID FETCH 1 (UID BODY.PEEK[]<1048576.1048576>)\n"
	for _, tt := range []struct {
		name, script string
		want         string
		fails        string
	}{
		{"the range", first + `S: * 1 FETCH (UID 1 BODY[]<0> "abc")` + "\nS: $2 OK done", "abc", ""},
		{"as Exchange names it", first + `S: * 1 FETCH (UID 1 BODY[]<0.1048576> "abc")` + "\nS: $2 OK done", "abc", ""},
		{"the whole, no origin", first + `S: * 1 FETCH (UID 1 BODY[] "abc")` + "\nS: $2 OK done", "abc", ""},
		{"the whole, large, no origin", first + "S!: * 1 FETCH (UID 1 BODY[] {1048579}\\r\\n" + full + "abc)\\r\\n\nS: $2 OK done", full + "abc", ""},
		{"the whole the second time", second + "S!: * 1 FETCH (UID 1 BODY[] {1048579}\\r\\n" + full + "abc)\\r\\n\nS: $3 OK done", full + "abc", ""},
		{"nothing behind it", second + "S: * 1 FETCH (UID 1 BODY[]<1048576> \"\")\nS: $3 OK done", full, ""},
		{"NIL behind it", second + "S: * 1 FETCH (UID 1 BODY[]<1048576> NIL)\nS: $3 OK done", full, ""},
		{"another range", second + "S: * 1 FETCH (UID 1 BODY[]<5> \"abc\")\nS: $3 OK done", full, "range"},
		{"no origin the second time", second + "S: * 1 FETCH (UID 1 BODY[] \"abc\")\nS: $3 OK done", full, "range"},
		{"gone meanwhile", second + "S: $3 OK done", full, "no such message"},
		{"nothing said", second + "S: * 1 FETCH (UID 1)\nS: $3 OK done", full, "did not send"},
		{"refused", second + "S: $3 NO no", full, "NO no"},
		{"no such message", first + "S: $2 OK done", "", "no such message"},
		{"no such part", first + "S: * 1 FETCH (UID 1 BODY[]<0> NIL)\nS: $2 OK done", "", "there is no"},
		{"the end of the connection", first + "S!: * 1 FETCH (UID 1 BODY[]<0> {1048576}\\r\\n" + full[:70000] + "\ncut", full[:70000], "closed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, box := talk(t, "", tt.script, nil)
				r := box.OpenSection(t.Context(), 1, imap.Section{})
				defer r.Close()
				got, err := io.ReadAll(r)
				if string(got) != tt.want && !(tt.fails == "closed" && strings.HasPrefix(tt.want, string(got))) {
					t.Errorf("got %d, want %d", len(got), len(tt.want))
				}
				if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
					t.Error(err)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "", "", nil)
		if _, err := box.OpenSection(t.Context(), 1, imap.Section{Offset: -1}).Read(make([]byte, 1)); err == nil {
			t.Error("a negative offset")
		}
	})
}
