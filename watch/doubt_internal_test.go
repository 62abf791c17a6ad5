package watch

import (
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// What was not heard may have been anything.
func TestDoubtOf(t *testing.T) {
	for _, tt := range []struct {
		update imap.Update
		want   doubt
	}{
		{imap.Overflow{}, doubtAll}, {imap.State{}, doubtAll}, {imap.Exists{}, 0}, {imap.Alert{}, 0},
	} {
		if got := doubtOf(tt.update); got != tt.want {
			t.Errorf("%T casts doubt on %d, want %d", tt.update, got, tt.want)
		}
	}
}
