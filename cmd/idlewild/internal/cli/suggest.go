package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

const (
	// suggestTime is how long whoever has mistaken a name waits for better ones.
	suggestTime = 5 * time.Second
	suggestMost = 20
)

// suggest adds to the error that there is no such mailbox which ones there are,
// if the server tells.
func suggest(ctx context.Context, dial func(context.Context) (*imap.Client, error), err error) error {
	e, ok := errors.AsType[*exitError](err)
	if !ok || e.code != exitNotFound {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, suggestTime)
	defer cancel()
	names := mailboxNames(ctx, dial)
	if len(names) == 0 {
		return err
	}
	return &exitError{e.code, fmt.Errorf("%w; there is: %s", e.err, some(names))}
}

// mailboxNames returns the names of mailboxes that can be watched; of some, or
// none, if something is wrong.
func mailboxNames(ctx context.Context, dial func(context.Context) (*imap.Client, error)) (names []string) {
	c, err := dial(ctx)
	if err != nil {
		return nil
	}
	defer c.Close()
	for entry, err := range c.List(ctx, "*", nil) {
		if err != nil {
			break
		}
		if entry.Selectable() && !entry.Has(`\NonExistent`) {
			names = append(names, entry.Mailbox)
		}
	}
	_ = c.Logout(ctx)
	slices.Sort(names)
	return names
}

// some is a list of names for people, not too long.
func some(names []string) string {
	var quoted []string
	for _, name := range names[:min(len(names), suggestMost)] {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	text := strings.Join(quoted, ", ")
	if more := len(names) - suggestMost; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
