package wire

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// model is a set as plain as can be.
type model map[uint32]bool

func (m model) sorted() (nums []uint32) {
	for n := range m {
		nums = append(nums, n)
	}
	slices.Sort(nums)
	return nums
}

// normal says whether s is as the functions promise it: sorted, without
// overlaps, neighbours and zeros.
func isNormal(s NumSet) bool {
	for i, r := range s {
		if r.First == 0 || r.Last < r.First || i > 0 && (s[i-1].Last == Star || s[i-1].Last+1 >= r.First) {
			return false
		}
	}
	return true
}

func randomSet(rnd *rand.Rand) (NumSet, model) {
	var s NumSet
	m := model{}
	for range rnd.IntN(12) {
		first, last := uint32(rnd.IntN(40)), uint32(rnd.IntN(40))
		if rnd.IntN(2) == 0 {
			last = first
		}
		s.AddRange(first, last)
		for n := max(1, min(first, last)); n <= max(first, last); n++ {
			m[n] = true
		}
	}
	return s, m
}

// Every operation agrees with the model.
func TestNumSetModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		s, ms := randomSet(rnd)
		u, mu := randomSet(rnd)
		before := s.String() + "/" + u.String()
		same := func(what string, got NumSet, want func(n uint32) bool) {
			t.Helper()
			m := model{}
			for n := range uint32(45) {
				if n > 0 && want(n) {
					m[n] = true
				}
				if got.Contains(n) != m[n] {
					t.Fatalf("%s of %v and %v: %v: Contains(%d) is wrong", what, s, u, got, n)
				}
			}
			if !isNormal(got) || got.Len() != uint64(len(m)) || !slices.Equal(slices.Collect(got.All()), m.sorted()) {
				t.Fatalf("%s of %v and %v: %v, want %v", what, s, u, got, m.sorted())
			}
		}
		same("AddRange", s, func(n uint32) bool { return ms[n] })
		same("Union", s.Union(u), func(n uint32) bool { return ms[n] || mu[n] })
		same("Minus", s.Minus(u), func(n uint32) bool { return ms[n] && !mu[n] })
		same("And", s.And(u), func(n uint32) bool { return ms[n] && mu[n] })
		if s.Intersects(u) != (s.And(u) != nil) {
			t.Fatalf("Intersects of %v and %v", s, u)
		}
		nums := ms.sorted()
		cut := uint64(rnd.IntN(len(nums) + 2))
		head, tail := s.Cut(cut)
		k := min(int(cut), len(nums))
		same("Cut head", head, func(n uint32) bool { return slices.Contains(nums[:k], n) })
		same("Cut tail", tail, func(n uint32) bool { return slices.Contains(nums[k:], n) })
		head.Add(44) // the two parts do not share what changes
		same("Cut tail afterwards", tail, func(n uint32) bool { return slices.Contains(nums[k:], n) })
		rnd.Shuffle(len(nums), func(i, j int) { nums[i], nums[j] = nums[j], nums[i] })
		same("NumSetOf", NumSetOf(append(nums, nums...)...), func(n uint32) bool { return ms[n] })
		if len(s) > 0 {
			if p, err := ParseNumSet(s.String()); err != nil || !slices.Equal(p, s) {
				t.Fatalf("%v parsed: %v, %v", s, p, err)
			}
		}
		if before != s.String()+"/"+u.String() {
			t.Fatalf("%s became %v/%v", before, s, u)
		}
	}
}

func TestParseNumSet(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"1", "1"},
		{"1,2,3", "1:3"},
		{"3,1,2", "1:3"},
		{"5:3", "3:5"},
		{"1:5,3:9", "1:9"},
		{"*", "*"},
		{"*:*", "*"},
		{"*:5", "5:*"},
		{"5:*,7", "5:*"},
		{"1,*", "1,*"},
		{"*,1", "1,*"},
		{"4294967295", "*"},
		{"4294967294:*", "4294967294:*"},
		{"007", "7"},
		{"", ""}, {"0", ""}, {"0:5", ""}, {"5:0", ""}, {",1", ""}, {"1,", ""}, {"1,,2", ""}, {"1:", ""}, {":1", ""},
		{"1:2:3", ""}, {"4294967296", ""}, {"99999999999999999999", ""}, {"-1", ""}, {"1 2", ""}, {"1, 2", ""}, {"a", ""},
		{"**", ""}, {"*1", ""}, {"1*", ""}, {"1\r\n", ""}, {"$", ""},
	} {
		s, err := ParseNumSet(tt.in)
		if got := s.String(); got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%q: %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestNumSetStar(t *testing.T) {
	s, _ := ParseNumSet("3,10:*")
	for n, want := range map[uint32]bool{0: false, 3: true, 4: false, 10: true, Star: true} {
		if s.Contains(n) != want {
			t.Errorf("Contains(%d)", n)
		}
	}
	if !s.Dynamic() || NumSetOf(1, 2).Dynamic() || NumSet(nil).Dynamic() || s.Len() != 1<<32-10+1 {
		t.Error("Dynamic or Len is wrong")
	}
	s.Add(Star)
	s.AddRange(Star, 20)
	if s.String() != "3,10:*" {
		t.Error(s)
	}
	if got := s.Minus(NumSet{{Star, Star}}).String(); got != "3,10:4294967294" {
		t.Error(got)
	}
	if got := s.Minus(NumSet{{5, Star}}).String(); got != "3" {
		t.Error(got)
	}
	var top []uint32
	for n := range (NumSet{{Star - 1, Star}}).All() {
		top = append(top, n)
	}
	if !slices.Equal(top, []uint32{Star - 1, Star}) {
		t.Error(top)
	}
	for range s.All() {
		break
	}
}

func TestNumSetCut(t *testing.T) {
	s := NumSet{{1, 3}, {5, 5}, {7, 9}}
	for n, want := range []string{"|1:3,5,7:9", "1|2:3,5,7:9", "1:2|3,5,7:9", "1:3|5,7:9", "1:3,5|7:9", "1:3,5,7|8:9", "1:3,5,7:8|9", "1:3,5,7:9|", "1:3,5,7:9|"} {
		head, tail := s.Cut(uint64(n))
		if got := head.String() + "|" + tail.String(); got != want {
			t.Errorf("Cut(%d): %s", n, got)
		}
	}
	head, tail := NumSet{{1, Star}}.Cut(1 << 31)
	if head.String() != "1:2147483648" || tail.String() != "2147483649:*" {
		t.Error(head, tail)
	}
	if head, tail := NumSet(nil).Cut(5); head != nil || tail != nil {
		t.Error(head, tail)
	}
}

// Any verb prints the set; a huge one is cut.
func TestNumSetFormat(t *testing.T) {
	s := NumSetOf(1, 2, 3, 7)
	if got := fmt.Sprintf("%v %s %d %+v %x %q", s, s, s, s, s, s); got != "1:3,7 1:3,7 1:3,7 1:3,7 1:3,7 1:3,7" {
		t.Error(got)
	}
	if got := fmt.Sprint(struct{ S NumSet }{s}); got != "{1:3,7}" {
		t.Error(got)
	}
	var big NumSet
	for n := range uint32(1000) {
		big.Add(2*n + 1)
	}
	if got := fmt.Sprint(big); len(got) > 500 || !strings.HasSuffix(got, ",197,199,… (1000 ranges)") {
		t.Error(got)
	}
}

// Billions of numbers take bytes, and nothing expands them.
func TestA44_HugeSets(t *testing.T) {
	for _, in := range []string{"1:4294967295", "1:4294967294", "4294967295:1", "1:2000000000,2000000002:4294967290"} {
		var size uint64
		took := allocated(func() {
			r := readerOf(in)
			s := r.NumSet()
			head, tail := s.Cut(1 << 30)
			other := NumSet{{5, 1 << 31}}
			size = s.Len() + s.Minus(other).Len() + s.Union(other).Len() + s.And(other).Len() + head.Len() + tail.Len()
			if r.Err() != nil || !s.Contains(7) || !s.Intersects(other) || s.String() == "" {
				t.Errorf("%s: %v", in, r.Err())
			}
		})
		if took > 64<<10 || size < 1<<33 { // of gigabytes; the runtime allocates beside us
			t.Errorf("%s: %d bytes allocated, %d numbers", in, took, size)
		}
	}
}

// Numbers in the worst order cost no more than a sort.
func TestA44_Order(t *testing.T) {
	const n = 1 << 18
	nums := make([]uint32, n)
	var text strings.Builder
	for i := range nums {
		nums[i] = uint32(2 * (n - i))
		fmt.Fprintf(&text, "%d,", nums[i])
	}
	took := allocated(func() {
		if s := NumSetOf(nums...); len(s) != n || !isNormal(s) {
			t.Error(len(s))
		}
	})
	if took > 64*n {
		t.Errorf("%d bytes allocated", took)
	}
	if s, err := ParseNumSet(strings.TrimSuffix(text.String(), ",")); err != nil || len(s) != n || !isNormal(s) {
		t.Error(err)
	}
}

func FuzzNumSet(f *testing.F) {
	f.Add("1,5:7,10:*", "3:6")
	f.Add("*:1", "4294967295")
	f.Fuzz(func(t *testing.T, a, b string) {
		s, err := ParseNumSet(a)
		if err != nil {
			return
		}
		if !isNormal(s) {
			t.Fatalf("%q: %v", a, s)
		}
		again, err := ParseNumSet(s.String())
		if err != nil || !slices.Equal(again, s) {
			t.Fatalf("%q: %v, then %v, %v", a, s, again, err)
		}
		u, err := ParseNumSet(b)
		if err != nil {
			return
		}
		minus, and, union := s.Minus(u), s.And(u), s.Union(u)
		if !isNormal(minus) || !isNormal(and) || !isNormal(union) {
			t.Fatalf("%v, %v: %v, %v, %v", s, u, minus, and, union)
		}
		if minus.Len()+and.Len() != s.Len() || union.Len() != minus.Len()+u.Len() || minus.Intersects(u) || and.Len() > 0 != s.Intersects(u) {
			t.Fatalf("%v, %v: %v, %v, %v", s, u, minus, and, union)
		}
		if !slices.Equal(minus.Union(and), s) {
			t.Fatalf("%v: %v and %v", s, minus, and)
		}
		head, tail := s.Cut(u.Len())
		if !isNormal(head) || !isNormal(tail) || head.Len() != min(u.Len(), s.Len()) || !slices.Equal(head.Union(tail), s) {
			t.Fatalf("%v cut at %d: %v, %v", s, u.Len(), head, tail)
		}
	})
}
