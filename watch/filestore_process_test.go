package watch_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/watch"
)

// child runs this test anew in a process of its own, with what it is to do, and
// the file, in the environment.
func child(t *testing.T, do, path string) (cmd *exec.Cmd, lines *bufio.Scanner) {
	t.Helper()
	cmd = exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "IDLEWILD_TEST_DO="+do, "IDLEWILD_TEST_FILE="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip(err) // there are systems without processes
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, bufio.NewScanner(out)
}

// The lock dies with the process that held it.
func TestB65_LockAfterKill(t *testing.T) {
	if path := os.Getenv("IDLEWILD_TEST_FILE"); path != "" {
		open(t, path)
		fmt.Println("open")
		<-time.After(time.Minute)
		return
	}
	path := filepath.Join(t.TempDir(), "cursors")
	cmd, lines := child(t, "hold", path)
	if !lines.Scan() || lines.Text() != "open" {
		t.Fatal(lines.Text())
	}
	_, err := watch.OpenFileStore(path)
	e, _ := errors.AsType[*watch.StoreError](err)
	if !errors.Is(err, watch.ErrInUse) || runtime.GOOS == "linux" && e.PID != cmd.Process.Pid {
		t.Errorf("while it is held: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	open(t, path)
}

// A process that is killed while it saves: all that it knew to be kept is.
func TestB60_KilledWhileSaving(t *testing.T) {
	if path := os.Getenv("IDLEWILD_TEST_FILE"); path != "" {
		s := open(t, path)
		for i := 1; ; i++ {
			if err := s.Save(t.Context(), "k", fmt.Sprint(i, strings.Repeat(" tail", 300))); err != nil {
				t.Fatal(err)
			}
			fmt.Println(i)
		}
	}
	for round := range 5 {
		path := filepath.Join(t.TempDir(), "cursors")
		cmd, lines := child(t, "save", path)
		told := 0
		for told < 30*(round+1) && lines.Scan() {
			told++
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it had said by then
			told++
		}
		_ = cmd.Wait()
		value, err := open(t, path).Load(t.Context(), "k")
		var kept int
		fmt.Sscan(value, &kept)
		if err != nil || kept < told || kept > told+1 {
			t.Errorf("%d was told, %d is kept: %v", told, kept, err)
		}
	}
}
