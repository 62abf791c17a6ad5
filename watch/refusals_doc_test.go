package watch

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var updateRefusals = flag.Bool("refusals.update", false, "write docs/refusals.md")

const refusalsDoc = "../docs/refusals.md"

// TestRefusalsDoc holds docs/refusals.md to the tables; run it with
// -refusals.update to write it.
func TestRefusalsDoc(t *testing.T) {
	want := refusalsText()
	if *updateRefusals {
		if err := os.WriteFile(refusalsDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(refusalsDoc); err != nil || string(got) != want {
		t.Errorf("docs/refusals.md is not what the tables are: go test ./watch -run RefusalsDoc -refusals.update (%v)", err)
	}
}

func refusalsText() string {
	var b strings.Builder
	b.WriteString(`# What servers say when they refuse

Generated from the tables in ` + "`watch/refusal_texts.go`, `watch/token_error.go` and `watch/provider.go`" + `
by ` + "`go test ./watch -run RefusalsDoc -refusals.update`" + `.

What ` + "`watch`" + ` makes of a refusal decides when it tries again:

| class | what it is | when it is tried again |
| --- | --- | --- |
| outage | it passes by itself | 1 second, doubling to 5 minutes, shortened at random |
| limit | too many connections, or too much traffic | 1 minute, doubling to 15; as long as the server suggests, up to 15 minutes |
| credential | somebody has to do something about the login | 5 minutes, 30 minutes, every hour; never more than three times an hour |
| reauthorize | the user has to permit access again | every hour, or when there is something new |
| permanent | somebody has to change something else | 5 minutes, doubling to an hour |
| defect | a program is at fault | 5 minutes, doubling to an hour |

A refused login in words that are in no row is an outage, tried again after half a
minute and more, and after an hour of nothing else it is a matter of credentials.
BAD to anything that is in no row is a defect.

How sure it is: A is the RFC's or the provider's own documentation, B was seen in
logs or source code, C is hearsay.

## Refusals

The first row that fits counts.

| in answer to | code | words | class | whose | sure |
| --- | --- | --- | --- | --- | --- |
`)
	for _, r := range refusalRows {
		class := string(r.class)
		if r.doubt {
			class += ", after an hour credential"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.where, string(r.code), r.words, class, r.who, linked(string(r.sure), r.link))
	}
	b.WriteString("\n## Token endpoints\n\n| error | HTTP | class |\n| --- | --- | --- |\n")
	for _, r := range tokenRows {
		status := ""
		if r.from != 0 {
			status = fmt.Sprint(r.from)
		}
		if r.to != r.from {
			status += fmt.Sprint(" to ", r.to)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.code, status, linked(string(r.class), r.link))
	}
	b.WriteString(`
## Ends that are to be expected

They are no failure if the connection was online for so long, and the next one is
made soon. Yandex is left alone for a minute or two, since it locks accounts that
log in often.

| server | words of the BYE | after | the next one within | report |
| --- | --- | --- | --- | --- |
`)
	for _, e := range expectedCloses {
		server, words := e.server, e.words
		if server == "" {
			server = "any"
		}
		if words == "" {
			words = "(closed without a word)"
		}
		fmt.Fprintf(&b, "| %s | %s | %v | %v | %s |\n", server, words, e.after, e.rest, linked("report", e.link))
	}
	return b.String()
}

func linked(text, link string) string {
	if link == "" {
		if text == "report" {
			return ""
		}
		return text
	}
	return "[" + text + "](" + link + ")"
}

func (w where) String() string {
	var in []string
	for i, name := range []string{"a login", "a command", "BYE"} {
		if w&(1<<i) != 0 {
			in = append(in, name)
		}
	}
	if len(in) == 3 {
		return "anything"
	}
	return strings.Join(in, ", ")
}
