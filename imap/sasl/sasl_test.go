package sasl

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// goSASL has the methods of the Client of emersion/go-sasl.
type goSASL interface {
	Start() (mech string, ir []byte, err error)
	Next(challenge []byte) (response []byte, err error)
}

// Either fits where the other is wanted.
var (
	_ goSASL = Client(nil)
	_ Client = goSASL(nil)
)

func TestPlain(t *testing.T) {
	for _, tt := range []struct{ authzid, username, password, want string }{
		{"", "tim", "tanstaaftanstaaf", "\x00tim\x00tanstaaftanstaaf"}, // RFC 4616 §4
		{"Ursel", "Kurt", "xipj3plmq", "Ursel\x00Kurt\x00xipj3plmq"},
		{"", "jürgen", " p\r\n\"\\{5}", "\x00jürgen\x00 p\r\n\"\\{5}"},
		{"", "a\xff", "b", "\x00a\xff\x00b"},
	} {
		mech, ir, err := Plain(tt.authzid, tt.username, tt.password).Start()
		if mech != "PLAIN" || string(ir) != tt.want || err != nil {
			t.Errorf("%+v: %q, %q, %v", tt, mech, ir, err)
		}
	}
	// RFC 4959 §5 and RFC 9051 §6.2.2 print this one as it is sent.
	_, ir, _ := Plain("", "test", "test").Start()
	if got := base64.StdEncoding.EncodeToString(ir); got != "AHRlc3QAdGVzdA==" {
		t.Error(got)
	}
}

func TestLogin(t *testing.T) {
	for _, prompts := range [][]string{
		{"Username:", "Password:"},
		{"User Name\x00", "Password\x00"},
		{"", ""},
		{"Password:", "Username:"}, // it is the order that counts
		{"Benutzer\xff", "VXNlcm5hbWU6"},
	} {
		c := Login("alice", "secret é")
		mech, ir, err := c.Start()
		if mech != "LOGIN" || ir != nil || err != nil {
			t.Errorf("%q, %q, %v", mech, ir, err)
		}
		for i, want := range []string{"alice", "secret é"} {
			if got, err := c.Next([]byte(prompts[i])); string(got) != want || err != nil {
				t.Errorf("%q: %q, %v", prompts[i], got, err)
			}
		}
		for range 2 {
			if got, err := c.Next(nil); got != nil || err == nil || err.Error() != "sasl: LOGIN: unexpected challenge" {
				t.Errorf("third challenge: %q, %v", got, err)
			}
		}
	}
}

func TestMisuse(t *testing.T) {
	for _, tt := range []struct {
		client Client
		want   string
	}{
		{Plain("\x00", "u", "p"), "sasl: PLAIN: user names and passwords cannot hold NUL"},
		{Plain("", "u\x00v", "p"), "sasl: PLAIN: user names and passwords cannot hold NUL"},
		{Plain("", "u", "p\x00"), "sasl: PLAIN: user names and passwords cannot hold NUL"},
		{Plain("", "", "p"), "sasl: PLAIN: the user name is empty"},
		{Plain("", "u", ""), "sasl: PLAIN: the password is empty"},
		{Login("u\x00", "p"), "sasl: LOGIN: user names and passwords cannot hold NUL"},
		{Login("", "p"), "sasl: LOGIN: the user name is empty"},
		{Login("u", ""), "sasl: LOGIN: the password is empty"},
	} {
		for range 2 {
			mech, ir, err := tt.client.Start()
			var typed *Error
			if mech != "" || ir != nil || !errors.As(err, &typed) || err.Error() != tt.want {
				t.Errorf("%q, %q, %v; want %s", mech, ir, err, tt.want)
			}
		}
		if got, err := tt.client.Next(nil); got != nil || err == nil {
			t.Errorf("Next after a failed Start: %q, %v", got, err)
		}
	}
	for _, c := range []Client{Plain("", "u", "p"), Login("u", "p")} {
		if got, err := c.Next(nil); got != nil || err == nil {
			t.Errorf("%v: Next before Start: %q, %v", c, got, err)
		}
		c.Start()
		if _, ir, err := c.Start(); ir != nil || err == nil || !strings.HasSuffix(err.Error(), ": a Client serves one exchange") {
			t.Errorf("%v: second Start: %q, %v", c, ir, err)
		}
	}
}

// What a Client or Credentials hold is not printed, however it is printed and
// wherever it is.
func TestA24_Redacted(t *testing.T) {
	const canary = "canary"
	binding := &ChannelBinding{"tls-exporter", []byte(canary)}
	clients := []Client{
		Plain(canary, canary, canary), Login(canary, canary), CramMD5(canary, canary),
		Scram(ScramSHA256, canary, canary, &ScramOptions{Authzid: canary}),
		Scram(ScramSHA256Plus, canary, canary, &ScramOptions{Binding: binding}),
		XOAuth2Vendor(canary, canary, canary), OAuthBearer(canary, canary, canary, 1),
		External(canary), Anonymous(canary),
		Func("X", func([]byte) ([]byte, error) { return []byte(canary), nil }),
	}
	values := []any{Password(canary, canary).As(canary), Token(canary, canary), Certificate().As(canary), Guest(canary)}
	for _, c := range clients {
		values = append(values, c)
	}
	for _, v := range values {
		noCanary(t, canary, v)
	}
	for _, c := range clients {
		c.Start()
		for _, challenge := range []string{"r=x" + canary + ",s=YQ==,i=4096", canary, canary} {
			if _, err := c.Next([]byte(challenge)); err != nil && strings.Contains(err.Error(), canary) {
				t.Error(err)
			}
		}
		noCanary(t, canary, c)
	}
}

func noCanary(t *testing.T, canary string, v any) {
	t.Helper()
	type hidden struct{ v any }
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "value", v, "in", struct{ V any }{v})
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "value", v, "in", struct{ V any }{v})
	text, err := json.Marshal(map[string]any{"value": v})
	if err != nil {
		t.Error(err)
	}
	out := logged.String() + string(text)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T"} {
		out += fmt.Sprintf(verb, v)
		out += fmt.Sprintf(verb, struct{ V any }{v})
		out += fmt.Sprintf(verb, hidden{v})
		out += fmt.Sprintf(verb, []any{v})
	}
	for _, secret := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprintf("%d", []byte(canary)), base64.StdEncoding.EncodeToString([]byte(canary))} {
		if strings.Contains(out, secret) {
			t.Errorf("%s is in %s", secret, out)
		}
	}
	if !strings.Contains(out, "[redacted]") {
		t.Error(out)
	}
}
