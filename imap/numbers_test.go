package imap_test

import (
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

func TestUIDSetAlgebra(t *testing.T) {
	set := func(s string) imap.UIDSet {
		set, err := imap.ParseUIDSet(s)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	a, b := set("1:5,9,20:*"), set("4:10,15")
	for _, tt := range []struct {
		name      string
		got, want imap.UIDSet
	}{
		{"with", a.With(b), set("1:10,15,20:*")},
		{"without", a.Without(b), set("1:3,20:*")},
		{"and", a.And(b), set("4:5,9")},
		{"and one", a.And(imap.UID(9)), imap.UIDSetOf(9)},
		{"and none", a.And(imap.UIDSet{}), imap.UIDSet{}},
		{"itself", a.And(a), a},
		{"unsorted", imap.UIDSetOf(3, 1, 2), imap.UIDRange(1, 3)},
	} {
		if !tt.got.Equal(tt.want) || tt.got.String() != tt.want.String() {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	if a.Equal(b) || a.Equal(imap.UIDSet{}) || !(imap.UIDSet{}).Equal(imap.UIDSetOf()) {
		t.Error("Equal")
	}
	if a.Min() != 1 || a.Max() != imap.MaxUID || b.Min() != 4 || b.Max() != 15 || (imap.UIDSet{}).Min() != 0 || (imap.UIDSet{}).Max() != 0 {
		t.Error(a.Min(), a.Max(), b.Min(), b.Max())
	}
}
