package imap

import "time"

// knownServer is a server, or a service, with quirks or limits of its own.
type knownServer struct {
	name     string
	greeting []string // words of the greeting; "*" parts those with something between
	id       []string // words of name, vendor and version in the ID, in lower case
	caps     []string // capabilities that few others have
	hosts    []string // domains
	pace     pace
	quirks   []Quirk
}

// pace is what a server takes at once, and for how long; zeros are the usual.
type pace struct {
	octets   int           // of a command line
	ids      int           // numbers and ranges in a set
	pipeline int           // commands under way
	idle     time.Duration // before IDLE must be renewed
}

// usualOctets is how long a command line may be for a server that is not known
// to take more, or less: RFC 7162 §4 asks for 8192.
const usualOctets = 8000

// with joins two paces; the smaller limit counts.
func (p pace) with(q pace) pace {
	smaller := func(a, b int) int {
		if a == 0 || b != 0 && b < a {
			return b
		}
		return a
	}
	return pace{
		octets: smaller(p.octets, q.octets), ids: smaller(p.ids, q.ids), pipeline: smaller(p.pipeline, q.pipeline),
		idle: time.Duration(smaller(int(p.idle), int(q.idle))),
	}
}

// knownServers has them all; one may be recognized as several.
var knownServers = []knownServer{
	{
		name: "Gmail", greeting: []string{"Gimap ready"}, id: []string{"gimap"}, caps: []string{"X-GM-EXT-1"},
		hosts:  []string{"imap.gmail.com", "imap.googlemail.com"},
		pace:   pace{octets: 16000, idle: 9 * time.Minute},
		quirks: []Quirk{QuirkTrailingDelimiter},
	},
	{
		name: "Exchange", greeting: []string{"The Microsoft Exchange IMAP4 service is ready"}, id: []string{"microsoft.exchange"},
		hosts:  []string{"outlook.office365.com", "outlook.office.com", "imap-mail.outlook.com"},
		pace:   pace{octets: 8000, ids: 1900, pipeline: 25},
		quirks: []Quirk{QuirkFakeLogin},
	},
	{
		name: "Exchange 2003", greeting: []string{"Microsoft Exchange Server 2003 IMAP4rev1", "Microsoft Exchange 2000 IMAP4rev1"},
		pace: pace{octets: 8000, ids: 1900, pipeline: 25}, quirks: []Quirk{QuirkBadNamespace},
	},
	{
		name: "Exchange 2007", greeting: []string{"Microsoft Exchange Server 2007 IMAP4"},
		pace: pace{octets: 8000, ids: 1900, pipeline: 25}, quirks: []Quirk{QuirkFakeLogin},
	},
	{
		name: "iCloud", caps: []string{"XAPPLEPUSHSERVICE"}, id: []string{"icloud"}, hosts: []string{"imap.mail.me.com", "mail.me.com", "imap.mail.icloud.com"},
		quirks: []Quirk{QuirkSilentEnable, QuirkEarlyCapability, QuirkSearchNumbers},
	},
	{
		name: "Yahoo", greeting: []string{"yahoo.com"}, id: []string{"yahoo", "aol"}, caps: []string{"XYMHIGHESTMODSEQ"},
		hosts:  []string{"mail.yahoo.com", "mail.yahoo.co.jp", "imap.aol.com", "imap.aim.com"},
		pace:   pace{octets: 1000, idle: 3 * time.Minute},
		quirks: []Quirk{QuirkBisectFetch, QuirkNoCharset, QuirkExpungeNumbers},
	},
	{
		name: "Coremail", greeting: []string{"Coremail System IMap Server Ready", "Coremail"}, id: []string{"coremail"},
		hosts:  []string{"163.com", "126.com", "188.com", "yeah.net"},
		quirks: []Quirk{QuirkIDBeforeSelect},
	},
	{name: "QQ", greeting: []string{"QQMail"}, id: []string{"qqmail"}, hosts: []string{"imap.qq.com", "imap.exmail.qq.com"}},
	{name: "Yandex", greeting: []string{"Yandex IMAP4rev1"}, id: []string{"yandex"}, hosts: []string{"imap.yandex.ru", "imap.yandex.com", "imap.yandex.net"}},
	{name: "rambler", hosts: []string{"rambler.ru"}, pace: pace{idle: 55 * time.Second}},
	{
		name: "Dovecot", greeting: []string{"Dovecot"}, id: []string{"dovecot"}, pace: pace{octets: 64000},
		quirks: []Quirk{QuirkNotifyUTF8},
	},
	{name: "Courier", greeting: []string{"Courier-IMAP ready"}, id: []string{"courier"}, pace: pace{octets: 16000}},
	{
		name: "Cyrus", greeting: []string{" Cyrus IMAP "}, id: []string{"cyrus"},
		quirks: []Quirk{QuirkDeleteSelected, QuirkNoPlusTLS13},
	},
	{
		name: "Cyrus 2.4", greeting: []string{" Cyrus IMAP *v2.4.", " Cyrus IMAP *v2.3."}, id: []string{"cyrus*v2.4.", "cyrus*v2.3."},
		quirks: []Quirk{QuirkBadESearch, QuirkBadLiteral8},
	},
	{
		name: "UW IMAP", greeting: []string{" IMAP4rev1 200*.", " Panda IMAP "}, id: []string{"uw-imap", "panda imap"},
		pace: pace{octets: 1000},
	},
	{name: "Hermes", greeting: []string{"Hermes"}, quirks: []Quirk{QuirkBadNamespace}},
	{name: "FTGate", greeting: []string{"FTGate"}, quirks: []Quirk{QuirkBadUIDPlus}},
	{name: "strato", hosts: []string{"imap.strato.de", "imap.strato.com"}, quirks: []Quirk{QuirkBadListExtended}},
}
