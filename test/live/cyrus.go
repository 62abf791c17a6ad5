package live

import (
	_ "embed"
	"os"
)

//go:embed start-cyrus.sh
var startCyrus []byte

//go:embed stop-cyrus.sh
var stopCyrus []byte

// Cyrus is a Server with the users user1 to user9 and the administrator cyrus,
// all with Password. Its programs are put in place by install-cyrus.sh.
type Cyrus struct{ Server }

// StartCyrus returns a server that greets; extraConf is appended to imapd.conf.
func StartCyrus(tb TB, extraConf string) *Cyrus {
	tb.Helper()
	if os.Getuid() != 0 {
		tb.Skipf("Cyrus runs as root only")
	}
	d := &Cyrus{Server{tb: tb, name: "Cyrus", script: "cyrus", log: "master.log"}}
	d.start(extraConf, startCyrus, stopCyrus)
	return d
}
