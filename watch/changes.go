package watch

import "github.com/idlewild-mail/idlewild/imap"

// selectOptions are how a box is opened.
func (s *session) selectOptions(*box) *imap.SelectOptions {
	return &imap.SelectOptions{ReadOnly: true}
}
