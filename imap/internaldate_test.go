package imap

import (
	"testing"
	"time"
)

func TestParseInternalDate(t *testing.T) {
	zone := func(h, m int) *time.Location { return time.FixedZone("", h*3600+m*60) }
	for _, tt := range []struct {
		in   string
		want time.Time
	}{
		{"17-Jul-1996 02:44:25 -0700", time.Date(1996, 7, 17, 2, 44, 25, 0, zone(-7, 0))},
		{" 9-Feb-2007 17:08:08 -0430", time.Date(2007, 2, 9, 17, 8, 8, 0, zone(-4, -30))},
		{"9-FEB-2007 17:08:08 +0000", time.Date(2007, 2, 9, 17, 8, 8, 0, time.UTC)},
		{"09-february-2007 7:8:8 +0545", time.Date(2007, 2, 9, 7, 8, 8, 0, zone(5, 45))},
		{"09-Feb-2007  17.08.08  +0100", time.Date(2007, 2, 9, 17, 8, 8, 0, zone(1, 0))},
		{"09-Feb-2007 17:08:08 0430", time.Date(2007, 2, 9, 17, 8, 8, 0, zone(4, 30))},
		{"09-Feb-2007 17:08:08 +01:00 ", time.Date(2007, 2, 9, 17, 8, 8, 0, zone(1, 0))},
		{"09-Feb-2007 17:08:08+0100", time.Date(2007, 2, 9, 17, 8, 8, 0, zone(1, 0))},
		{"09-Feb-2007 17:08:08 +0000 (UTC)", time.Date(2007, 2, 9, 17, 8, 8, 0, time.UTC)},
		{"09-Feb-2007 17:08:08 (UTC)", time.Date(2007, 2, 9, 17, 8, 8, 0, time.UTC)},
		{"09-Feb-2007 17:08:08", time.Date(2007, 2, 9, 17, 8, 8, 0, time.UTC)},
		{"09-Feb-2007 17:08:08 GMT", time.Date(2007, 2, 9, 17, 8, 8, 0, time.UTC)},
		{"09-Feb-2007 17:08:08 EST", time.Date(2007, 2, 9, 17, 8, 8, 0, zone(-5, 0))},
		{"29-Feb-2000 00:00:00 +0000", time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"31-Dec-2016 23:59:60 +0000", time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"01-Jan-0001 00:00:00 +0000", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		got, err := ParseInternalDate(tt.in)
		_, offset := got.Zone()
		if _, want := tt.want.Zone(); err != nil || !got.Equal(tt.want) || offset != want {
			t.Errorf("%q: %v, %v", tt.in, got, err)
		}
	}
	for _, in := range []string{
		"", "NIL", "x", "00-Jan-0000 00:00:00 +0000", "00-Jan-2000 00:00:00 +0000", "30-Feb-2000 00:00:00 +0000", "29-Feb-1900 00:00:00 +0000",
		"31-Apr-2000 00:00:00 +0000", "01-Foo-2000 00:00:00 +0000", "01-Jan-2000 24:00:00 +0000", "01-Jan-2000 00:60:00 +0000",
		"01-Jan-2000 00:00:61 +0000", "01-Jan-2000", "01-Jan-2000 00:00", "01-Jan-2000 00:00:00 +2400", "01-Jan-2000 00:00:00 +0060",
		"01-Jan-2000 00:00:00 +00000", "01-Jan-2000 00:00:00 -", "01-Jan-2000 00:00:00 PLACE", "01 Jan 2000 00:00:00 +0000", "001-Jan-2000 00:00:00 +0000",
	} {
		if got, err := ParseInternalDate(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestFormatInternalDate(t *testing.T) {
	for _, tt := range []struct {
		in   time.Time
		want string
	}{
		{time.Date(2007, 2, 9, 17, 8, 8, 999, time.FixedZone("x", -4*3600-1800)), " 9-Feb-2007 17:08:08 -0430"},
		{time.Date(1996, 7, 17, 2, 44, 25, 0, time.UTC), "17-Jul-1996 02:44:25 +0000"},
		{time.Date(1890, 1, 1, 12, 0, 0, 0, time.FixedZone("LMT", 3208)), " 1-Jan-1890 11:59:32 +0053"},
	} {
		got := FormatInternalDate(tt.in)
		if back, err := ParseInternalDate(got); got != tt.want || err != nil || !back.Equal(tt.in.Truncate(time.Second)) {
			t.Errorf("%v: %q, %v, %v", tt.in, got, back, err)
		}
	}
}

func FuzzInternalDate(f *testing.F) {
	f.Add("17-Jul-1996 02:44:25 -0700")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseInternalDate(s)
		if err != nil {
			return
		}
		if back, err := ParseInternalDate(FormatInternalDate(d)); err != nil || !back.Equal(d) {
			t.Errorf("%q: %v, %v, %v", s, d, back, err)
		}
	})
}
