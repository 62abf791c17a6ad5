package watch_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// idleCost is what many Watchers of one process cost, the test server's part of it
// included: goroutines and bytes of each while nothing happens.
func idleCost(t *testing.T, n int) (goroutines, bytes float64) {
	synctest.Test(t, func(t *testing.T) {
		srv := imaptest.NewServer(nil)
		srv.AddUser("alice", "secret")
		dial := watch.Login("test:143", "alice", "secret", &imap.Options{Security: imap.Plaintext, InsecureLogin: true, Dial: srv.Dial})
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		was := runtime.NumGoroutine()
		ctx, cancel := context.WithCancel(context.Background())
		for range n {
			w := &watch.Watcher{Account: "alice", Dial: dial}
			go func() {
				for range w.Watch(ctx) {
				}
			}()
		}
		<-time.After(time.Minute)
		synctest.Wait()
		goroutines = float64(runtime.NumGoroutine()-was) / float64(n)
		runtime.GC()
		runtime.ReadMemStats(&after)
		bytes = float64(after.HeapAlloc+after.StackInuse-before.HeapAlloc-before.StackInuse) / float64(n)
		cancel()
		synctest.Wait()
		srv.Close()
	})
	return goroutines, bytes
}

// Each Watcher of many costs as much as each of few.
func TestAttackManyWatchers(t *testing.T) {
	fewGoroutines, fewBytes := idleCost(t, 100)
	goroutines, bytes := idleCost(t, 1000)
	t.Logf("an idle Watcher with its server: %.1f goroutines, %.0f bytes; of a hundred %.1f, %.0f", goroutines, bytes, fewGoroutines, fewBytes)
	if goroutines > fewGoroutines+0.5 || bytes > 2*fewBytes {
		t.Error("many Watchers cost more than few, each")
	}
}
