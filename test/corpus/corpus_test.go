package corpus

import (
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	for _, tt := range []struct {
		name                      string
		cases, ok, facts, greeted int
	}{
		{Responses, 441, 407, 409, 16},
		{RFCExamples, 491, 491, 491, 0},
		{Attacks, 137, 70, 0, 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cases := Load(t, tt.name)
			ok, facts, greeted := 0, 0, 0
			names := map[string]bool{}
			for i := range cases {
				c := &cases[i]
				if c.Input == nil || c.Kind == "" {
					t.Errorf("%v: no input or no kind", c)
				}
				if names[c.String()] {
					t.Errorf("%v: name used twice", c)
				}
				names[c.String()] = true
				if c.OK() {
					ok++
				}
				if len(c.Facts) > 0 {
					facts++
				}
				if c.Greeting() {
					greeted++
				}
				if tt.name == Attacks && (c.AttackClass == "" || c.RequiredBehaviour == "") {
					t.Errorf("%v: an attack must say its class and what is required", c)
				}
			}
			if len(cases) != tt.cases || ok != tt.ok || facts != tt.facts || greeted != tt.greeted {
				t.Errorf("%d cases, %d ok, %d with facts, %d greetings; want %d, %d, %d, %d",
					len(cases), ok, facts, greeted, tt.cases, tt.ok, tt.facts, tt.greeted)
			}
		})
	}
}

func TestFact(t *testing.T) {
	c := Load(t, RFCExamples)[0]
	if got := string(c.Input); got != "001 OK done\r\n" {
		t.Errorf("input %q", got)
	}
	tag, mailbox := "", "untouched"
	if !c.Fact(t, "tag", &tag) || tag != "001" {
		t.Errorf("tag %q", tag)
	}
	if c.Fact(t, "mailbox", &mailbox) || mailbox != "untouched" {
		t.Errorf("a fact that is not stated: %q", mailbox)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"unknown field", `{"expect":"ok","colour":"red"}`, "colour"},
		{"no verdict", `{"case":"x"}`, `expect is ""`},
		{"bad base64", `{"expect":"ok","input_b64":"*"}`, "case 1"},
	} {
		if _, err := decode([]byte(tt.line)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.want)
		}
	}
}
