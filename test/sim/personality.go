package sim

import (
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// personality is a kind of server.
type personality struct {
	options func() *imaptest.Options
	tells   bool          // also to those who come back, what is gone: QRESYNC
	slack   time.Duration // how much longer it may take until all is well again, because of its limits
	dials   int           // how many times as often one has to connect; 0: once
}

// without is a server that lacks some capabilities.
func without(o imaptest.Options, names string) personality {
	return personality{options: func() *imaptest.Options {
		o := o
		o.Without = strings.Fields(names)
		return &o
	}}
}

// personalities are the servers that there are: those that lack something, and
// those of providers.
var personalities = map[string]personality{
	"full":      {options: func() *imaptest.Options { return &imaptest.Options{} }, tells: true},
	"push":      {options: func() *imaptest.Options { return &imaptest.Options{PushAlways: true} }, tells: true},
	"forgetful": {options: func() *imaptest.Options { return &imaptest.Options{Removals: 3} }, tells: true},
	"amnesic":   {options: func() *imaptest.Options { return &imaptest.Options{Removals: -1} }, tells: true},
	"qresync":   {options: without(imaptest.Options{IdleKeepalive: 2 * time.Minute}, "NOTIFY OBJECTID").options, tells: true},
	"limited":   without(imaptest.Options{MessageLimit: 7}, "NOTIFY QRESYNC"),
	"condstore": without(imaptest.Options{}, "NOTIFY QRESYNC OBJECTID"),
	"objects":   without(imaptest.Options{PushAlways: true}, "NOTIFY QRESYNC CONDSTORE"),
	"noidle":    without(imaptest.Options{}, "IDLE NOTIFY QRESYNC OBJECTID"),
	"plain":     without(imaptest.Options{}, "NOTIFY QRESYNC CONDSTORE OBJECTID ESEARCH UIDPLUS MOVE LIST-STATUS ENABLE UNSELECT"),
	"quiet":     without(imaptest.Options{QuietCapabilities: true}, "NOTIFY"),

	"gmail":    {options: imaptest.Gmail},
	"yahoo":    {options: imaptest.Yahoo, slack: time.Hour},
	"exchange": {options: imaptest.Exchange, slack: time.Hour},
	"icloud":   {options: imaptest.ICloud},
	"netease":  {options: imaptest.NetEase, slack: time.Hour, dials: 3},
	"qq":       {options: imaptest.QQ},
	"yandex":   {options: imaptest.Yandex, slack: 5 * time.Hour, dials: 3},
	"naver":    {options: imaptest.Naver},
	"rambler":  {options: imaptest.Rambler, slack: time.Hour, dials: 3},
	"dovecot":  {options: imaptest.Dovecot, slack: time.Hour, tells: true},
	"courier":  {options: imaptest.Courier, slack: time.Hour},
}
