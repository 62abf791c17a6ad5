package live

import (
	_ "embed"
	"strconv"
)

//go:embed start-dovecot.sh
var startDovecot []byte

//go:embed stop-dovecot.sh
var stopDovecot []byte

// Options say what kind of Dovecot. Nil is the same as zero.
type Options struct {
	MailFormat string // "mdbox" if empty, else "sdbox" or "maildir"
	ExtraConf  string // appended to dovecot.conf
	MaxConns   int    // 2000 if zero
}

// Dovecot is a Server on which every user name exists, with Password.
type Dovecot struct{ Server }

// StartDovecot returns a server that greets.
func StartDovecot(tb TB, opts *Options) *Dovecot {
	tb.Helper()
	if opts == nil {
		opts = &Options{}
	}
	d := &Dovecot{Server{tb: tb, name: "Dovecot", script: "dovecot", log: "dovecot.log"}}
	d.env = []string{"MAIL_FORMAT=" + opts.MailFormat}
	if opts.MaxConns > 0 {
		d.env = append(d.env, "MAX_CONNS="+strconv.Itoa(opts.MaxConns))
	}
	d.start(opts.ExtraConf, startDovecot, stopDovecot)
	return d
}
