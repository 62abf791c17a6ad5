package sasl

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// RFC 2195 §2
func TestCramMD5(t *testing.T) {
	c := CramMD5("tim", "tanstaaftanstaaf")
	if mech, ir, err := c.Start(); mech != "CRAM-MD5" || ir != nil || err != nil {
		t.Errorf("%q, %q, %v", mech, ir, err)
	}
	got, err := c.Next([]byte("<1896.697170952@postoffice.reston.mci.net>"))
	if string(got) != "tim b913a602c7eda7a495b4e6e7334d3890" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for range 2 {
		if got, err := c.Next([]byte("another")); got != nil || err == nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	c = CramMD5("tim", "x")
	if got, err := c.Next([]byte("before Start")); got != nil || err == nil {
		t.Errorf("%q, %v", got, err)
	}
	c.Start()
	if got, err := c.Next(nil); got != nil || err == nil {
		t.Errorf("an empty challenge: %q, %v", got, err)
	}
}

func TestExternalAndAnonymous(t *testing.T) {
	for _, tt := range []struct {
		client   Client
		mech, ir string
	}{
		{External(""), "EXTERNAL", ""},
		{External("fred@example.com"), "EXTERNAL", "fred@example.com"},
		{Anonymous(""), "ANONYMOUS", ""},
		{Anonymous("sirhc"), "ANONYMOUS", "sirhc"}, // RFC 4505 §4
		{Anonymous(strings.Repeat("é", 255)), "ANONYMOUS", strings.Repeat("é", 255)},
	} {
		mech, ir, err := tt.client.Start()
		if mech != tt.mech || ir == nil || string(ir) != tt.ir || err != nil {
			t.Errorf("%q, %q, %v; want %q", mech, ir, err, tt.ir)
		}
		if got, err := tt.client.Next(nil); got != nil || err == nil {
			t.Errorf("%q, %v", got, err)
		}
		if _, _, err := tt.client.Start(); err == nil {
			t.Error("started twice")
		}
	}
	for _, c := range []Client{
		External("\x00"), External("\xff"), Anonymous("\x00"), Anonymous("a\nb"), Anonymous("\xff"), Anonymous(strings.Repeat("a", 256)),
	} {
		if mech, ir, err := c.Start(); mech != "" || ir != nil || err == nil {
			t.Errorf("%q, %q, %v", mech, ir, err)
		}
	}
}

func TestXOAuth2(t *testing.T) {
	// As Google prints it.
	_, ir, err := XOAuth2("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg").Start()
	want := "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
	if got := base64.StdEncoding.EncodeToString(ir); got != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	_, ir, err = XOAuth2Vendor("u@yahoo.com", "tok", "acme").Start()
	if string(ir) != "user=u@yahoo.com\x01auth=Bearer tok\x01vendor=acme\x01\x01" || err != nil {
		t.Errorf("%q, %v", ir, err)
	}
	for _, c := range []Client{
		XOAuth2("", "t"), XOAuth2("u", ""), XOAuth2("u\x01auth=Bearer x", "t"), XOAuth2("u", "t\x01x"), XOAuth2("u", "t\n"),
		XOAuth2("u", "té"), XOAuth2Vendor("u", "t", "v\x01"), OAuthBearer("u", "", "", 0), OAuthBearer("u\x01", "t", "", 0),
		OAuthBearer("u", "t", "h\x01", 0), OAuthBearer("u", "t", "h", 65536), OAuthBearer("u", "t", "h", -1),
	} {
		if mech, ir, err := c.Start(); mech != "" || ir != nil || err == nil {
			t.Errorf("%q, %q, %v", mech, ir, err)
		}
		if got, err := c.Next(nil); got != nil || err == nil {
			t.Errorf("Next after a failed Start: %q, %v", got, err)
		}
	}
}

// RFC 7628 §4.1 and §4.3
func TestOAuthBearer(t *testing.T) {
	c := OAuthBearer("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "server.example.com", 143)
	mech, ir, err := c.Start()
	want := "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
	if got := base64.StdEncoding.EncodeToString(ir); mech != "OAUTHBEARER" || got != want || err != nil {
		t.Errorf("%q, %s, %v", mech, got, err)
	}
	for want, c := range map[string]Client{
		"n,,\x01auth=Bearer t\x01\x01":                      OAuthBearer("", "t", "", 0),
		"n,a=a=3Db=2Cc,\x01host=h\x01auth=Bearer t\x01\x01": OAuthBearer("a=b,c", "t", "h", 0),
	} {
		if _, ir, err := c.Start(); string(ir) != want || err != nil {
			t.Errorf("%q, %v; want %q", ir, err, want)
		}
	}
}

// What the server says when it refuses is kept, and answered as each wants it.
func TestOAuthRefusal(t *testing.T) {
	rfc := `{"status":"invalid_token","scope":"example_scope","openid-configuration":"https://example.com/.well-known/openid-configuration"}`
	for _, tt := range []struct {
		challenge string
		want      Refusal
	}{
		{rfc, Refusal{Status: "invalid_token", Scope: "example_scope", Configuration: "https://example.com/.well-known/openid-configuration"}},
		{`{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`, Refusal{Status: "400", Schemes: "Bearer", Scope: "https://mail.google.com/"}},
		{`{"status":401,"schemes":["bearer"]}`, Refusal{Status: "401"}},
		{"", Refusal{}},
		{"not JSON \x1b[2J", Refusal{}},
		{`"text"`, Refusal{}},
		{`{"status":{"status":[]}}`, Refusal{}},
		{`{"status":"` + strings.Repeat("x", 10000) + `"}`, Refusal{}},
	} {
		for _, c := range []struct {
			client Client
			answer string
		}{{XOAuth2("u", "t"), ""}, {OAuthBearer("u", "t", "", 0), "\x01"}} {
			mech, _, _ := c.client.Start()
			if err := c.client.(Verifier).Verify(); err != nil {
				t.Error(err)
			}
			got, err := c.client.Next([]byte(tt.challenge))
			if got == nil || string(got) != c.answer || err != nil {
				t.Errorf("%s: %q, %v", mech, got, err)
			}
			want := tt.want
			want.Mech, want.Text = mech, tt.challenge[:min(len(tt.challenge), maxRefusal)]
			var why *Refusal
			if err := c.client.(Verifier).Verify(); !errors.As(err, &why) || *why != want {
				t.Errorf("%s: %+v; want %+v", mech, why, want)
			} else if text := err.Error(); strings.ContainsAny(text, "\x1b\x00\r\n") || len(text) > 300 {
				t.Errorf("%q", text)
			}
			if got, err := c.client.Next(nil); got != nil || err == nil {
				t.Errorf("a second challenge: %q, %v", got, err)
			}
		}
	}
}

func TestFunc(t *testing.T) {
	var asked []string
	c := Func("X-TEST", func(challenge []byte) ([]byte, error) {
		if string(challenge) == "stop" {
			return nil, ErrAbort
		}
		asked = append(asked, string(challenge))
		return append([]byte("re: "), challenge...), nil
	})
	if _, err := c.Next(nil); err == nil {
		t.Error("Next before Start")
	}
	if mech, ir, err := c.Start(); mech != "X-TEST" || ir != nil || err != nil {
		t.Errorf("%q, %q, %v", mech, ir, err)
	}
	for _, challenge := range []string{"", "one"} {
		if got, err := c.Next([]byte(challenge)); string(got) != "re: "+challenge || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := c.Next([]byte("stop")); !errors.Is(err, ErrAbort) || !slices.Equal(asked, []string{"", "one"}) {
		t.Errorf("%v, %q", err, asked)
	}
	for _, c := range []Client{Func("", nil), Func("X", nil)} {
		if _, _, err := c.Start(); err == nil {
			t.Error("it has no name or no function")
		}
	}
}

func TestCredentials(t *testing.T) {
	scrams := "SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1"
	for _, tt := range []struct {
		cred         Credentials
		tls          bool
		mechs, ir    string // of the last mechanism
		argumentsToo bool
	}{
		{Password("u", "p"), true, scrams + " PLAIN LOGIN CRAM-MD5", "", true},
		{Password("u", "p"), false, scrams + " CRAM-MD5 PLAIN LOGIN", "", true},
		{Password("u", "p").As("z"), true, scrams + " PLAIN", "z\x00u\x00p", false},
		{Token("u", "t"), true, "OAUTHBEARER XOAUTH2", "user=u\x01auth=Bearer t\x01\x01", false},
		{Token("u", "t").As("z"), true, "OAUTHBEARER XOAUTH2", "user=z\x01auth=Bearer t\x01\x01", false},
		{Certificate(), true, "EXTERNAL", "", false},
		{Certificate().As("z"), true, "EXTERNAL", "z", false},
		{Guest("me"), false, "ANONYMOUS", "me", false},
		{Credentials{}, true, "", "", false},
		{Credentials{}.As("z"), true, "", "", false},
	} {
		mechs := tt.cred.Mechanisms(tt.tls)
		if got := strings.Join(mechs, " "); got != tt.mechs {
			t.Errorf("%v: %s", tt.cred, got)
		}
		if _, _, err := tt.cred.LoginArguments(); (err == nil) != tt.argumentsToo {
			t.Errorf("%v: LOGIN: %v", tt.cred, err)
		}
		for i, mech := range mechs {
			ch := Channel{Host: "h", Port: 993}
			if strings.HasSuffix(mech, "-PLUS") {
				ch.Scram.Binding = &ChannelBinding{"tls-exporter", []byte("x")}
			}
			c, err := tt.cred.Client(strings.ToLower(mech), ch)
			if err != nil {
				t.Fatal(err)
			}
			got, ir, err := c.Start()
			if got != mech || err != nil || i == len(mechs)-1 && string(ir) != tt.ir {
				t.Errorf("%v: %s: %s, %q, %v", tt.cred, mech, got, ir, err)
			}
		}
		if c, err := tt.cred.Client("X-OTHER", Channel{}); c != nil || err == nil {
			t.Errorf("%v, %v", c, err)
		}
	}
	c, err := Token("u", "t").Client("OAUTHBEARER", Channel{Host: "h", Port: 993})
	if err != nil {
		t.Fatal(err)
	}
	if _, ir, _ := c.Start(); string(ir) != "n,a=u,\x01host=h\x01port=993\x01auth=Bearer t\x01\x01" {
		t.Errorf("%q", ir)
	}
}

func TestAtLeast(t *testing.T) {
	for mech, want := range map[string]string{
		"SCRAM-SHA-512-PLUS": "[SCRAM-SHA-512-PLUS]",
		"scram-sha-512":      "[SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-512]",
		"OAUTHBEARER":        "[OAUTHBEARER]",
		"XOAUTH2":            "[OAUTHBEARER XOAUTH2]",
		"X-MINE":             "[X-MINE]",
	} {
		if got := fmt.Sprint(AtLeast(mech)); got != want {
			t.Errorf("%s: %s", mech, got)
		}
	}
	if got := AtLeast("LOGIN"); len(got) != 9 {
		t.Error(got)
	}
}
