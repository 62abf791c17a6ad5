package watch

import (
	"errors"

	"github.com/idlewild-mail/idlewild/imap"
)

// help says what can be done about a refused login.
func help(err error) string {
	switch {
	case errors.Is(err, imap.ErrAppPassword):
		return "the account needs a password made for this application, or an access token"
	case errors.Is(err, imap.ErrWebLogin):
		return "log in with a browser once, and confirm that it was you"
	case errors.Is(err, imap.ErrIMAPDisabled):
		return "turn IMAP on in the settings of the account"
	case errors.Is(err, imap.ErrNotConnected):
		return "the login is accepted, but there is no mailbox for it: check the user name, the rights to the mailbox, and whether IMAP is turned on"
	case errors.Is(err, imap.CodeExpired):
		return "the password has run out and must be changed"
	case errors.Is(err, imap.CodeContactAdmin), errors.Is(err, imap.CodeAuthorizationFailed), errors.Is(err, imap.CodeNoPerm):
		return "the account may not do this; ask its administrator"
	}
	return "check the user name and the password, and whether IMAP is turned on; many providers ask for a password made for the application"
}
