package watch

import (
	"errors"

	"github.com/idlewild-mail/idlewild/imap"
)

// Class says what to do about an error, whatever its Reason.
type Class string

func isTooManyConnections(err error) bool { return errors.Is(err, imap.ErrTooManyConnections) }
