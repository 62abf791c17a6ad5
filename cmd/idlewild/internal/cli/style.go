package cli

import (
	"fmt"
	"strings"
	"time"
)

// What terminals are told (ECMA-48).
const (
	eraseLine = "\r\x1b[2K"
	sgrReset  = "\x1b[0m"
	sgrBold   = "\x1b[1m"
	sgrDim    = "\x1b[2m"
	sgrRed    = "\x1b[31m"
	sgrGreen  = "\x1b[32m"
	sgrYellow = "\x1b[33m"
	sgrCyan   = "\x1b[36m"
)

// style colours text, if it may.
type style struct{ color bool }

func (s style) paint(sgr, text string) string {
	if !s.color || text == "" {
		return text
	}
	return sgr + text + sgrReset
}

func (s style) bold(text string) string   { return s.paint(sgrBold, text) }
func (s style) dim(text string) string    { return s.paint(sgrDim, text) }
func (s style) red(text string) string    { return s.paint(sgrRed, text) }
func (s style) green(text string) string  { return s.paint(sgrGreen, text) }
func (s style) yellow(text string) string { return s.paint(sgrYellow, text) }
func (s style) cyan(text string) string   { return s.paint(sgrCyan, text) }

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
	mailbox, uid := clean(r.Mailbox), fmt.Sprintf(" #%d", r.UID)
	if columns == 0 {
		return strings.Join([]string{r.clock(), mailbox + uid, from, subject}, "  ")
	}
	mailbox = fit(mailbox, mailboxColumns-len(uid)) + uid
	if len(r.Envelope.From) > 0 && r.Envelope.From[0].Name != "" {
		from = clean(r.Envelope.From[0].Name)
	}
	rest := columns - clockColumns - mailboxColumns - fromColumns - 3*2
	if rest < 10 { // a narrow window
		return fit(r.clock()+"  "+from+"  "+subject, columns)
	}
	return s.dim(r.clock()) + "  " + s.cyan(pad(mailbox, mailboxColumns)) + "  " +
		s.bold(pad(from, fromColumns)) + "  " + fit(subject, rest)
}

// notice is the line of an event that is not a message.
func (h head) notice(columns int, paint func(string) string, mark, text string) string {
	if columns == 0 {
		return h.clock() + "  " + text
	}
	return paint(fit(h.clock()+"  "+mark+" "+text, columns))
}

func (r offlineRecord) line(s style, columns int) string {
	text := fmt.Sprintf("offline: %s: %s", clean(r.Mailbox), offlineWords(r.Reason))
	if columns == 0 && r.Error != "" {
		text += ": " + clean(r.Error)
	}
	if retry := time.Duration(r.RetryInMS) * time.Millisecond; retry > 0 {
		text += ", next try in " + roundTime(retry)
	}
	return r.notice(columns, s.yellow, "○", text)
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
	}
	return clean(reason)
}

func (r onlineRecord) line(s style, columns int) string {
	text := fmt.Sprintf("online: %s, by %s", clean(r.Mailbox), clean(r.Mode))
	return r.notice(columns, s.green, "●", text)
}

func (r resetRecord) line(s style, columns int) string {
	text := fmt.Sprintf("reset: %s has a new UIDVALIDITY, %d in place of %d, policy %s",
		clean(r.Mailbox), r.UIDValidity, r.OldUIDValidity, clean(r.Policy))
	return r.notice(columns, s.yellow, "!", text)
}

func (r alertRecord) line(s style, columns int) string {
	// An alert is never cut: the user must be shown it.
	return r.notice(min(columns, 0), s.red, "!", "alert: "+clean(r.Text))
}

// roundTime is a duration as people say it.
func roundTime(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	text := d.Round(time.Second).String()
	if whole, ok := strings.CutSuffix(text, "m0s"); ok {
		return whole + "m"
	}
	return text
}
