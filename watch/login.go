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
	cred := sasl.Password(username, password)
	return LoginWith(addr, func(context.Context) (sasl.Credentials, error) { return cred, nil }, opts)
}

// LoginWith returns a [Watcher.Dial] that connects to addr, as [imap.Dial] does,
// and logs in with what credentials returns. It is asked for every connection
// anew, before the server is, so that an access token may be fetched when the
// last one has run out. Its error is that of Dial.
func LoginWith(addr string, credentials func(context.Context) (sasl.Credentials, error), opts *imap.Options) func(context.Context) (*imap.Client, error) {
	return func(ctx context.Context) (*imap.Client, error) {
		cred, err := credentials(ctx)
		if err != nil {
			return nil, err
		}
		c, err := imap.Dial(ctx, addr, opts)
		if err != nil {
			return nil, err
		}
		if err := c.LoginWith(ctx, cred); err != nil {
			_ = c.Close()
			return nil, err
		}
		return c, nil
	}
}
