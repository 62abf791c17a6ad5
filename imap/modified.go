package imap

import "fmt"

// ModifiedError says which messages a conditional Store left as they are,
// because they were changed since (RFC 7162 §3.1.3). The others were changed.
// errors.Is(err, CodeModified) finds it.
//
// The caller's next step is to fetch the flags of these messages and, if the
// change still makes sense, to Store again with the new mod-sequence.
type ModifiedError struct {
	UIDs UIDSet
	// Err is a refusal that came with it: some of the messages may be gone. Nil
	// if the server said OK.
	Err error
}

func (e *ModifiedError) Error() string {
	s := fmt.Sprintf("imap: UID STORE: %d messages were changed by others since and left as they are", e.UIDs.Len())
	if e.Err != nil {
		s += "; " + e.Err.Error()
	}
	return s
}

// Is makes errors.Is(err, CodeModified) true.
func (e *ModifiedError) Is(target error) bool { return target == CodeModified }

// Unwrap returns Err.
func (e *ModifiedError) Unwrap() error { return e.Err }
