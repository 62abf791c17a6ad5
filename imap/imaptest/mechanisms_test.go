package imaptest

import (
	"encoding/base64"
	"testing"
	"testing/synctest"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

var everyMechanism = []string{
	"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "EXTERNAL", "ANONYMOUS", "XOAUTH2", "OAUTHBEARER",
}

// What the server offers, and what it makes of clients that break the rules.
func TestMechanismsAreStrict(t *testing.T) {
	for name, transcript := range map[string]string{
		"what needs TLS is not offered": `
			S: * OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256 AUTH=ANONYMOUS AUTH=XOAUTH2 AUTH=OAUTHBEARER...
			C: a AUTHENTICATE EXTERNAL =
			S: a NO...
			C: b AUTHENTICATE SCRAM-SHA-256-PLUS ` + b64("p=tls-exporter,,n=alice,r=x") + `
			S: b NO...
			C: c AUTHENTICATE CRAM-MD5 YQ==
			S: c BAD...`,
		"a bound login without -PLUS":    refused("p=tls-exporter,,n=alice,r=x", "channel-bindings-dont-match"),
		"no flag":                        refused(",,n=alice,r=x", "other-error"),
		"an odd flag":                    refused("z,,n=alice,r=x", "other-error"),
		"no nonce":                       refused("n,,n=alice", "other-error"),
		"an empty nonce":                 refused("n,,n=alice,r=", "other-error"),
		"no name":                        refused("n,,r=x", "other-error"),
		"a name that is not escaped":     refused("n,,n=a=b,r=x", "invalid-username-encoding"),
		"an extension that is mandatory": refused("n,,m=x,n=alice,r=x", "extensions-not-supported"),
		"another to act for":             refused("n,a=bob,n=alice,r=x", "other-error"),
		"no header":                      refused("n=alice", "other-error"),
		"cancelled": `
			S: * OK...
			C: a AUTHENTICATE SCRAM-SHA-1 ` + b64("n,,n=alice,r=x") + `
			S: + ...
			C: *
			S: a BAD...`,
		"a proof of nothing": `
			S: * OK...
			C: a AUTHENTICATE SCRAM-SHA-1 ` + b64("n,,n=alice,r=x") + `
			S: + ...
			C: ` + b64("c=biws,r=x,p=AAAA") + `
			S: + ` + b64("e=other-error") + `
			C!: \r\n
			S: a NO...`,
		"a digest that is wrong": `
			S: * OK...
			C: a AUTHENTICATE CRAM-MD5
			S: + ...
			C: ` + b64("alice b913a602c7eda7a495b4e6e7334d3890") + `
			S: a NO...`,
		"nobody is anonymous here": `
			S: * OK...
			C: a AUTHENTICATE ANONYMOUS ` + b64("me") + `
			S: a NO...
			C: b AUTHENTICATE ANONYMOUS ` + b64("me\n") + `
			S: b BAD...`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewServer(&Options{Mechanisms: everyMechanism})
				defer s.Close()
				s.AddUser("alice", "secret")
				newTalker(t, s.Pipe()).talk(transcript)
			})
		})
	}
}

// refused is a conversation in which the first message is not taken.
func refused(first, why string) string {
	return `
		S: * OK...
		C: a AUTHENTICATE SCRAM-SHA-1 ` + b64(first) + `
		S: + ` + b64("e="+why) + `
		C!: \r\n
		S: a NO...`
}
