package watch

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// expectedClose is an end of a connection that a server is known to make as a
// matter of course. It is no failure if the connection has lasted: a server that
// says so at once, again and again, is paced like any other.
type expectedClose struct {
	server string        // as imap.Client.Recognized names it; "": any
	words  string        // in the BYE, in lower case; "": it is closed without a word
	after  time.Duration // from being online on
	rest   time.Duration // reconnect after this, or after half of it, or between
	link   string
}

const (
	soon       = 5 * time.Second
	shortLife  = 2 * time.Minute
	normalLife = 5 * time.Minute
)

// expectedCloses are all that are known; the first that fits counts. Yandex
// locks accounts that log in often, so it is left alone for longer.
var expectedCloses = []expectedClose{
	{"Yandex", "autologout", shortLife, 2 * time.Minute, "https://github.com/jstedfast/MailKit/issues/938"},
	{"Yandex", "", shortLife, 2 * time.Minute, "https://github.com/mjs/imapclient/issues/234"},
	{"Exchange", "connection is closed. 13", normalLife, soon, "https://github.com/mscdex/node-imap/issues/561"},
	{"Exchange", "connection closed", 20 * time.Minute, soon, "https://github.com/mjs/imapclient/issues/349"},
	{"Exchange", "", 20 * time.Minute, soon, "https://github.com/mjs/imapclient/issues/349"},
	{"Gmail", "", 45 * time.Minute, soon, "https://developers.google.com/workspace/gmail/imap/imap-smtp"},
	{"Yahoo", "logging out", 30 * time.Minute, soon, "https://github.com/lefcha/imapfilter/issues/316"},
	{"Yahoo", "", 30 * time.Minute, soon, "https://github.com/lefcha/imapfilter/issues/316"},
	{"", "session expired", normalLife, soon, "https://github.com/emailjs/emailjs-imap-client/issues/142"},
	{"", "accesstokenexpired", normalLife, soon, "https://github.com/iroco-co/aioimaplib/issues/83"},
	{"", "token expired", normalLife, soon, ""},
	{"", "autologout", normalLife, soon, "https://github.com/jstedfast/MailKit/issues/938"},
	{"", "auto-logout", normalLife, soon, ""},
	{"", "inactivity", normalLife, soon, "https://github.com/dovecot/core"},
	{"", "idle for too long", normalLife, soon, "https://github.com/jstedfast/MailKit/issues/938"},
	{"", "idle timeout", normalLife, soon, ""},
	{"", "timeout", normalLife, soon, "https://github.com/thunderbird/thunderbird-android/issues/2665"},
	{"", "maximum session", normalLife, soon, ""},
}

// expected returns the row for the end of a connection that was online for so
// long, or nil.
func expected(servers []string, err error, online time.Duration) *expectedClose {
	text, bye := imap.ByeText(err)
	if v := judge(err); v.class != ClassOutage || !bye && (v.reason != ReasonEOF || !errors.Is(err, imap.ErrClosed)) {
		return nil
	}
	text = strings.ToLower(text)
	for i := range expectedCloses {
		e := &expectedCloses[i]
		switch {
		case e.server != "" && !slices.Contains(servers, e.server), online < e.after:
		case bye == (e.words != "") && strings.Contains(text, e.words):
			return e
		}
	}
	return nil
}

// loginRest is the least time from one login to the next on servers that lock
// accounts which log in too often.
func loginRest(servers []string) time.Duration {
	if slices.Contains(servers, "Yandex") {
		return time.Minute // https://github.com/mscdex/node-imap/issues/782: five in minutes were too many
	}
	return 0
}
