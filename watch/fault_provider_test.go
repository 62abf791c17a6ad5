package watch_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// providers are personalities of the test server, and how soon mail is told
// there in the long run.
var providers = map[string]struct {
	opts  func() *imaptest.Options
	delay time.Duration
}{
	"Yahoo": {imaptest.Yahoo, 5 * time.Second}, "Gmail": {imaptest.Gmail, 5 * time.Second},
	"Exchange": {imaptest.Exchange, 40 * time.Second}, "iCloud": {imaptest.ICloud, 5 * time.Second},
	"NetEase": {imaptest.NetEase, 70 * time.Second}, "Yandex": {imaptest.Yandex, 70 * time.Second},
	"Naver": {imaptest.Naver, 70 * time.Second}, "QQ": {imaptest.QQ, 70 * time.Second},
	"Rambler": {imaptest.Rambler, 5 * time.Second}, "Dovecot": {imaptest.Dovecot, 5 * time.Second},
	"Courier": {imaptest.Courier, 5 * time.Second},
}

// Hours with each provider, days in long runs, one mailbox and three: every message is told,
// once, within what is promised, and mostly as soon as the provider lets us
// know; and the account is not troubled by many logins.
func TestProviders(t *testing.T) {
	rounds := 25
	if os.Getenv("IDLEWILD_LONG") != "" {
		rounds = 200
	}
	for _, name := range slices.Sorted(maps.Keys(providers)) {
		p := providers[name]
		for _, more := range []int{0, 3} {
			t.Run(fmt.Sprint(name, " ", more+1), func(t *testing.T) {
				inWith(t, p.opts(), func(w *world) {
					names := w.boxes(more)
					w.start()
					n := 0
					for range rounds {
						w.after(43*time.Minute + 17*time.Second)
						for _, name := range names {
							w.deliverTo(name, 2)
						}
						n += 2
						w.after(w.w.Bound())
						w.exactIn(n, names...)
						if t.Failed() {
							t.Logf("offline: %+v", all[watch.Offline](w))
							return
						}
					}
					delays := w.allDelays("alice", names...)
					if median := delays[len(delays)/2]; median > p.delay+time.Duration(more)*time.Minute {
						t.Errorf("half of the messages took more than %v", median)
					}
					stats := w.srv.Stats().Users["alice"]
					if n := len(stats.Refused); n > 3 {
						t.Errorf("%d logins were refused", n)
					}
					if n := len(stats.Logins); n > 14*rounds {
						t.Errorf("%d logins", n)
					}
					t.Logf("%d logins, %d refused, delays %v %v, mode %v", len(stats.Logins), len(stats.Refused),
						delays[len(delays)/2], delays[len(delays)-1], w.w.Mode())
				})
			})
		}
	}
}
