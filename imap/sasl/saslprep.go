package sasl

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// prepare is SASLprep (RFC 4013) for a query string: a user name or password
// that the user has typed in, in the form in which it is compared. The errors
// end a sentence that begins with what was prepared, and do not show it.
func prepare(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errors.New("is not UTF-8")
	}
	s = norm.NFKC.String(strings.Map(prepareRune, s))
	switch {
	case s == "":
		return "", errors.New("is empty once prepared (RFC 4013)")
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(prohibited, r) || r&0xfffe == 0xfffe }):
		return "", errors.New("holds a character that is forbidden in it (RFC 4013 §2.3)")
	case !bidiFine(s):
		return "", errors.New("mixes directions of writing (RFC 4013 §2.4)")
	}
	return s, nil
}

// prepareRune is RFC 4013 §2.1: spaces become SPACE, some characters nothing.
func prepareRune(r rune) rune {
	switch {
	case unicode.Is(otherSpaces, r):
		return ' '
	case unicode.Is(mappedToNothing, r):
		return -1
	}
	return r
}

// bidiFine is RFC 3454 §6: text written from right to left holds nothing that is
// written the other way, and begins and ends in its own.
func bidiFine(s string) bool {
	right, left, first, last := false, false, false, false
	for i, r := range s {
		p, _ := bidi.LookupRune(r)
		c := p.Class()
		last = c == bidi.R || c == bidi.AL
		if i == 0 {
			first = last
		}
		right = right || last
		left = left || c == bidi.L
	}
	return !right || !left && first && last
}

var (
	// RFC 3454 C.1.2
	otherSpaces = &unicode.RangeTable{R16: []unicode.Range16{
		{0x00a0, 0x00a0, 1}, {0x1680, 0x1680, 1}, {0x2000, 0x200b, 1}, {0x202f, 0x202f, 1},
		{0x205f, 0x205f, 1}, {0x3000, 0x3000, 1},
	}, LatinOffset: 1}
	// RFC 3454 B.1
	mappedToNothing = &unicode.RangeTable{R16: []unicode.Range16{
		{0x00ad, 0x00ad, 1}, {0x034f, 0x034f, 1}, {0x1806, 0x1806, 1}, {0x180b, 0x180d, 1},
		{0x200b, 0x200d, 1}, {0x2060, 0x2060, 1}, {0xfe00, 0xfe0f, 1}, {0xfeff, 0xfeff, 1},
	}, LatinOffset: 1}
	// RFC 3454 C.1.2 and C.2.1 to C.9, without C.4's last two of each plane.
	prohibited = &unicode.RangeTable{
		R16: []unicode.Range16{
			{0x0000, 0x001f, 1}, {0x007f, 0x00a0, 1}, {0x0340, 0x0341, 1}, {0x06dd, 0x06dd, 1},
			{0x070f, 0x070f, 1}, {0x1680, 0x1680, 1}, {0x180e, 0x180e, 1}, {0x2000, 0x200f, 1},
			{0x2028, 0x202f, 1}, {0x205f, 0x2063, 1}, {0x206a, 0x206f, 1}, {0x2ff0, 0x2ffb, 1},
			{0x3000, 0x3000, 1}, {0xd800, 0xf8ff, 1}, {0xfdd0, 0xfdef, 1}, {0xfeff, 0xfeff, 1},
			{0xfff9, 0xfffd, 1},
		},
		R32: []unicode.Range32{
			{0x1d173, 0x1d17a, 1}, {0xe0001, 0xe0001, 1}, {0xe0020, 0xe007f, 1},
			{0xf0000, 0xffffd, 1}, {0x100000, 0x10fffd, 1},
		},
		LatinOffset: 2,
	}
)
