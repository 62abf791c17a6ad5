package imap

import (
	"errors"
	"strings"
	"time"
)

// ParseInternalDate parses an INTERNALDATE, "17-Jul-1996 02:44:25 -0700"
// (RFC 9051 §9, date-time, without the quotes). What servers send instead is
// taken as well: a day of one digit, dots in the time, a zone without a sign or
// with a comment behind it; a missing zone is UTC.
func ParseInternalDate(s string) (time.Time, error) {
	d, ok := scanInternalDate(s)
	if !ok {
		return time.Time{}, errors.New("imap: not an internal date: " + clip(s))
	}
	return d.in(fixedZone(d.offset)), nil
}

// FormatInternalDate returns t as APPEND takes it: " 9-Feb-2007 17:08:08
// -0430". The zone is rounded to minutes, the time to seconds.
func FormatInternalDate(t time.Time) string {
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.In(fixedZone(offset - offset%60))
	}
	return t.Format("_2-Jan-2006 15:04:05 -0700")
}

// civil is a date and time as it is written.
type civil struct {
	year      int
	month     time.Month
	day       int
	hour, min int
	sec       int
	offset    int // of the zone, in seconds east of UTC
}

// valid says whether there is such a day and time. A leap second is one.
func (d civil) valid() bool {
	return d.year >= 1 && d.year <= 9999 && d.month >= 1 && d.month <= 12 &&
		d.day >= 1 && d.day <= daysIn(d.year, d.month) &&
		d.hour <= 23 && d.min <= 59 && d.sec <= 60
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

func (d civil) in(zone *time.Location) time.Time {
	return time.Date(d.year, d.month, d.day, d.hour, d.min, d.sec, 0, zone)
}

// fixedZone is UTC or a zone without a name.
func fixedZone(offset int) *time.Location {
	if offset == 0 {
		return time.UTC
	}
	return time.FixedZone("", offset)
}

// zone is fixedZone for the many messages that share one.
func (p *parser) zone(offset int) *time.Location {
	z := p.zones[offset]
	if z == nil {
		if p.zones == nil || len(p.zones) >= 50 {
			p.zones = make(map[int]*time.Location)
		}
		z = fixedZone(offset)
		p.zones[offset] = z
	}
	return z
}

// RFC 9051 §9, date-time
func scanInternalDate(s string) (d civil, ok bool) {
	s = strings.Trim(s, " ")
	ok = scanNumber(&s, 2, &d.day) && scanByte(&s, '-') &&
		scanMonth(&s, &d.month) && scanByte(&s, '-') &&
		scanNumber(&s, 4, &d.year) && scanByte(&s, ' ')
	s = strings.TrimLeft(s, " ")
	ok = ok && scanNumber(&s, 2, &d.hour) && scanColon(&s) &&
		scanNumber(&s, 2, &d.min) && scanColon(&s) && scanNumber(&s, 2, &d.sec)
	if !ok || !d.valid() {
		return d, false
	}
	s, _, _ = strings.Cut(strings.TrimLeft(s, " "), " ")
	if s == "" || s[0] == '(' {
		return d, true
	}
	d.offset, ok = zoneOffset(s)
	return d, ok
}

// scanNumber takes a number of up to most digits from the front of s.
func scanNumber(s *string, most int, n *int) bool {
	i := 0
	for *n = 0; i < len(*s) && i < most && isDigit((*s)[i]); i++ {
		*n = *n*10 + int((*s)[i]-'0')
	}
	*s = (*s)[i:]
	return i > 0
}

func scanByte(s *string, c byte) bool {
	if *s == "" || (*s)[0] != c {
		return false
	}
	*s = (*s)[1:]
	return true
}

func scanColon(s *string) bool { return scanByte(s, ':') || scanByte(s, '.') }

// scanMonth takes the name of a month, of which the first three letters count.
func scanMonth(s *string, m *time.Month) bool {
	i := 0
	for i < len(*s) && isLetter(rune((*s)[i])) {
		i++
	}
	*m = monthOf((*s)[:i])
	*s = (*s)[i:]
	return *m != 0
}

// monthOf returns 0 for what is no month.
func monthOf(name string) time.Month {
	if len(name) < 3 {
		return 0
	}
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(m.String()[:3], name[:3]) {
			return m
		}
	}
	return 0
}

// zoneOffset returns what a zone, "+0100", "+01:00", "0100" or "GMT", means in
// seconds.
func zoneOffset(s string) (offset int, ok bool) {
	sign := 1
	switch {
	case scanByte(&s, '-'):
		sign = -1
	case scanByte(&s, '+'):
	case !isDigit(s[0]):
		return zoneNamed(s)
	}
	var hour, min int
	if !scanNumber(&s, 2, &hour) {
		return 0, false
	}
	scanByte(&s, ':')
	if s != "" && !scanNumber(&s, 2, &min) || s != "" || hour > 23 || min > 59 {
		return 0, false
	}
	return sign * (hour*3600 + min*60), true
}

// zoneNamed knows the zones of RFC 5322 §4.3.
func zoneNamed(s string) (offset int, ok bool) {
	switch strings.ToUpper(s) {
	case "UT", "UTC", "GMT", "Z":
		return 0, true
	case "EDT":
		return -4 * 3600, true
	case "EST", "CDT":
		return -5 * 3600, true
	case "CST", "MDT":
		return -6 * 3600, true
	case "MST", "PDT":
		return -7 * 3600, true
	case "PST":
		return -8 * 3600, true
	}
	return 0, false
}
