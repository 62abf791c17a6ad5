package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestSome(t *testing.T) {
	var names []string
	for i := range suggestMost + 2 {
		names = append(names, fmt.Sprintf("n%d", i))
	}
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{names[:1], `"n0"`},
		{names[:2], `"n0", "n1"`},
		{[]string{"\x1b[2J"}, `"\x1b[2J"`},
		{names, `"n19" and 2 more`},
	} {
		if got := some(tt.names); !strings.HasSuffix(got, tt.want) {
			t.Errorf("%q: got %s, want %s at the end", tt.names, got, tt.want)
		}
	}
}

func TestWarn(t *testing.T) {
	for url, want := range map[string]string{
		"imap://a@h:993":               "write imaps://",
		"imap+plaintext://a@[::1]:993": "write imaps://",
		"imap+plaintext://a@h":         "unprotected",
		"imap+plaintext://a@[::1]":     "",
		"imaps://a@h:993":              "",
		"imap://a@h":                   "",
	} {
		accounts, err := parseAccounts([]string{url}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		warn(&env{stderr: &stderr}, accounts)
		if got := stderr.String(); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
}

func TestShellWord(t *testing.T) {
	for text, want := range map[string]string{
		"pass": "pass", "": "''", "p w": "'p w'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "a/b-c.pem": "a/b-c.pem", "über": "über",
	} {
		if got := shellWord(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
