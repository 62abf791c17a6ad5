package imaptest

import (
	"strings"
	"time"
)

// Personality is a server that behaves as a provider's, or as a product, is known
// to: how it greets, what it offers, how long it lets a session live and how many
// there may be, and where it is odd. Mailboxes and users are the test's.
//
// What is known comes from the providers' own pages, from the code of other
// clients and from their bug reports, so a personality is what a client has to be
// ready for, not a promise of what the provider does today.
type Personality struct {
	Name    string
	Host    string // by which clients know the provider
	Options func() *Options
}

// Personalities returns all there are.
func Personalities() []Personality {
	return []Personality{
		{"Gmail", "imap.gmail.com", Gmail},
		{"Yahoo", "imap.mail.yahoo.com", Yahoo},
		{"Exchange", "outlook.office365.com", Exchange},
		{"iCloud", "imap.mail.me.com", ICloud},
		{"NetEase", "imap.163.com", NetEase},
		{"QQ", "imap.qq.com", QQ},
		{"Yandex", "imap.yandex.com", Yandex},
		{"Naver", "imap.naver.com", Naver},
		{"Rambler", "imap.rambler.ru", Rambler},
		{"Dovecot", "dovecot.example.org", Dovecot},
		{"Courier", "courier.example.org", Courier},
		{"Cyrus", "cyrus.example.org", Cyrus},
	}
}

// Gmail is Gmail: sessions end after a day, and with the token (one hour) if they
// have logged in with one; an IDLE lasts ten minutes; 15 sessions a user.
func Gmail() *Options {
	early := "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR"
	return &Options{
		Greeting:       "OK Gimap ready for requests from 192.0.2.1 d2e1a72fcca58",
		ID:             []string{"name", "GImap", "vendor", "Google, Inc.", "support-url", "https://support.google.com/mail"},
		Mechanisms:     []string{"XOAUTH2", "PLAIN", "OAUTHBEARER"},
		Early:          strings.Fields(early),
		Offers:         strings.Fields("IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 SASL-IR UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE"),
		AppendLimit:    35651584,
		Gmail:          true,
		EightBit:       true,
		MaxLine:        16000,
		MaxConnections: 15,
		Limits: Limits{
			Session: 24 * time.Hour, SessionBye: "Session expired, please login again.",
			Token: time.Hour, TokenBye: "Session expired, please login again.",
			IdleMin: 10 * time.Minute, IdleMax: 10 * time.Minute,
			TooMany: "[ALERT] Too many simultaneous connections. (Failure)",
		},
	}
}

// Yahoo is Yahoo and AOL: IDLE is offered after login only and tells nothing any
// more after three minutes; a command works on 1,000 messages; command lines have
// 1,000 octets; bursts of logins end in [LIMIT] and BYE; 5 sessions a user.
func Yahoo() *Options {
	shared := "IMAP4rev1 ID MOVE NAMESPACE XYMHIGHESTMODSEQ UIDPLUS LITERAL+ CHILDREN UNSELECT CONDSTORE QRESYNC UIDONLY PARTIAL OBJECTID X-MSG-EXT"
	return &Options{
		GreetingText:   "IMAP4rev1 imapgate-2.0.1.2.3 imap.mail.yahoo.com",
		ID:             []string{"vendor", "Yahoo! Inc.", "support-url", "http://help.yahoo.com/"},
		Mechanisms:     []string{"PLAIN", "XOAUTH2", "OAUTHBEARER"},
		Early:          strings.Fields(shared + " SASL-IR MESSAGELIMIT=1000"),
		Offers:         strings.Fields(shared + " ENABLE IDLE ESEARCH"),
		MessageLimit:   1000,
		MaxLine:        1000,
		MaxConnections: 5,
		Habits:         &Faults{MuteIdleAfter: 3 * time.Minute},
		Limits: Limits{
			Logins: 10, Within: time.Minute,
			LoginsText: "[LIMIT] LOGIN Rate limit hit.", LoginsBye: "IMAP4rev1 Server logging out",
			TooMany: "[LIMIT] LOGIN Rate limit hit.",
		},
	}
}

// Exchange is Microsoft 365: no CONDSTORE; EXISTS comes 15 seconds late; sessions
// end half an hour after the last command, and with the token; above 20 sessions
// a login is of no use; 600 commands a minute, then it throttles.
func Exchange() *Options {
	shared := "IMAP4 IMAP4rev1 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
	return &Options{
		Greeting:          "OK The Microsoft Exchange IMAP4 service is ready. [RgBSADMAUAAyADgAMQBDAEEAMAAwADgANQA=]",
		ID:                []string{"name", "Microsoft.Exchange.Imap4.Imap4Server", "version", "15.20"},
		Mechanisms:        []string{"PLAIN", "XOAUTH2"},
		Early:             strings.Fields(shared),
		Offers:            strings.Fields(shared + " MOVE"),
		QuietCapabilities: true,
		MaxLine:           10000,
		MaxConnections:    20,
		Habits:            &Faults{ExistsLag: 15 * time.Second},
		Limits: Limits{
			Inactive: 30 * time.Minute, InactiveBye: "Connection is closed. 13",
			Token: time.Hour, TokenBye: "Session invalidated - AccessTokenExpired",
			TooMany: "User is authenticated but not connected.", FakeLogin: true,
			Commands: 600, CommandsWithin: time.Minute,
			CommandsText: "BAD Request is throttled. Suggested Backoff Time: %d milliseconds",
			Patience:     3, CommandsBye: "Connection closed. 14",
		},
	}
}

// ICloud is iCloud: the capabilities in the greeting and after login are not
// those that it has, ENABLE is answered without ENABLED, VANISHED (EARLIER)
// names messages that are there, and UID SEARCH is answered with sequence numbers
// unless it names UIDs.
func ICloud() *Options {
	return &Options{
		GreetingText:      "(2416B32-9d6e2ee0f95c) p00-imapmail-dbd4b8d5-zrmc2",
		ID:                []string{},
		Mechanisms:        []string{"PLAIN"},
		Early:             strings.Fields("XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 SASL-IR"),
		Offers:            strings.Fields("XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 SASL-IR ACL QUOTA LITERAL+ NAMESPACE UIDPLUS CHILDREN BINARY UNSELECT SORT URLAUTH IDLE ESORT ENABLE CONDSTORE QRESYNC ID ESEARCH"),
		StaleCapabilities: true,
		SilentEnable:      true,
		Habits:            &Faults{Vanished: "1:*", SearchNumbers: true},
	}
}
