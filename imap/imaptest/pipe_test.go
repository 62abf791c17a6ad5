package imaptest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestPipeKeepsWritesApart(t *testing.T) {
	c, s := Pipe()
	s.Write([]byte("one"))
	s.Write([]byte("two"))
	buf := make([]byte, 2)
	var got []string
	for range 4 {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(buf[:n]))
	}
	if want := []string{"on", "e", "tw", "o"}; !equalStrings(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func equalStrings(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestPipeCloseLeavesDataToRead(t *testing.T) {
	c, s := Pipe()
	s.Write([]byte("last words"))
	s.Close()
	got, err := io.ReadAll(c)
	if string(got) != "last words" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write to a closed peer: %v", err)
	}
	if _, err := s.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after Close: %v", err)
	}
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}
}

func TestPipeCloseWrite(t *testing.T) {
	c, s := Pipe()
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read: %v, want EOF", err)
	}
	if _, err := s.Write([]byte("still")); err != nil {
		t.Errorf("write the other way: %v", err)
	}
	buf := make([]byte, 10)
	if n, err := c.Read(buf); string(buf[:n]) != "still" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if _, err := c.Write([]byte("x")); err == nil {
		t.Error("write after CloseWrite succeeded")
	}
}

func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := PipeSize(4)
		start := time.Now()
		c.SetReadDeadline(start.Add(time.Second))
		_, err := c.Read(make([]byte, 1))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("read: %v after %v", err, time.Since(start))
		}
		c.SetReadDeadline(time.Time{})
		c.SetWriteDeadline(time.Now().Add(time.Minute))
		n, err := c.Write([]byte("six bytes"))
		if n != 4 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %d, %v", n, err)
		}
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("%v is no timeout", err)
		}
		c.SetDeadline(time.Now().Add(-time.Second))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read after the deadline: %v", err)
		}
		c.SetDeadline(time.Time{})
		s.Write([]byte("ok"))
		if _, err := c.Read(make([]byte, 2)); err != nil {
			t.Errorf("read after the deadline was lifted: %v", err)
		}
	})
}

func TestPipeDeadlineCanMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := Pipe()
		start := time.Now()
		c.SetReadDeadline(start.Add(time.Second))
		go func() {
			<-time.After(500 * time.Millisecond)
			c.SetReadDeadline(start.Add(5 * time.Second))
		}()
		c.Read(make([]byte, 1))
		if got := time.Since(start); got != 5*time.Second {
			t.Errorf("waited %v, want 5s", got)
		}
	})
}

func TestPipeWriteWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := PipeSize(10)
		data := bytes.Repeat([]byte("0123456789abc"), 1000)
		go func() {
			s.Write(data)
			s.Close()
		}()
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("got %d bytes, %v; want %d", len(got), err, len(data))
		}
	})
}

func TestPipeCloseWakesEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := PipeSize(1)
		results := make(chan error, 2)
		go func() {
			_, err := c.Read(make([]byte, 1))
			results <- err
		}()
		go func() {
			_, err := c.Write([]byte("long"))
			results <- err
		}()
		synctest.Wait()
		c.Close()
		for range 2 {
			if err := <-results; !errors.Is(err, net.ErrClosed) {
				t.Errorf("got %v, want closed", err)
			}
		}
		s.Close()
	})
}
