package imap

import (
	"fmt"
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	for _, tt := range []struct {
		in, nums string
		modSeq   uint64
	}{
		{"", "", 0},
		{" ", "", 0},
		{" NIL", "", 0},
		{" 2 84 882 ", "2,84,882", 0},
		{" 5 4 3 9 3 10", "3:5,9:10", 0},
		{" 1 2 3(MODSEQ 999)", "1:3", 999},
		{" 1 2 (modseq 9) 3 4", "1:4", 9},
		{" (1 2 3)", "1:3", 0},
		{" ()", "", 0},
		{" 1 (MODSEQ -1)", "1", 0},
		{" 1 (MODSEQ NIL)", "1", 0},
		{" 4294967295", "*", 0},
	} {
		d := mustParseLine(t, "* SEARCH"+tt.in).search
		if d.nums.String() != tt.nums || d.modSeq != tt.modSeq || !d.has.all {
			t.Errorf("%q: %+v", tt.in, d)
		}
	}
}

func TestESearch(t *testing.T) {
	for in, want := range map[string]string{
		`(TAG "A282") MIN 2 COUNT 3`:            "tag A282 min 2 count 3",
		`(TAG "A284")`:                          "tag A284",
		``:                                      "",
		`(TAG "A285") UID MIN 7 MAX 3800`:       "tag A285 uid min 7 max 3800",
		`(tag A1) uid all 4:18,21,28 count 17`:  "tag A1 uid all 4:18,21,28 count 17",
		`(TAG "a") ALL 5,3,2,1 MODSEQ 1236`:     "tag a all 1:3,5 modseq 1236",
		`(TAG "a") ALL 1:4294967295 MODSEQ (7)`: "tag a all 1:* modseq 7",
		`(TAG "a") ALL NIL COUNT 0`:             "tag a all  count 0",
		`(TAG "a") MODSEQ -1 MIN 5`:             "tag a min 5",
		`(TAG "a") UID PARTIAL (-1:-100 200:250,252:300) MIN 1`:      "tag a uid min 1",
		`(TAG "a") RELEVANCY (4 99 42) X "y)" COUNT 1`:               "tag a count 1",
		`(TAG "t" MAILBOX "a (b" UIDVALIDITY 503) UID ALL 3`:         "tag t uid all 3",
		`(TAG "a00") (COUNT 17)`:                                     "tag a00 count 17",
		`(TAG "a00") (COUNT 17 MAX 4)  `:                             "tag a00 max 4 count 17",
		`(TAG "a00") MIN  3  `:                                       "tag a00 min 3",
		`(MAILBOX {3}` + "\r\na b" + ` TAG "z" UIDVALIDITY 1) MIN 2`: "tag z min 2",
	} {
		d := mustParseLine(t, "* ESEARCH "+in).search
		var got []string
		add := func(ok bool, format string, v any) {
			if ok {
				got = append(got, fmt.Sprintf(format, v))
			}
		}
		add(d.tag != "", "tag %v", d.tag)
		add(d.uid, "%v", "uid")
		add(d.has.min, "min %v", d.min)
		add(d.has.max, "max %v", d.max)
		add(d.has.all, "all %v", d.nums.String())
		add(d.has.count, "count %v", d.count)
		add(d.modSeq > 0, "modseq %v", d.modSeq)
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", in, s, want)
		}
	}
}

// TestSearchDescending: the order in which numbers come costs no more.
func TestSearchDescending(t *testing.T) {
	var b strings.Builder
	b.WriteString("* SEARCH")
	for n := 400_000; n > 0; n -= 2 {
		fmt.Fprintf(&b, " %d", n)
	}
	// Were it quadratic, this would take minutes.
	if d := mustParseLine(t, b.String()).search; d.nums.Len() != 200_000 {
		t.Errorf("%d numbers", d.nums.Len())
	}
}

func TestVanished(t *testing.T) {
	for in, want := range map[string]string{
		"405,407,410,425":           "405,407,410,425 false",
		"(EARLIER) 300:310,405,411": "300:310,405,411 true",
		"(earlier)  5 ":             "5 true",
		"(EARLIER) 1:4294967295":    "1:* true",
		" 9,3:5":                    "3:5,9 false",
		"(X EARLIER) 5":             "5 true",
	} {
		r := mustParseLine(t, "* VANISHED "+in)
		if got := fmt.Sprint(r.set, " ", r.early); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
