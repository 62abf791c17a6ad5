package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// longestAnswer is how long a server may keep talking without answering what it
// was asked. One that says nothing at all is imap's to notice; one that says now
// and then that it is still there would else be waited for for ever.
const longestAnswer = 10 * time.Minute

var errNoAnswer = fmt.Errorf("the server talks, but has not answered for %v: %w", longestAnswer, imap.ErrTimeout)

// answering bounds the wait for an answer. heard is to be called at each part of
// it, stop at its end; that returns the error to go on with.
func answering(ctx context.Context) (within context.Context, heard func(), stop func(error) error) {
	within, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(longestAnswer, func() { cancel(errNoAnswer) })
	return within, func() { timer.Reset(longestAnswer) }, func(err error) error {
		timer.Stop()
		if err != nil && ctx.Err() == nil && within.Err() != nil {
			err = errNoAnswer
		}
		cancel(nil)
		return err
	}
}
