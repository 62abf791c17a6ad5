package live

import "os/exec"

// Python returns the path of a Python 3 that has imap_tools (and so imaplib),
// for tests that compare a real client with ours or point one at imaptest.
func Python(tb TB) string {
	tb.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import imap_tools").Run() == nil {
			return python
		}
	}
	missing(tb, "no python3 with imap_tools: apt-get install python3-imap-tools")
	return ""
}
