package watch

import (
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
)

// where a refusal was met.
type where uint8

const (
	atLogin   where = 1 << iota // NO or BAD to LOGIN or AUTHENTICATE
	atCommand                   // NO or BAD to another command
	atBye                       // BYE, or a greeting that is a refusal
	anywhere  = atLogin | atCommand | atBye
)

// refusalRow says what a refusal means.
type refusalRow struct {
	where where
	code  imap.Code // "": any, and none
	words string    // in the text, in lower case; "": any
	class Class
	doubt bool   // it is ClassCredential if it lasts
	crowd bool   // there are too many connections
	who   string // whose words these are
	sure  byte   // A: the RFC's or the provider's own documentation; B: seen in logs and source code; C: hearsay
	link  string
}

// refusalRows is what is known. The first row that fits counts: the words that
// say something else than their code first, then the codes, then the words.
//
// imap knows some of these too (imap.ErrThrottled and so on), to tell callers
// what a refusal is about; here it is what to do next.
var refusalRows = []refusalRow{
	// Words that outweigh a code.
	{anywhere, "", "authenticated but not connected", ClassLimit, true, true, "Exchange", 'B', "https://github.com/jstedfast/MailKit/issues/1494"},
	{atLogin, "", "account is abnormal, service is not open, password is incorrect", ClassCredential, false, false, "QQ", 'B', "https://github.com/chengazhen/cursor-auto-free/issues/294"},
	{atLogin | atBye, "", "bad auth attempts", ClassCredential, false, false, "Yahoo", 'C', ""},
	{atLogin | atBye, "", "too many login attempts", ClassCredential, false, false, "Proton", 'B', "https://github.com/ProtonMail/gluon/pull/349"},
	{atLogin | atBye, "", "too many failed login", ClassCredential, false, false, "", 'C', ""},
	{atLogin | atBye, "", "too many authentication failures", ClassCredential, false, false, "", 'C', ""},
	{atLogin | atBye, "", "too many invalid login", ClassCredential, false, false, "", 'C', ""},
	{atBye, "", "intrusion prevention active", ClassLimit, false, false, "IceWarp", 'B', "https://github.com/jstedfast/MailKit/issues/1073"},
	{atBye, "", "too many invalid", ClassDefect, false, false, "Dovecot", 'B', "https://github.com/cypht-org/cypht/issues/282"},
	{atCommand, "", "command received in invalid state", ClassOutage, false, false, "Exchange", 'B', "https://github.com/imapsync/imapsync/issues/250"},
	{atCommand | atBye, "", "accesstokenexpired", ClassOutage, false, false, "Exchange", 'B', "https://github.com/iroco-co/aioimaplib/issues/83"},

	// Too much.
	{anywhere, "", "suggested backoff time", ClassLimit, false, false, "Exchange", 'B', "https://github.com/ikvk/imap_tools/issues/135"},
	{anywhere, "", "request is throttled", ClassLimit, false, false, "Exchange", 'B', "https://github.com/ikvk/imap_tools/issues/135"},
	{atLogin | atBye, "", "server unavailable. 15", ClassOutage, false, false, "Exchange", 'B', "https://github.com/mscdex/node-imap/issues/561"},
	{atCommand, "", "server unavailable. 15", ClassLimit, false, false, "Exchange", 'B', "https://github.com/lefcha/imapfilter/issues/146"},
	{anywhere, "", "too many simultaneous connections", ClassLimit, false, true, "Gmail", 'A', "https://mikeboers.com/blog/2014/10/14/google-status"},
	{anywhere, "", "maximum number of connections", ClassLimit, false, true, "Dovecot", 'A', "https://github.com/mscdex/node-imap/issues/606"},
	{anywhere, "", "too many concurrent", ClassLimit, false, true, "Stalwart", 'C', ""},
	{anywhere, "", "too many open connections", ClassLimit, false, true, "Cyrus", 'C', ""},
	{anywhere, "", "too many connections", ClassLimit, false, true, "", 'B', "https://github.com/postalsys/imapflow/issues/75"},
	{anywhere, "", "connection limit", ClassLimit, false, true, "", 'C', ""},
	{anywhere, "", "too many sessions", ClassLimit, false, true, "", 'C', ""},
	{anywhere, "", "minute limit for logins", ClassLimit, false, false, "Fastmail", 'B', "https://github.com/tdaniel1925/eezmail"},
	{anywhere, "", "rate limit", ClassLimit, false, false, "Yahoo", 'B', "https://github.com/postalsys/imapflow/issues/75"},
	{anywhere, "", "bandwidth limit", ClassLimit, false, false, "Gmail", 'B', "https://github.com/ljmerza/ha-email-sensor/issues/16"},
	{anywhere, "", "throttled", ClassLimit, false, false, "Gmail", 'B', ""},
	{anywhere, "", "too many requests", ClassLimit, false, false, "Stalwart", 'C', ""},
	{anywhere, "", "too many", ClassLimit, false, false, "", 'C', ""},
	{anywhere, imap.CodeLimit, "", ClassLimit, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},
	{anywhere, imap.CodeOverQuota, "", ClassLimit, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},

	// Codes that say that it passes, whatever the words.
	{anywhere, imap.CodeUnavailable, "", ClassOutage, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},
	{anywhere, imap.CodeServerBug, "", ClassOutage, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},
	{anywhere, imap.CodeInUse, "", ClassOutage, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},
	{atCommand, imap.CodeClientBug, "", ClassDefect, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},

	// TLS.
	{anywhere, imap.CodePrivacyRequired, "", ClassPermanent, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},
	{atLogin, "", "plaintext authentication disallowed", ClassPermanent, false, false, "Dovecot", 'B', "https://github.com/dovecot/core"},
	{atLogin, "", "login only available under a layer", ClassPermanent, false, false, "Cyrus", 'C', ""},
	{atLogin, "", "no mechanism available", ClassPermanent, false, false, "Cyrus", 'C', ""},

	// Codes that say that it does not pass.
	{atLogin | atBye, imap.CodeAuthenticationFailed, "", ClassCredential, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},
	{atLogin | atBye, imap.CodeExpired, "", ClassCredential, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},
	{anywhere, imap.CodeAuthorizationFailed, "", ClassCredential, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},
	{anywhere, imap.CodeContactAdmin, "", ClassCredential, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},
	{anywhere, imap.CodeNoPerm, "", ClassCredential, false, false, "", 'A', "https://www.rfc-editor.org/rfc/rfc5530#section-3"},
	{atLogin, "WEBALERT", "", ClassCredential, false, false, "Gmail", 'B', "https://support.google.com/mail/accounts/answer/78754"},

	// What somebody has to do, in words.
	{atLogin, "", "application-specific password", ClassCredential, false, false, "Gmail", 'A', "https://support.google.com/accounts/answer/185833"},
	{atLogin, "", "application password", ClassCredential, false, false, "Mail.ru", 'B', "https://github.com/thunderbird/thunderbird-android/issues/9069"},
	{atLogin, "", "parol prilozheniya", ClassCredential, false, false, "Mail.ru", 'B', "https://github.com/thunderbird/thunderbird-android/issues/9069"},
	{atLogin, "", "app password", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "authorized code", ClassCredential, false, false, "QQ", 'B', "https://github.com/pandolia/qqbot/issues/139"},
	{atLogin, "", "authorization code", ClassCredential, false, false, "QQ", 'B', "https://github.com/YMFE/yapi/issues/2219"},
	{atLogin, "", "via your web browser", ClassCredential, false, false, "Gmail", 'A', "https://support.google.com/mail/accounts/answer/78754"},
	{atLogin, "", "web login required", ClassCredential, false, false, "Gmail", 'B', "https://support.google.com/mail/accounts/answer/78754"},
	{atLogin, "", "account is blocked", ClassCredential, false, false, "Exchange", 'B', ""},
	{atLogin, "", "verify your account", ClassCredential, false, false, "Yahoo", 'B', ""},
	{atLogin, "", "not enabled for imap use", ClassCredential, false, false, "Gmail", 'A', "https://github.com/dinhvh/libetpan"},
	{atLogin, "", "yet to enable imap", ClassCredential, false, false, "Zoho", 'C', ""},
	{atLogin, "", "imap is disabled", ClassCredential, false, false, "Yandex", 'B', "https://github.com/Foundry376/Mailspring/issues/2111"},
	{atLogin, "", "imap access is disabled", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "basicauthblocked", ClassCredential, false, false, "Exchange", 'C', ""},
	{atLogin, "", "account is locked", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "account locked", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "account is disabled", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "account disabled", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "suspended", ClassCredential, false, false, "", 'C', ""},
	{atCommand, "", "unsafe login", ClassCredential, false, false, "Coremail", 'B', "https://github.com/pimalaya/himalaya/issues/651"},

	// It passes, in words.
	{anywhere, "", "temporar", ClassOutage, false, false, "", 'B', "https://github.com/docker-mailserver/docker-mailserver/issues/1534"},
	{anywhere, "", "try again later", ClassOutage, false, false, "", 'B', "https://github.com/smiley22/S22.Imap/issues/98"},
	{anywhere, "", "unavailable", ClassOutage, false, false, "Exchange", 'B', "https://github.com/mscdex/node-imap/issues/561"},
	{anywhere, "", "not available", ClassOutage, false, false, "Yahoo", 'B', "https://github.com/LukeSmithxyz/mutt-wizard/issues/764"},
	{anywhere, "", "system error", ClassOutage, false, false, "Gmail", 'B', "https://github.com/lefcha/imapfilter/issues/22"},
	{anywhere, "", "server error", ClassOutage, false, false, "Yahoo", 'B', "https://github.com/smiley22/S22.Imap/issues/98"},
	{anywhere, "", "internal error", ClassOutage, false, false, "Dovecot", 'B', "https://github.com/dovecot/core"},
	{anywhere, "", "internal login failure", ClassOutage, false, false, "Dovecot", 'B', "https://github.com/dovecot/core"},
	{atLogin, "", "lookup failed", ClassOutage, false, false, "Gmail", 'C', ""},
	{atLogin, "", "generic failure", ClassOutage, false, false, "Cyrus", 'C', ""},
	{anywhere, "", "maintenance", ClassOutage, false, false, "", 'C', ""},
	{anywhere, "", "system is busy", ClassOutage, false, false, "Coremail", 'B', "https://github.com/chengazhen/cursor-auto-free/issues/294"},
	{anywhere, "", "timed out", ClassOutage, false, false, "", 'C', ""},

	// The login is wrong, in words.
	{atLogin, "", "invalid credentials", ClassCredential, false, false, "Gmail", 'B', "https://github.com/mscdex/node-imap/issues/826"},
	{atLogin, "", "authentication failed", ClassCredential, false, false, "GMX", 'B', "https://github.com/thunderbird/thunderbird-android/issues/5780"},
	{atLogin, "", "authentication failure", ClassCredential, false, false, "Cyrus", 'C', ""},
	{atLogin, "", "authenticate failed", ClassCredential, false, false, "Exchange", 'B', "https://github.com/jstedfast/MailKit/issues/690"},
	{atLogin, "", "login failed", ClassCredential, false, false, "Exchange", 'B', "https://github.com/domainaware/parsedmarc/issues/506"},
	{atLogin, "", "login fail", ClassCredential, false, false, "QQ", 'B', "https://github.com/YMFE/yapi/issues/2219"},
	{atLogin, "", "logon failed", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "login error", ClassCredential, false, false, "Coremail", 'B', "https://github.com/chengazhen/cursor-auto-free/issues/294"},
	{atLogin, "", "login incorrect", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "login denied", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "incorrect password", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "password error", ClassCredential, false, false, "Coremail", 'C', ""},
	{atLogin, "", "wrong password", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "bad password", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "password expired", ClassCredential, false, false, "Dovecot", 'B', "https://github.com/dovecot/core"},
	{atLogin, "", "username or password", ClassCredential, false, false, "Gmail", 'B', "https://github.com/mscdex/node-imap/issues/826"},
	{atLogin, "", "user name or password", ClassCredential, false, false, "hMailServer", 'C', ""},
	{atLogin, "", "invalid login", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "invalid user", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "invalid password", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "user not found", ClassCredential, false, false, "Cyrus", 'C', ""},
	{atLogin, "", "no such user", ClassCredential, false, false, "Proton", 'C', ""},
	{atLogin, "", "unknown user", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "access denied", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "permission denied", ClassCredential, false, false, "", 'C', ""},
	{atLogin, "", "invalid sasl argument", ClassCredential, false, false, "Gmail", 'B', ""},
}

// rowFor returns the row that a refusal fits, or nil.
func rowFor(w where, code imap.Code, text string) *refusalRow {
	text = strings.ToLower(text)
	for i := range refusalRows {
		r := &refusalRows[i]
		if r.where&w != 0 && (r.code == "" || r.code == code) && strings.Contains(text, r.words) {
			return r
		}
	}
	return nil
}
