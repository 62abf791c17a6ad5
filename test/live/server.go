package live

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

//go:embed certify.sh
var certifyScript []byte

//go:embed guard.sh
var guardScript []byte

//go:embed common.sh
var commonScript []byte

// How the start scripts end.
const (
	exitUnusable = 3
	exitRunning  = 4
	exitTaken    = 5
)

// Password is every user's password, on every server of this package.
const Password = "pass"

// A Server is a private server with its own directory, its own ports on
// loopback and its own certificate authority. It ends with its test, and with the
// process.
//
// Stop, Start, Restart, Pause, Resume, Append and Command belong on the goroutine of the test, since
// they may end it; the others may be used by any goroutine.
type Server struct {
	tb      TB
	name    string // for people
	script  string // its scripts are start-script.sh and stop-script.sh
	log     string // file in dir
	env     []string
	dir     string
	pid     int // of its first process, which leads a process group of its own
	port    int
	tlsPort int
}

// start makes the directory, with the scripts and what is appended to the
// configuration, and starts the server.
func (d *Server) start(extraConf string, start, stop []byte) {
	d.tb.Helper()
	if runtime.GOOS != "linux" {
		d.tb.Skipf("live servers run on Linux only")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		missing(d.tb, "no bash: apt-get install bash")
	}
	dir, err := os.MkdirTemp(cmp.Or(base(), shortTemp()), "idlewild-")
	if err != nil {
		d.tb.Fatalf("live: %v", err)
	}
	d.dir = dir
	d.tb.Cleanup(d.cleanup)
	d.write("start-"+d.script+".sh", start)
	d.write("stop-"+d.script+".sh", stop)
	d.write("certify.sh", certifyScript)
	d.write("guard.sh", guardScript)
	d.write("common.sh", commonScript)
	d.write("extra.conf", []byte(extraConf))
	d.Start()
}

// shortTemp is the directory for temporary files, or one with a shorter name:
// those of unix sockets are limited.
func shortTemp() string {
	if dir := os.TempDir(); len(dir) <= 40 {
		return dir
	}
	return "/tmp"
}

// Start starts the server after Stop, with the mail and on the ports it had. It
// does nothing to a server that runs.
func (d *Server) Start() {
	d.tb.Helper()
	// A port may be taken between being picked and being bound. The first time
	// any other will do; later we wait for whoever has ours, an outgoing
	// connection most likely, to let go of it.
	deadline := time.Now().Add(time.Minute)
	for {
		out, status, err := d.run("start-"+d.script+".sh", strconv.Itoa(d.port), strconv.Itoa(d.tlsPort))
		switch {
		case err == nil:
			d.readEnv()
			return
		case status == exitUnusable:
			missing(d.tb, "%s", out)
			return
		case status == exitTaken && time.Now().Before(deadline):
			time.Sleep(100 * time.Millisecond)
		default:
			d.tb.Fatalf("live: %v: %s", err, out)
			return
		}
	}
}

// Stop ends the server and every connection to it. The mail stays. It does
// nothing to a server that does not run.
func (d *Server) Stop() {
	d.tb.Helper()
	if out, _, err := d.run("stop-" + d.script + ".sh"); err != nil {
		d.tb.Fatalf("live: %v: %s", err, out)
	}
}

// Restart is Stop and Start.
func (d *Server) Restart() {
	d.tb.Helper()
	d.Stop()
	d.Start()
}

// Pause holds all processes of the server where they are (SIGSTOP): connections
// stay, and are made, since the kernel does that, but nobody answers on them.
func (d *Server) Pause() {
	d.tb.Helper()
	d.signal("STOP")
}

// Resume lets them go on after Pause. Stop does so too.
func (d *Server) Resume() {
	d.tb.Helper()
	d.signal("CONT")
}

func (d *Server) signal(name string) {
	d.tb.Helper()
	if d.pid <= 1 {
		d.tb.Fatalf("live: %s was never started", d.name)
	}
	if out, err := exec.Command("kill", "-s", name, "--", "-"+strconv.Itoa(d.pid)).CombinedOutput(); err != nil {
		d.tb.Fatalf("live: %s: %v: %s", d.name, err, out)
	}
}

// Host is the address to dial, 127.0.0.1. The certificate is for it and for
// localhost.
func (d *Server) Host() string { return "127.0.0.1" }

// Port is where the server talks plain text and STARTTLS.
func (d *Server) Port() int { return d.port }

// TLSPort is where the server talks TLS from the first byte.
func (d *Server) TLSPort() int { return d.tlsPort }

// Addr is Host and Port, for net.Dial.
func (d *Server) Addr() string { return net.JoinHostPort(d.Host(), strconv.Itoa(d.port)) }

// TLSAddr is Host and TLSPort, for tls.Dial.
func (d *Server) TLSAddr() string { return net.JoinHostPort(d.Host(), strconv.Itoa(d.tlsPort)) }

// CAFile is a PEM file with the only authority to trust.
func (d *Server) CAFile() string { return filepath.Join(d.dir, "tls", "ca.pem") }

// TLSConfig trusts the server and nobody else.
func (d *Server) TLSConfig() *tls.Config {
	d.tb.Helper()
	pem, err := os.ReadFile(d.CAFile())
	if err != nil {
		d.tb.Fatalf("live: %v", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		d.tb.Fatalf("live: no certificate in %s", d.CAFile())
	}
	return &tls.Config{RootCAs: pool, ServerName: d.Host()}
}

// Log is what the server has logged.
func (d *Server) Log() string {
	data, err := os.ReadFile(filepath.Join(d.dir, d.log))
	if err != nil {
		return err.Error()
	}
	return string(data)
}

func (d *Server) cleanup() {
	if d.tb.Failed() {
		lines := strings.Split(d.Log(), "\n")
		d.tb.Logf("the end of %s's log:\n%s", d.name, strings.Join(lines[max(0, len(lines)-30):], "\n"))
	}
	if out, _, err := d.run("stop-" + d.script + ".sh"); err != nil {
		d.tb.Logf("live: %v: %s", err, out)
	}
	if err := os.RemoveAll(d.dir); err != nil {
		d.tb.Logf("live: %v", err)
	}
}

// run runs a script on the server's directory and returns what it printed.
func (d *Server) run(script string, args ...string) (out string, status int, err error) {
	cmd := exec.Command("bash", append([]string{filepath.Join(d.dir, script), d.dir}, args...)...)
	cmd.Env = append(os.Environ(),
		"EXTRA_CONF="+filepath.Join(d.dir, "extra.conf"),
		"OWNER="+strconv.Itoa(os.Getpid()))
	cmd.Env = append(cmd.Env, d.env...)
	printed, err := cmd.CombinedOutput()
	out = string(bytes.TrimSpace(printed))
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		status = failed.ExitCode()
	}
	if script == "start-"+d.script+".sh" && status == exitRunning {
		return out, 0, nil
	}
	return out, status, err
}

// readEnv learns the ports from the file that the start script leaves.
func (d *Server) readEnv() {
	d.tb.Helper()
	data, err := os.ReadFile(filepath.Join(d.dir, "env"))
	if err != nil {
		d.tb.Fatalf("live: %v", err)
	}
	for line := range strings.Lines(string(data)) {
		for name, to := range map[string]*int{"PORT": &d.port, "TLS_PORT": &d.tlsPort, "PID": &d.pid} {
			if value, ok := strings.CutPrefix(line, name+"="); ok {
				*to, err = strconv.Atoi(strings.TrimSpace(value))
				if err != nil {
					d.tb.Fatalf("live: %s: %v", line, err)
				}
			}
		}
	}
	d.tb.Logf("%s %d on %s, TLS on %s, in %s", d.name, d.pid, d.Addr(), d.TLSAddr(), d.dir)
}

func (d *Server) write(name string, data []byte) {
	d.tb.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), data, 0o644); err != nil {
		d.tb.Fatalf("live: %v", err)
	}
}
