package imaptest

import (
	"strings"
	"time"
)

// NetEase is Coremail as 163.com, 126.com and yeah.net run it: no IDLE, no
// UIDNEXT, no SELECT without ID; a session ends after a minute in which nothing
// but NOOP was said.
func NetEase() *Options {
	return &Options{
		Greeting:          "OK Coremail System IMap Server Ready(163com[10774b260cc7a37d26d71b52404dcf5c])",
		ID:                []string{"name", "Coremail", "vendor", "NetEase", "version", "1.0"},
		IDFirst:           "SELECT Unsafe Login. Please contact kefu@188.com for help",
		Offers:            strings.Fields("IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ UIDPLUS X-CM-EXT-1"),
		AppendLimit:       71680000,
		QuietCapabilities: true,
		Habits:            &Faults{NoUIDNext: true},
		Limits: Limits{
			Inactive: time.Minute, InactiveBye: "Autologout; idle for too long", NoopIsNone: true,
		},
	}
}

// QQ is QQ Mail: IDLE goes mute after 15 minutes.
func QQ() *Options {
	return &Options{
		GreetingText: "QQMail XMIMAP4Server ready",
		ID:           []string{},
		Mechanisms:   []string{"PLAIN", "LOGIN", "XOAUTH2"},
		Early:        strings.Fields("IMAP4 IMAP4rev1 ID NAMESPACE"),
		Offers:       strings.Fields("IMAP4 IMAP4rev1 MOVE IDLE NAMESPACE CHILDREN ID UIDPLUS"),
		Habits:       &Faults{MuteIdleAfter: 15 * time.Minute},
	}
}

// Yandex is Yandex Mail: an IDLE ends at random after two to ten minutes, and
// more than five logins in five minutes lock the user for an hour.
func Yandex() *Options {
	return &Options{
		GreetingText: "Yandex IMAP4rev1 at iva8-67ee3f28ad46.qloud-c.yandex.net:993 ready to talk with 192.0.2.1:36902",
		ID:           []string{},
		Mechanisms:   []string{"PLAIN", "XOAUTH2"},
		Early:        strings.Fields("IMAP4rev1 CHILDREN UNSELECT LITERAL+ NAMESPACE UIDPLUS ENABLE ID IDLE MOVE"),
		Offers:       strings.Fields("IMAP4rev1 CHILDREN UNSELECT LITERAL+ NAMESPACE UIDPLUS ENABLE ID IDLE MOVE"),
		Limits: Limits{
			IdleMin: 2 * time.Minute, IdleMax: 10 * time.Minute, IdleBye: "Autologout; idle for too long",
			Logins: 5, Within: 5 * time.Minute, Lock: time.Hour,
			LoginsText: "[AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled",
		},
	}
}

// Naver is Naver Mail: what is new shows when the mailbox is selected, and at no
// other time.
func Naver() *Options {
	return &Options{
		GreetingText: "Naver IMAP4 server ready",
		ID:           []string{},
		Offers:       strings.Fields("IMAP4rev1 ID IDLE NAMESPACE UIDPLUS UNSELECT CHILDREN LITERAL+"),
		Habits:       &Faults{HoldUntilSelect: true},
	}
}

// Rambler is Rambler Mail: an IDLE of 58 seconds, and the connection is dead.
func Rambler() *Options {
	return &Options{
		GreetingText: "IMAP server ready",
		ID:           []string{},
		Offers:       strings.Fields("IMAP4rev1 ID IDLE NAMESPACE UIDPLUS UNSELECT CHILDREN LITERAL+"),
		Limits:       Limits{IdleMin: 58 * time.Second, IdleMax: 58 * time.Second, IdleSwallow: true},
	}
}

// Dovecot is Dovecot 2.3 as most providers run it: NOTIFY and QRESYNC, "Still
// here" every two minutes, 10 sessions a user.
func Dovecot() *Options {
	early := "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+"
	return &Options{
		GreetingText:   "Dovecot ready.",
		ID:             []string{"name", "Dovecot"},
		Early:          strings.Fields(early),
		Offers:         strings.Fields(early + " SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW STATUS=SIZE SAVEDATE NOTIFY SPECIAL-USE"),
		IdleKeepalive:  2 * time.Minute,
		MaxLine:        64 << 10,
		MaxConnections: 10,
		Limits: Limits{
			Inactive: 30 * time.Minute, InactiveBye: "Disconnected for inactivity.", IdleIsActive: true,
			TooMany: "[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
		},
	}
}

// Cyrus is Cyrus IMAP 3.8: QRESYNC, OBJECTID, no NOTIFY; whose mailbox is deleted
// gets a BYE with the next command.
func Cyrus() *Options {
	early := "IMAP4rev1 LITERAL+ ID ENABLE SASL-IR"
	return &Options{
		GreetingText: "mail.example.org Cyrus IMAP 3.8.4 server ready",
		ID:           []string{"name", "Cyrus IMAPD", "version", "3.8.4", "vendor", "Project Cyrus"},
		Early:        strings.Fields(early),
		Offers:       strings.Fields(early + " ACL RIGHTS=kxte QUOTA NAMESPACE UIDPLUS UNSELECT CHILDREN MULTIAPPEND BINARY CATENATE CONDSTORE ESEARCH ESORT SORT SORT=DISPLAY THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS LIST-METADATA WITHIN QRESYNC MOVE SPECIAL-USE CREATE-SPECIAL-USE OBJECTID STATUS=SIZE SAVEDATE PREVIEW METADATA URLAUTH URLAUTH=BINARY SEARCHRES COMPRESS=DEFLATE IDLE"),
		Habits:       &Faults{Evict: EvictLate},
		Limits:       Limits{Inactive: 32 * time.Minute, InactiveBye: "idle for too long"},
	}
}

// Courier is Courier-IMAP: no ID, no CONDSTORE; IDLE and NAMESPACE are offered
// after login only.
func Courier() *Options {
	early := "IMAP4rev1 UIDPLUS CHILDREN THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA"
	return &Options{
		GreetingText: "Courier-IMAP ready. Copyright 1998-2018 Double Precision, Inc.  See COPYING for distribution information.",
		Early:        strings.Fields(early),
		Offers:       strings.Fields(early + " NAMESPACE IDLE ACL ACL2=UNION"),
		MaxLine:      16000,
		Limits:       Limits{Inactive: 30 * time.Minute, InactiveBye: "Disconnected for inactivity."},
	}
}
