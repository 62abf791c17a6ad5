package watch

import "fmt"

// MailboxError says which mailbox could not be opened when Watch began.
type MailboxError struct {
	Mailbox string
	Err     error // what the server said
}

func (e *MailboxError) Error() string { return fmt.Sprintf("mailbox %q: %v", e.Mailbox, e.Err) }

// Unwrap returns e.Err.
func (e *MailboxError) Unwrap() error { return e.Err }
