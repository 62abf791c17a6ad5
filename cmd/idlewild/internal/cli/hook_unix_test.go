//go:build unix

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// stubborn does not listen to SIGTERM, takes a lock that is free again when the
// process has ended, says so, and closes the pipe whose other end waits for that.
func stubborn(file string) (unlock func()) {
	signal.Ignore(syscall.SIGTERM)
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		panic(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		panic(err)
	}
	fmt.Println("hanging")
	if len(os.Args) > 4 {
		_ = os.NewFile(3, "ready").Close()
	}
	return func() { _ = f.Close() }
}

// mustBeFree returns when nobody has the lock.
func mustBeFree(t *testing.T, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
}

// B-70: what a command has started ends with it.
func TestB70_HookForks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	h, out, _ := helperHook(t, "family", file)
	h.grace = 10 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-out.ch // the child's
		cancel()
	}()
	if err := h.handle(ctx, helperInput(t)); !errors.Is(err, errInterrupted) {
		t.Errorf("got %v", err)
	}
	mustBeFree(t, file)
}

// A process that was left in the background, with our pipes, keeps nobody.
func TestB70_HookLeavesADaemon(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	h, _, _ := helperHook(t, "leave", file)
	group := make(chan int, 1)
	h.started = func(pid int) { group <- pid }
	if err := h.handle(t.Context(), helperInput(t)); err != nil {
		t.Errorf("got %v", err)
	}
	if err := syscall.Kill(-<-group, syscall.SIGKILL); err != nil {
		t.Errorf("it was not left alone: %v", err)
	}
	mustBeFree(t, file)
}
