package watch_test

import (
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/watch"
)

// What comes into the mailbox in which the session idles, while another one is
// open, is told as soon as the session is back, not at the next Scan.
func TestRotateHome(t *testing.T) {
	in(t, func(w *world) {
		w.boxes(1)
		w.w.Listen = watch.ModeRotate
		w.body = func(b *watch.Batch) bool {
			if b.Mailbox == "Box0" && b.Cursor.UIDNext == 2 {
				w.deliver(1)
			}
			return true
		}
		w.start()
		w.after(10 * time.Second)
		w.deliverTo("Box0", 1)
		w.after(70 * time.Second) // Poll
		w.exactIn(1, "INBOX", "Box0")
		w.deliver(1) // it idles there again
		w.after(time.Second)
		w.exactIn(2, "INBOX")

		w.deliverTo("Box0", 1) // and nothing at home meanwhile
		w.after(70 * time.Second)
		w.exactIn(2, "Box0")
		w.deliver(1)
		w.after(time.Second)
		w.exactIn(3, "INBOX")
	})
}
