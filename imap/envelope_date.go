package imap

import (
	"strings"
	"time"
)

// parseEnvelopeDate parses a Date header field as it is found in mail: RFC 5322
// §3.3 with its obsolete forms, the order of ctime, "1996-07-17T02:23:25Z",
// parts missing or in odd places. It needs a day, a month and a year; without a
// time it is midnight, without a zone UTC. What could be read in two ways is
// not ok.
func parseEnvelopeDate(s string) (t time.Time, ok bool) {
	if len(s) > 200 {
		return t, false
	}
	if t, err := time.Parse(time.RFC3339, strings.TrimSpace(s)); err == nil {
		return t, true
	}
	var d dateWords
	for _, word := range strings.FieldsFunc(withoutComments(s), dateSpace) {
		if !d.take(word) {
			return t, false
		}
	}
	if !d.valid() {
		return t, false
	}
	return d.in(fixedZone(d.offset)), true
}

func dateSpace(c rune) bool { return c <= ' ' || c == ',' }

// withoutComments takes parenthesized comments away; they may nest.
func withoutComments(s string) string {
	if !strings.ContainsRune(s, '(') {
		return s
	}
	depth := 0
	return strings.Map(func(c rune) rune {
		switch {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
			return ' '
		case depth == 0:
			return c
		}
		return -1
	}, s)
}

// dateWords collects a date from its words, each of which says itself what it
// is.
type dateWords struct {
	civil
	timed, zoned bool
}

// take takes one word. It returns false if that makes no sense.
func (d *dateWords) take(word string) bool {
	c := word[0]
	switch {
	case strings.ContainsRune(word, ':') && isDigit(c):
		return d.takeTime(word)
	case (c == '+' || c == '-') && d.timed && !d.zoned:
		d.zoned = true
		d.offset, _ = zoneOffset(word) // an impossible one counts as UTC
		return true
	case strings.ContainsRune(word, '-') && isDigit(c): // 17-Jul-1996
		return d.takeDashed(word)
	case isDigit(c):
		return d.takeNumber(word)
	}
	return d.takeName(word)
}

// takeDashed takes a date of which dashes join the words, or 1996-07-17.
func (d *dateWords) takeDashed(word string) bool {
	if t, err := time.Parse(time.DateOnly, word); err == nil && d.day == 0 {
		d.year, d.month, d.day = t.Date()
		return true
	}
	for part := range strings.SplitSeq(word, "-") {
		if part == "" || !d.take(part) {
			return false
		}
	}
	return true
}

// takeTime takes 02:23, 02:23:25, 02.23.25, 02:23:25.123.
func (d *dateWords) takeTime(word string) bool {
	if d.timed || !scanNumber(&word, 2, &d.hour) || !scanColon(&word) || !scanNumber(&word, 2, &d.min) {
		return false
	}
	d.timed = true
	if scanColon(&word) && !scanNumber(&word, 2, &d.sec) {
		return false
	}
	if word == "" || word[0] == '.' { // a fraction
		return true
	}
	return d.take(word) // a zone that is glued to it
}

// takeNumber takes a day ("17" or "17."), a year, a time with dots, or a zone
// without a sign.
func (d *dateWords) takeNumber(word string) bool {
	word = strings.TrimSuffix(word, ".")
	if strings.ContainsRune(word, '.') {
		return d.takeTime(word)
	}
	rest, digits, n := word, len(word), 0
	if digits > 4 || !scanNumber(&rest, 4, &n) || rest != "" {
		return false
	}
	switch {
	case d.day == 0 && digits <= 2:
		d.day = n
	case d.year == 0 && digits >= 2:
		d.year = fullYear(n, digits)
	case d.timed && !d.zoned && digits == 4:
		d.offset, d.zoned = zoneOffset(word)
	default:
		return false
	}
	return true
}

// fullYear is the rule of RFC 5322 §4.3.
func fullYear(n, digits int) int {
	switch {
	case digits == 2 && n < 50:
		return 2000 + n
	case digits <= 3:
		return 1900 + n
	}
	return n
}

// takeName takes a month, a zone, AM or PM; the name of a day, and any other,
// means nothing.
func (d *dateWords) takeName(word string) bool {
	if m := monthOf(word); m != 0 && d.month == 0 {
		d.month = m
		return true
	}
	switch {
	case !d.timed:
	case strings.EqualFold(word, "AM") && d.hour == 12:
		d.hour = 0
	case strings.EqualFold(word, "PM") && d.hour < 12:
		d.hour += 12
	case !d.zoned:
		d.offset, d.zoned = zoneNamed(word)
	}
	return true
}
