package cli

import (
	"fmt"
	"strings"
	"time"
)

// clock is a record's time as people on this machine read it.
func (h head) clock() string {
	t, err := time.Parse(time.RFC3339Nano, h.Time)
	if err != nil {
		return clean(h.Time)
	}
	return t.Local().Format("15:04:05")
}

// Columns of a line on a terminal.
const (
	clockColumns   = 8
	accountColumns = 16
	mailboxColumns = 14
	fromColumns    = 24
)

func (r arrivedRecord) line(s style, columns int) string {
	from, subject := "(no sender)", "(no subject)"
	if len(r.Envelope.From) > 0 {
		from = clean(r.Envelope.From[0].String())
	}
	if r.Envelope.Subject != "" {
		subject = clean(r.Envelope.Subject)
	}
	if columns == 0 {
		return strings.Join([]string{r.clock(), s.whose(r.head) + r.where(), from, subject}, "  ")
	}
	if len(r.Envelope.From) > 0 && r.Envelope.From[0].Name != "" {
		from = clean(r.Envelope.From[0].Name)
	}
	account, rest := "", columns-clockColumns-mailboxColumns-fromColumns-3*2
	if s.accounts {
		account = s.dim(pad(clean(r.Account), accountColumns)) + "  "
		rest -= accountColumns + 2
	}
	if rest < 10 { // a narrow window
		return fit(r.clock()+"  "+s.whose(r.head)+from+"  "+subject, columns)
	}
	uid := fmt.Sprintf(" #%d", r.UID)
	mailbox := fit(clean(r.Mailbox), mailboxColumns-len(uid)) + uid
	return s.dim(r.clock()) + "  " + account + s.cyan(pad(mailbox, mailboxColumns)) + "  " +
		s.bold(pad(from, fromColumns)) + "  " + fit(subject, rest)
}

// where is mailbox and number.
func (m message) where() string { return fmt.Sprintf("%s #%d", clean(m.Mailbox), m.UID) }

// whose says, among several accounts, of which one a line is.
func (s style) whose(h head) string {
	if !s.accounts {
		return ""
	}
	return clean(h.Account) + " "
}

// notice is the line of an event that is not a new message.
func (h head) notice(s style, columns int, paint func(string) string, mark, text string) string {
	text = s.whose(h) + text
	if columns == 0 {
		return h.clock() + "  " + text
	}
	return paint(fit(h.clock()+"  "+mark+" "+text, columns))
}

func (r flagsRecord) line(s style, columns int) string {
	flags := "none"
	if len(r.Flags) > 0 {
		flags = clean(strings.Join(r.Flags, " "))
	}
	return r.notice(s, columns, s.dim, "~", fmt.Sprintf("flags: %s now has %s", r.where(), flags))
}

func (r goneRecord) line(s style, columns int) string {
	return r.notice(s, columns, s.dim, "-", "gone: "+r.where())
}

func (r movedRecord) line(s style, columns int) string {
	return r.notice(s, columns, s.dim, "→", fmt.Sprintf("moved: %s is %s #%d now", r.where(), clean(r.To), r.ToUID))
}

func (r offlineRecord) line(s style, columns int) string {
	text := fmt.Sprintf("offline: %s: %s", names(r.mailboxes), offlineWords(r.Reason))
	if columns == 0 && r.Error != "" {
		text += ": " + clean(shortText(r.Error))
	}
	if r.RetryInMS > 0 {
		text += ", next try in " + milliseconds(r.RetryInMS)
	}
	paint := s.yellow
	if r.Expected {
		paint = s.dim
	}
	return r.notice(s, columns, paint, "○", text)
}

func offlineWords(reason string) string {
	switch reason {
	case "eof":
		return "the connection broke"
	case "bye":
		return "the server said goodbye"
	case "timeout":
		return "the server does not answer"
	case "refused":
		return "the connection was refused"
	case "login":
		return "the login was refused"
	case "limit":
		return "the server wants fewer connections"
	case "tls":
		return "TLS failed"
	case "dns":
		return "the host's address is not to be found"
	case "token":
		return "there is no access token"
	case "panic":
		return "a fault of this program"
	}
	return clean(reason)
}

func (r onlineRecord) line(s style, columns int) string {
	text := fmt.Sprintf("online: %s, %s", names(r.mailboxes), modeWords(r.Mode))
	return r.notice(s, columns, s.green, "●", text)
}

// modeWords says how news comes.
func modeWords(mode string) string {
	switch mode {
	case "notify":
		return "the server tells of news (NOTIFY)"
	case "idle":
		return "the server tells of news (IDLE)"
	case "rotate":
		return "the server tells of news in one of them (IDLE), the others are asked in turn"
	case "poll":
		return "the server is asked for news again and again"
	}
	return clean(mode)
}

func (r missingRecord) line(s style, columns int) string {
	text := fmt.Sprintf("missing: %s: %s", clean(r.Mailbox), missingWords(r.Reason))
	if columns == 0 && r.Error != "" {
		text += ": " + clean(shortText(r.Error))
	}
	return r.notice(s, columns, s.yellow, "!", text+", next try in "+milliseconds(r.RetryInMS))
}

func missingWords(reason string) string {
	switch reason {
	case "nonexistent":
		return "there is no such mailbox any more"
	case "unselectable":
		return "it holds other mailboxes only"
	case "forbidden":
		return "we are not allowed to read it"
	case "refused":
		return "the server does not open it"
	case "contradictory":
		return "what the server says of it cannot be true"
	}
	return clean(reason)
}

func (r renamedRecord) line(s style, columns int) string {
	return r.notice(s, columns, s.yellow, "→", fmt.Sprintf("renamed: %s is called %s now", clean(r.Mailbox), clean(r.To)))
}

func (r staleRecord) line(s style, columns int) string {
	return r.notice(s, columns, s.yellow, "!", fmt.Sprintf("stale: %s could not be looked at for %s, mail may be waiting there",
		clean(r.Mailbox), milliseconds(r.ForMS)))
}

func (r recoveredRecord) line(s style, columns int) string {
	return r.notice(s, columns, s.green, "●", fmt.Sprintf("recovered: %s is looked at again, after %s",
		clean(r.Mailbox), milliseconds(r.AfterMS)))
}

func (r resetRecord) line(s style, columns int) string {
	text := fmt.Sprintf("reset: %s has a new UIDVALIDITY, %d in place of %d, policy %s",
		clean(r.Mailbox), r.UIDValidity, r.OldUIDValidity, clean(r.Policy))
	if r.Known+r.New > 0 {
		text += fmt.Sprintf(": %d known, %d new", r.Known, r.New)
	}
	return r.notice(s, columns, s.yellow, "!", text)
}

func (r skippedRecord) line(s style, columns int) string {
	what, paint := skippedWords(r.Reason), s.dim
	if r.Reason == reasonCommand {
		what, paint, columns = clean(r.Error), s.red, 0 // it is never cut, as alerts are not
	}
	return r.notice(s, columns, paint, "✗", fmt.Sprintf("skipped: %s #%s: %s", clean(r.Mailbox), clean(r.UIDs), what))
}

func skippedWords(reason string) string {
	switch reason {
	case "expunged":
		return "gone before they were looked at, if they ever were there"
	case "baseline":
		return "there when the mailbox was rebuilt"
	}
	return clean(reason)
}

func (r alertRecord) line(s style, columns int) string {
	// An alert is never cut: the user must be shown it.
	return r.notice(s, 0, s.red, "!", "alert: "+clean(r.Text))
}

func (r authFailedRecord) line(s style, columns int) string {
	return r.notice(s, columns, s.red, "!", fmt.Sprintf("auth_failed: the login was refused %s, next try in %s: %s",
		times(r.Refusals, ""), milliseconds(r.RetryInMS), clean(strings.TrimSpace(r.Help+" "+r.Error))))
}

func (r reauthorizeRecord) line(s style, columns int) string {
	return r.notice(s, columns, s.red, "!", "reauthorize: sign in again, there will be no token before: "+clean(r.Error))
}

func (r faultRecord) line(s style, columns int) string {
	if columns == 0 {
		return r.notice(s, 0, s.red, "", "fault: "+clean(r.Words))
	}
	return r.notice(s, columns, s.red, "⚡", clean(r.Words))
}

func (r crowdRecord) line(s style, columns int) string {
	first, last := r.all[0], r.all[len(r.all)-1]
	text := fmt.Sprintf("%d messages: %s to #%d", len(r.all), first.where(), last.UID)
	return first.notice(s, columns, func(text string) string { return text }, "✉", text)
}

// names are those of mailboxes, or how many there are.
func names(mailboxes []string) string {
	if len(mailboxes) > 3 {
		return fmt.Sprintf("%d mailboxes", len(mailboxes))
	}
	return clean(strings.Join(mailboxes, ", "))
}

func milliseconds(ms int64) string { return roundTime(time.Duration(ms) * time.Millisecond) }
