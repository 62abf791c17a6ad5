package cli

import (
	"fmt"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
)

// account is an account to watch: what its URLs have in common, and mailboxes.
type account struct {
	target
	mailboxes []string
}

// parseAccounts returns the accounts that the URLs name, in their order. URLs of
// one account come together; the mailboxes of the flags, if there are any, are
// in place of the URLs'.
func parseAccounts(urls, mailboxes []string) (all []*account, err error) {
	known := make(map[string]*account)
	for i, url := range urls {
		t, err := parseURL(url)
		if err != nil {
			if len(urls) > 1 {
				err = usagef("URL %d: %w", i+1, err)
			}
			return nil, err
		}
		a := known[t.account()]
		switch {
		case a == nil:
			a = &account{target: t}
			known[t.account()] = a
			all = append(all, a)
		case a.address() != t.address() || a.security != t.security:
			return nil, usagef("two URLs reach %s in different ways (%s and %s), but events and the --state "+
				"would not tell them apart; use the same for both", t.account(), a.way(), t.way())
		}
		if len(mailboxes) == 0 {
			a.add(t.mailbox)
		}
		for _, name := range mailboxes {
			a.add(name)
		}
	}
	return all, nil
}

// add adds a mailbox that is not there yet; "" is INBOX.
func (a *account) add(name string) {
	if name == "" || strings.EqualFold(name, "INBOX") {
		name = "INBOX" // RFC 9051 §5.1
	}
	for _, m := range a.mailboxes {
		if m == name {
			return
		}
	}
	a.mailboxes = append(a.mailboxes, name)
}

// way is how a server is reached.
func (t target) way() string {
	scheme := "imaps"
	switch t.security {
	case imap.StartTLS:
		scheme = "imap"
	case imap.Plaintext:
		scheme = "imap+plaintext"
	}
	return fmt.Sprintf("%s://%s", scheme, t.address())
}
