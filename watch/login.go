package watch

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// Login returns a [Watcher.Dial] that connects to addr, as [imap.Dial] does, and
// logs in with a password, in the strongest way that the server offers
// ([imap.Client.LoginWith]).
func Login(addr, username, password string, opts *imap.Options) func(context.Context) (*imap.Client, error) {
	return func(ctx context.Context) (*imap.Client, error) {
		c, err := imap.Dial(ctx, addr, opts)
		if err != nil {
			return nil, err
		}
		if err := c.LoginWith(ctx, sasl.Password(username, password)); err != nil {
			_ = c.Close()
			return nil, err
		}
		return c, nil
	}
}
