package sim

import (
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// personalities are the servers that there are.
var personalities = map[string]func() *imaptest.Options{
	"full":      func() *imaptest.Options { return &imaptest.Options{} },
	"push":      func() *imaptest.Options { return &imaptest.Options{PushAlways: true} },
	"keepalive": func() *imaptest.Options { return &imaptest.Options{IdleKeepalive: 2 * time.Minute} },
	"forgetful": func() *imaptest.Options { return &imaptest.Options{Removals: 3} },
	"gmail": func() *imaptest.Options {
		return &imaptest.Options{Gmail: true, Without: []string{"NOTIFY", "QRESYNC", "OBJECTID", "IMAP4REV2", "MULTISEARCH"}}
	},
	"yahoo": func() *imaptest.Options {
		return &imaptest.Options{MessageLimit: 40, Without: []string{"NOTIFY", "QRESYNC", "IMAP4REV2"}}
	},
	"condstore": func() *imaptest.Options {
		return &imaptest.Options{Without: []string{"NOTIFY", "QRESYNC", "OBJECTID", "IMAP4REV2"}}
	},
	"plain": func() *imaptest.Options {
		return &imaptest.Options{Without: []string{
			"NOTIFY", "QRESYNC", "CONDSTORE", "OBJECTID", "ESEARCH", "UIDPLUS", "MOVE", "LIST-STATUS", "IMAP4REV2", "ENABLE",
		}}
	},
	"noidle": func() *imaptest.Options {
		return &imaptest.Options{Without: []string{"IDLE", "NOTIFY", "QRESYNC", "OBJECTID", "IMAP4REV2"}}
	},
	"quiet": func() *imaptest.Options {
		return &imaptest.Options{QuietCapabilities: true, Without: []string{"NOTIFY"}}
	},
}
