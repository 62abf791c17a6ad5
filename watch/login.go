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
// last one has run out; [Tokens.Credentials] does that. Its error is that of Dial.
// With Tokens, a refused login is tried once more with a new token.
func LoginWith(addr string, credentials func(context.Context) (sasl.Credentials, error), opts *imap.Options) func(context.Context) (*imap.Client, error) {
	return func(ctx context.Context) (*imap.Client, error) {
		a := &attempt{}
		ctx = context.WithValue(ctx, attemptKey{}, a)
		c, err := dialWith(ctx, addr, credentials, opts)
		if isRefusedLogin(err) && a.refused != nil && a.refused() {
			c, err = dialWith(ctx, addr, credentials, opts)
			if isRefusedLogin(err) {
				err = &refusedTwice{err}
			}
		}
		if err == nil && a.accepted != nil {
			a.accepted()
		}
		return c, err
	}
}

// refusedTwice is a login that was refused with another token too.
type refusedTwice struct{ error }

func (e *refusedTwice) Unwrap() error { return e.error }

// triesOf is how often a login was tried.
func triesOf(err error) int {
	if is[*refusedTwice](err) {
		return 2
	}
	return 1
}

// dialWith connects and logs in.
func dialWith(
	ctx context.Context, addr string, credentials func(context.Context) (sasl.Credentials, error), opts *imap.Options,
) (*imap.Client, error) {
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

// isRefusedLogin says whether the server refuses the credentials, as far as one
// can tell.
func isRefusedLogin(err error) bool {
	if w, _, _, ok := refused(err); !ok || w != atLogin {
		return false
	}
	v := judge(err)
	return v.class == ClassCredential || v.doubt
}

// attempt is one login of [LoginWith]; a function that returns credentials may
// ask to be told how it went.
type attempt struct {
	refused  func() bool // other credentials are worth a try
	accepted func()
}

type attemptKey struct{}
