package imap_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

const quirksDoc = "../docs/quirks.md"

// TestQuirksDoc holds docs/quirks.md to the registry and the cases; run it with
// -quirks.update to write it.
func TestQuirksDoc(t *testing.T) {
	want := quirksText(t)
	if *updateQuirks {
		if err := os.WriteFile(quirksDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(quirksDoc); err != nil || string(got) != want {
		t.Errorf("docs/quirks.md is not what the quirks are: go test ./imap -run 'TestQuirk' -quirks.update (%v)", err)
	}
}

func quirksText(t *testing.T) string {
	var b strings.Builder
	b.WriteString(`# Odd servers

Generated from the registry in ` + "`imap/quirks.go`" + ` and the conversations under
` + "`imap/testdata`" + ` by ` + "`go test ./imap -run TestQuirk -quirks.update`" + `.

What can be read although it breaks the rules is read, from any server: that is
*tolerance*. Where the client has to do something else than usual there is a
*quirk* with a name. ` + "`Client.Quirks`" + ` shows those that a connection has and why,
` + "`Options.Quirks`" + ` turns them on and off, ` + "`Client.Stats`" + ` counts what was odd.

A server is known by its ID if it told that, else by its greeting, else by its
capabilities, and by the name of the host that was dialed.

## Quirks

| quirk | servers | what is done | report |
| --- | --- | --- | --- |
`)
	for _, q := range imap.AllQuirks() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", q, strings.Join(imap.ServersWith(q), ", "), cell(imap.EffectOf(q)), imap.LinkOf(q))
	}
	b.WriteString(`
## Limits

A set of UIDs that does not fit a command line goes in several commands;
` + "`PartialError`" + ` tells which of them were done.

| server | octets a line | numbers a set | commands under way | IDLE renewed after |
| --- | --- | --- | --- | --- |
| others | 8000 | any | 16 | 9m |
`)
	for _, s := range imap.ServerLimits() {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(s, " | "))
	}
	b.WriteString(`
## Row by row

Each row has a conversation, played through the public client by
` + "`TestQuirkCases`" + `: the right facts come out and the connection lives.

| server | what is odd | how | conversation |
| --- | --- | --- | --- |
`)
	for _, c := range quirkCases(t) {
		row := cell(c.row)
		if c.link != "" {
			row += " ([report](" + c.link + "))"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | [%s](../imap/%s) |\n", c.server, row, c.how, c.name, c.path)
	}
	b.WriteString(`
## Advice

What a library cannot mend:

| server | what |
| --- | --- |
`)
	for _, line := range adviceLines(t) {
		server, what, ok := strings.Cut(line, ": ")
		if !ok {
			t.Errorf("advice without a server: %q", line)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", server, cell(what))
	}
	return b.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func adviceLines(t *testing.T) (lines []string) {
	b, err := os.ReadFile("testdata/advice.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}
