package watch

import (
	"context"
	"time"
)

// waitNotify listens to all mailboxes.
func (s *session) waitNotify(ctx context.Context, until time.Time) error {
	return s.waitRotate(ctx, until)
}
