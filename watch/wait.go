package watch

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// wait returns when it is time to scan: the server has told something, or the
// safety scan or poll is due. For the latter it has asked the server for news
// first, which also shows whether the connection is alive: some tell it only
// then.
//
// Nothing is missed between a scan and a wait: a loop over updates begins with
// a State if there was one since the scan began.
func (c *connection) wait(ctx context.Context) error {
	due := c.due()
	for {
		if err := c.tellAlerts(); err != nil {
			return err
		}
		news, err := c.listen(ctx, due)
		if refused := c.idleRefused(err); refused {
			due = c.due()
			continue
		}
		if err != nil {
			return err
		}
		if news {
			c.hinted = true
			return c.settle(ctx)
		}
		if !time.Now().Before(due) {
			return c.client.Noop(ctx)
		}
	}
}

// due is when to scan in any case.
func (c *connection) due() time.Time {
	every := c.Scan
	if !c.mayIdle() || c.mute {
		every = time.Duration(float64(c.Poll) * (0.9 + 0.2*c.Rand()))
	}
	return c.scanned.Add(every)
}

// mayIdle says whether to use IDLE now.
func (c *connection) mayIdle() bool {
	return (c.client.Has("IDLE") || c.client.Has("IMAP4REV2")) && !time.Now().Before(c.idleAfter)
}

// listen waits for an update, and says whether it is one to scan for. It also
// returns at due.
func (c *connection) listen(ctx context.Context, due time.Time) (news bool, err error) {
	until, cancel := context.WithDeadline(ctx, due)
	defer cancel()
	var updates iter.Seq2[imap.Update, error]
	if c.mayIdle() {
		updates = c.box.Idle(until, nil)
	} else {
		updates = c.box.Updates(until)
	}
	for u, err := range updates {
		if err != nil && until.Err() != nil && ctx.Err() == nil && c.client.Err() == nil {
			return false, nil // it is due
		}
		if err != nil {
			return false, err
		}
		if _, alert := u.(imap.Alert); alert {
			c.awaitAlert(ctx)
			return false, nil
		}
		return true, nil
	}
	return false, c.client.Err()
}

// settle waits until the next scan may be made, so that a flood of news that
// comes to nothing costs one scan every Burst.
func (c *connection) settle(ctx context.Context) error {
	rest := time.Until(c.scanned.Add(c.rest))
	if rest <= 0 {
		return nil
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.client.Done():
		return c.client.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// idleRefused says whether err is that the server refuses IDLE: it is asked for
// news instead, for a while.
func (c *connection) idleRefused(err error) bool {
	var no *imap.ResponseError
	if err == nil || c.client.Err() != nil || !errors.As(err, &no) && !errors.Is(err, imap.ErrUnsupported) {
		return false
	}
	c.idleAfter = time.Now().Add(idleRetry)
	c.Logger.Warn("watch: IDLE was refused; the server is polled", "every", c.Poll, "error", err)
	return true
}

// awaitAlert waits for hear to get the alert that was just announced. If that
// has happened before, there is nothing to wait for, but no harm in it.
func (c *connection) awaitAlert(ctx context.Context) {
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-c.heard:
	case <-timer.C:
	case <-c.client.Done():
	case <-ctx.Done():
	}
}
