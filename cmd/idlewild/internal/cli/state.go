package cli

import (
	"errors"
	"fmt"

	"github.com/idlewild-mail/idlewild/watch"
)

// openState returns nil without a file.
func openState(file string) (*watch.FileStore, error) {
	if file == "" {
		return nil, nil
	}
	store, err := watch.OpenFileStore(file)
	if err == nil {
		return store, nil
	}
	if errors.Is(err, watch.ErrInUse) {
		owner := "another process"
		if e, ok := errors.AsType[*watch.StoreError](err); ok && e.PID != 0 {
			owner = fmt.Sprintf("process %d", e.PID)
		}
		return nil, &exitError{exitInUse, fmt.Errorf("the --state file %s is in use by %s; "+
			"end that, or give this one a file of its own", file, owner)}
	}
	return nil, fmt.Errorf("cannot use the --state file: %w", err)
}
