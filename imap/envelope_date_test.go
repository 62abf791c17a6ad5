package imap

import (
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestEnvelopeDate(t *testing.T) {
	for in, want := range map[string]string{
		"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)":          "1996-07-17T02:23:25-07:00",
		"17 Jul 1996 02:23:25 -0700":                     "1996-07-17T02:23:25-07:00",
		"Wed,17 Jul 1996 02:23 +0000":                    "1996-07-17T02:23:00Z",
		"Wed, 17 Jul 96 02:23:25 GMT":                    "1996-07-17T02:23:25Z",
		"17 Jul 21 02:23:25 EST":                         "2021-07-17T02:23:25-05:00",
		"17 Jul 102 02:23:25 Z":                          "2002-07-17T02:23:25Z",
		"Wed (a (b) c), 17 (d) Jul\r\n 1996 02:23:25 UT": "1996-07-17T02:23:25Z",
		"Wed Jul 17 02:23:25 1996":                       "1996-07-17T02:23:25Z",
		"Wed Jul 17 02:23:25 PDT 1996":                   "1996-07-17T02:23:25-07:00",
		"Wed, 17 July 1996 2:3:5 +0200":                  "1996-07-17T02:03:05+02:00",
		"Mittwoch, 17. Jul 1996 02.23.25 +0200":          "1996-07-17T02:23:25+02:00",
		"17-Jul-1996 02:23:25 +0200":                     "1996-07-17T02:23:25+02:00",
		"1996-07-17T02:23:25Z":                           "1996-07-17T02:23:25Z",
		"1996-07-17 02:23:25.123 +0200":                  "1996-07-17T02:23:25+02:00",
		"17 Jul 1996":                                    "1996-07-17T00:00:00Z",
		"17 Jul 1996 02:23:25":                           "1996-07-17T02:23:25Z",
		"17 Jul 1996 02:23:25 0200":                      "1996-07-17T02:23:25+02:00",
		"17 Jul 1996 02:23:25+0200":                      "1996-07-17T02:23:25+02:00",
		"17 Jul 1996 02:23:25 +9999":                     "1996-07-17T02:23:25Z",
		"17 Jul 1996 02:23:25 Eastern":                   "1996-07-17T02:23:25Z",
		"17 Jul 1996 02:23:25 PM":                        "1996-07-17T14:23:25Z",
		"17 Jul 1996 12:23:25 am +0100":                  "1996-07-17T00:23:25+01:00",
	} {
		e := Envelope{Date: in}
		if got, ok := e.Time(); !ok || got.Truncate(time.Second).Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v, want %s", in, got, ok, want)
		}
	}
	for _, in := range []string{
		"", "wtf", "NIL", "Mon, 24 May 20 21 09:47:50 +0000", "00 Jan 0000 00:00:00 +0000", "32 Jul 1996", "17 Jul", "17 1996", "Jul 1996",
		"17 Jul 1996 25:00:00", "17 Jul 1996 02:23:25 03:23:25", "17 Jul 19960", "07/17/1996", strings.Repeat("(", 300), "1-2-3-4", ":", "-", "+", "(((", ")",
	} {
		if got, ok := parseEnvelopeDate(in); ok {
			t.Errorf("%q: %v", in, got)
		}
	}
}

// FuzzEnvelopeDate: a date as RFC 5322 §3.3 has it is read as net/mail reads
// it. Of others both take more than that, and not the same.
func FuzzEnvelopeDate(f *testing.F) {
	strict := regexp.MustCompile(`^([A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(:\d\d)? [+-]\d{4}$`)
	f.Add("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)")
	f.Add("17 Jul 96 02:23 GMT")
	f.Add("1 Jul 2000 00:00 +0100")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseEnvelopeDate(s)
		want, err := mail.ParseDate(s)
		if ok && err == nil && strict.MatchString(s) && !got.Equal(want) {
			t.Errorf("%q: %v, net/mail says %v", s, got, want)
		}
	})
}
