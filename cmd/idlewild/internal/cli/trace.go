package cli

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/spf13/cobra"
)

// traceFlag is --trace, which every command has.
type traceFlag struct{ file string }

func (t *traceFlag) add(cmd *cobra.Command, help string) {
	cmd.Flags().StringVar(&t.file, "trace", "", help)
}

// open returns nil if there is no trace. Several connections may write to it.
func (t *traceFlag) open() (*traceFile, error) {
	if t.file == "" {
		return nil, nil
	}
	f, err := os.OpenFile(t.file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot write the trace: %w", err)
	}
	return &traceFile{f: f}, nil
}

// traceFile is where a trace goes. A nil one is none.
type traceFile struct {
	mu sync.Mutex
	f  *os.File
}

// writer returns nil, not a nil file, if there is none.
func (t *traceFile) writer() io.Writer {
	if t == nil {
		return nil
	}
	return t
}

func (t *traceFile) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.f.Write(p)
}

func (t *traceFile) Close() {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		_ = t.f.Close()
	}
}
