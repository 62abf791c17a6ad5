package sasl

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"
)

// scramVector is an exchange as an RFC prints it.
type scramVector struct{ mech, nonce, first, serverFirst, final, serverFinal string }

var scramVectors = []scramVector{
	{ // RFC 5802 §5
		ScramSHA1, "fyko+d2lbbFgONRv9qkxdawL",
		"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
		"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
		"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
	},
	{ // RFC 7677 §3
		ScramSHA256, "rOprNGfwEbeRWgbNEkqO",
		"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
		"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
	},
}

// begun is a Client with a known nonce, after its first message.
func (v *scramVector) begun(t testing.TB, o *ScramOptions) *scram {
	t.Helper()
	s := Scram(v.mech, "user", "pencil", o).(*scram)
	s.nonce = v.nonce
	mech, ir, err := s.Start()
	if mech != v.mech || string(ir) != v.first || err != nil {
		t.Fatalf("%q, %q, %v; want %q", mech, ir, err, v.first)
	}
	return s
}

func TestScramVectors(t *testing.T) {
	for _, v := range scramVectors {
		s := v.begun(t, nil)
		if s.Verify() == nil {
			t.Error("verified before anything was said")
		}
		if got, err := s.Next([]byte(v.serverFirst)); string(got) != v.final || err != nil {
			t.Errorf("%q, %v; want %q", got, err, v.final)
		}
		if s.Verify() == nil {
			t.Error("verified before the server proved anything")
		}
		if got, err := s.Next([]byte(v.serverFinal)); got == nil || len(got) != 0 || err != nil {
			t.Errorf("%q, %v; want an empty answer", got, err)
		}
		if err := s.Verify(); err != nil {
			t.Error(err)
		}
		if _, err := s.Next(nil); err == nil || s.Verify() == nil {
			t.Error("a third challenge is fine?")
		}
	}
}

// What the client's first message says of names and of channel binding.
func TestScramFirst(t *testing.T) {
	exporter := &ChannelBinding{Type: "tls-exporter", Data: []byte("data")}
	for _, tt := range []struct {
		mech, user string
		o          ScramOptions
		want       string
	}{
		{ScramSHA1, "a=b,c", ScramOptions{}, "n,,n=a=3Db=2Cc,r=N"},
		{ScramSHA256, "user", ScramOptions{Authzid: "x,y=z é"}, "n,a=x=2Cy=3Dz é,n=user,r=N"},
		{ScramSHA512, "user", ScramOptions{NotOffered: true}, "y,,n=user,r=N"},
		{ScramSHA256Plus, "user", ScramOptions{Binding: exporter, NotOffered: true}, "p=tls-exporter,,n=user,r=N"},
		{"scram-sha-512-plus", "user", ScramOptions{Binding: exporter}, "p=tls-exporter,,n=user,r=N"},
		{ScramSHA1, "I\u00adX\u2168", ScramOptions{}, "n,,n=IXIX,r=N"},
	} {
		s := Scram(tt.mech, tt.user, "p", &tt.o).(*scram)
		s.nonce = "N"
		mech, ir, err := s.Start()
		if mech != strings.ToUpper(tt.mech) || string(ir) != tt.want || err != nil {
			t.Errorf("%q, %q, %v; want %q", mech, ir, err, tt.want)
		}
	}
	for _, tt := range []struct {
		mech, user, password string
		o                    ScramOptions
	}{
		{"SCRAM-MD5", "u", "p", ScramOptions{}},
		{ScramSHA1, "", "p", ScramOptions{}},
		{ScramSHA1, "u", "", ScramOptions{}},
		{ScramSHA1, "u\x00", "p", ScramOptions{}},
		{ScramSHA1, "u\a", "p", ScramOptions{}},
		{ScramSHA1, "u", "p\a", ScramOptions{}},
		{ScramSHA1, "u", "p\xff", ScramOptions{}},
		{ScramSHA1, "u", "p", ScramOptions{Authzid: "\xff"}},
		{ScramSHA1, "u", "\u00ad", ScramOptions{}}, // nothing is left of it
		{ScramSHA1, "u", "p", ScramOptions{Binding: exporter}},
		{ScramSHA1Plus, "u", "p", ScramOptions{}},
		{ScramSHA1Plus, "u", "p", ScramOptions{Binding: &ChannelBinding{Type: "x,a=y", Data: []byte("d")}}},
		{ScramSHA1Plus, "u", "p", ScramOptions{Binding: &ChannelBinding{Type: "tls-exporter"}}},
	} {
		c := Scram(tt.mech, tt.user, tt.password, &tt.o)
		mech, ir, err := c.Start()
		if typed := (*Error)(nil); mech != "" || ir != nil || !errors.As(err, &typed) {
			t.Errorf("%+v: %q, %q, %v", tt, mech, ir, err)
		}
		if got, err := c.Next([]byte("r=a,s=YQ==,i=4096")); got != nil || err == nil {
			t.Errorf("Next after a failed Start: %q, %v", got, err)
		}
	}
}

// Two exchanges do not begin alike.
func TestScramNonce(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		s := Scram(ScramSHA256, "u", "p", nil).(*scram)
		if _, _, err := s.Start(); err != nil {
			t.Fatal(err)
		}
		if len(s.nonce) < 24 || strings.ContainsAny(s.nonce, ", ") || seen[s.nonce] {
			t.Errorf("nonce %q", s.nonce)
		}
		seen[s.nonce] = true
	}
}

func TestScramBindingIsSent(t *testing.T) {
	s := Scram(ScramSHA256Plus, "user", "pencil", &ScramOptions{
		Authzid: "boss", Binding: &ChannelBinding{Type: "tls-exporter", Data: []byte{0, 1, 0xff, ','}},
	}).(*scram)
	s.nonce = "N"
	if _, _, err := s.Start(); err != nil {
		t.Fatal(err)
	}
	got, err := s.Next([]byte("r=Nx,s=YQ==,i=4096"))
	if err != nil {
		t.Fatal(err)
	}
	want := "c=" + base64.StdEncoding.EncodeToString([]byte("p=tls-exporter,a=boss,\x00\x01\xff,")) + ",r=Nx,p="
	if !strings.HasPrefix(string(got), want) {
		t.Errorf("%q; want %q…", got, want)
	}
}

// A hostile server: a huge count would keep us busy, a small one would make the
// password cheap to find.
func TestA20_IterationCount(t *testing.T) {
	v := scramVectors[1]
	first := func(count string) string {
		return "r=" + v.nonce + "x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=" + count
	}
	start := time.Now()
	for _, count := range []string{
		"2147483647", "2147483648", "4294967296", "18446744073709551617", strings.Repeat("9", 5000), "600001",
		"0", "-1", "1", "4095", "04096", "4096 ", "+4096", "4e3", "",
	} {
		s := v.begun(t, nil)
		got, err := s.Next([]byte(first(count)))
		if typed := (*Error)(nil); got != nil || !errors.As(err, &typed) {
			t.Errorf("i=%.40s: %q, %v", count, got, err)
		}
		if s.Verify() == nil {
			t.Errorf("i=%.40s: verified", count)
		}
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("it took %v to refuse", d)
	}
	if _, err := v.begun(t, &ScramOptions{MaxIterations: 5000}).Next([]byte(first("5001"))); err == nil {
		t.Error("more than MaxIterations")
	}
	if _, err := v.begun(t, &ScramOptions{MinIterations: 1}).Next([]byte(first("1"))); err != nil {
		t.Error(err)
	}
}

// A server that does not play by the rules does not get our proof, or is not
// believed.
func TestA21_ServerMustProveItself(t *testing.T) {
	v := scramVectors[1]
	salt := ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
	for _, first := range []string{
		"r=" + v.nonce + salt,             // adds nothing of its own
		"r=somethingelse" + salt,          // is not ours
		"r=" + v.nonce[1:] + "xx" + salt,  // is ours but for a letter
		"r=x" + v.nonce + salt,            // has ours in the wrong place
		"r=" + v.nonce[:10] + salt,        // is cut
		"r=" + salt,                       // is empty
		"m=ext,r=" + v.nonce + "x" + salt, // asks for what we do not know
		"r=" + v.nonce + "x,s=,i=4096",
		"r=" + v.nonce + "x,s=%%%%,i=4096",
		"r=" + v.nonce + "x,i=4096,s=W22ZaJ0SNY7soEsUEjb6gQ==",
		"r=" + v.nonce + "x,s=W22ZaJ0SNY7soEsUEjb6gQ==",
		"r=" + v.nonce + "x",
		v.serverFinal,
		"v=", "", ",", "=", "\x00",
	} {
		s := v.begun(t, nil)
		if got, err := s.Next([]byte(first)); got != nil || err == nil {
			t.Errorf("%q was answered with %q, %v", first, got, err)
		}
		if got, err := s.Next([]byte(v.serverFinal)); got != nil || err == nil || s.Verify() == nil {
			t.Errorf("%q, then a signature: %q, %v, %v", first, got, err, s.Verify())
		}
	}
	for _, final := range []string{
		"v=", "v=AAAA", "v=%", "", "x=1", "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4",
		"r=" + v.nonce + "x" + salt, v.serverFirst, "V=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
	} {
		s := v.begun(t, nil)
		if _, err := s.Next([]byte(v.serverFirst)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Next([]byte(final)); got != nil || err == nil || s.Verify() == nil {
			t.Errorf("%q: %q, %v", final, got, err)
		}
		if got, err := s.Next([]byte(v.serverFinal)); got != nil || err == nil || s.Verify() == nil {
			t.Errorf("%q, then the right one: %q, %v", final, got, err)
		}
	}
	s := v.begun(t, nil)
	if _, err := s.Next([]byte(v.serverFirst + ",x=extension")); err != nil {
		t.Errorf("an optional extension: %v", err)
	}
}

// An error value is answered, kept and told; it is no success, whatever comes
// behind it.
func TestScramRefusal(t *testing.T) {
	v := scramVectors[1]
	for _, early := range []bool{true, false} {
		s := v.begun(t, nil)
		if !early {
			if _, err := s.Next([]byte(v.serverFirst)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.Next([]byte("e=channel-bindings-dont-match,x=\x1b[2J")); got == nil || len(got) != 0 || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		var why *Refusal
		if err := s.Verify(); !errors.As(err, &why) || why.Status != "channel-bindings-dont-match" ||
			err.Error() != "sasl: SCRAM-SHA-256: the server refuses: channel-bindings-dont-match" {
			t.Error(err)
		}
		if got, err := s.Next([]byte(v.serverFinal)); got != nil || err == nil || s.Verify() == nil {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestSASLprep(t *testing.T) {
	for in, want := range map[string]string{
		"I\u00adX": "IX", "user": "user", "USER": "USER", "\u00aa": "a", "\u2168": "IX", // RFC 4013 §3
		"a b": "a b", "a\u00a0b": "a b", "a\u3000b": "a b", "a\u200bb": "a b", "a\u200db": "ab",
		"Ju\u0308rgen": "J\u00fcrgen", "\u0627\u0628": "\u0627\u0628", "\u0627 1\u0628": "\u0627 1\u0628",
		"\U0001f600": "\U0001f600", "pass\u212bword": "pass\u00c5word",
	} {
		if got, err := prepare(in); got != want || err != nil {
			t.Errorf("%+q: %+q, %v; want %+q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"\u0007", "\u0627\u0031", // RFC 4013 §3
		"", "\u00ad", "\xff", "a\x7f", "\u0080", "\ue000", "\ufdd0", "\uffff", "\U0001ffff", "\U0010fffe",
		"\u202e", "\u2ff0", "\U000e0041", "\ufffd", "\u06dd", "\U000f0000", "\u0627a\u0628", "a\u0627",
	} {
		if got, err := prepare(in); err == nil {
			t.Errorf("%+q became %+q", in, got)
		} else if strings.Contains(err.Error(), in) && in != "" {
			t.Errorf("the error shows what it is about: %v", err)
		}
	}
}

// FuzzScram reads what the server may send, at both places. Whatever it is, it
// is not believed, unless it is the one right answer.
func FuzzScram(f *testing.F) {
	v := scramVectors[1]
	for _, v := range scramVectors {
		f.Add(v.serverFirst, v.serverFinal)
	}
	f.Add("e=other-error", "v=")
	f.Add("m=a,r=b,s=YQ==,i=1", "e=")
	f.Add(v.serverFirst+",x=y", v.serverFinal+",x=y")
	f.Fuzz(func(t *testing.T, first, final string) {
		s := v.begun(t, &ScramOptions{MinIterations: 1, MaxIterations: 5000})
		answer, err := s.Next([]byte(first))
		if (answer == nil) == (err == nil) {
			t.Fatalf("%q, %v", answer, err)
		}
		if err == nil && len(answer) > 0 && !strings.Contains(first, "r="+v.nonce) {
			t.Fatalf("a proof for %q", first)
		}
		answer, err = s.Next([]byte(final))
		if (answer == nil) == (err == nil) || len(answer) > 0 {
			t.Fatalf("%q, %v", answer, err)
		}
		if s.Verify() == nil && !strings.HasPrefix(final, "v="+base64.StdEncoding.EncodeToString(s.want)) {
			t.Fatalf("%q, %q: verified", first, final)
		}
		if err := s.Verify(); err != nil && strings.ContainsAny(err.Error(), "\r\n\x00\x1b") {
			t.Fatalf("%q", err)
		}
	})
}
