// Driver puts our client through one workload against a server and measures it.
//
//	driver --addr host:port --user u --pass p --workload W1 [--tls --ca FILE]
//	       [--count N] [--samples N] [--conns N] [--profile FILE]
//
// The last line it prints is JSON. See ../README.md for the workloads.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime/pprof"

	"github.com/idlewild-mail/idlewild/imap"
)

// settings are the command line.
type settings struct {
	addr, user, pass, workload string
	tls                        bool
	ca, profile                string
	count, samples, conns      int
	mailbox                    string // the workload's
}

// result is the line that is printed at the end.
type result map[string]any

// workload is one of the table: the mailbox it reads and what it does.
type workload struct {
	mailbox string
	run     func(context.Context, *settings) (result, error)
}

var workloads = map[string]workload{
	"W1":  {"A", fetchData(imap.FetchOptions{Flags: true, InternalDate: true, Size: true, Envelope: true})},
	"W2":  {"A", fetchData(imap.FetchOptions{Flags: true, InternalDate: true, Size: true, Envelope: true, BodyStructure: true})},
	"W3":  {"B", fetchAllBodies},
	"W4":  {"C", fetchEachBody},
	"W5":  {"A", searchAll},
	"W6":  {"A", noops},
	"W6P": {"A", pipelinedNoops},
	"W7":  {"INBOX", latency},
	"W8":  {"INBOX", manyIdle},
}

func main() {
	var s settings
	flag.StringVar(&s.addr, "addr", "", "server, as host:port")
	flag.StringVar(&s.user, "user", "", "user")
	flag.StringVar(&s.pass, "pass", "", "password")
	flag.StringVar(&s.workload, "workload", "", "W1 W2 W3 W4 W5 W6 W6P W7 W8")
	flag.BoolVar(&s.tls, "tls", false, "TLS from the start")
	flag.StringVar(&s.ca, "ca", "", "certificates to trust in place of the system's, a PEM `file`")
	flag.IntVar(&s.count, "count", 20000, "W6, W6P: how many NOOPs")
	flag.IntVar(&s.samples, "samples", 100, "W7: how many events")
	flag.IntVar(&s.conns, "conns", 1000, "W8: how many connections")
	flag.StringVar(&s.profile, "profile", "", "write a CPU profile of the whole run to a `file`")
	flag.Parse()

	r, err := run(context.Background(), &s)
	if err != nil {
		r = result{"error": err.Error()}
	}
	r["client"], r["workload"] = "idlewild", s.workload
	line, jsonErr := json.Marshal(r)
	if jsonErr != nil {
		fmt.Fprintln(os.Stderr, jsonErr)
		os.Exit(1)
	}
	fmt.Printf("%s\n", line)
	if err != nil {
		os.Exit(1)
	}
}

func run(ctx context.Context, s *settings) (result, error) {
	w, ok := workloads[s.workload]
	if !ok {
		return nil, fmt.Errorf("no workload %q", s.workload)
	}
	s.mailbox = w.mailbox
	if s.profile == "" {
		return w.run(ctx, s)
	}
	f, err := os.Create(s.profile)
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriter(f)
	if err := pprof.StartCPUProfile(out); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r, err := w.run(ctx, s)
	pprof.StopCPUProfile()
	return r, errors.Join(err, out.Flush(), f.Close())
}

// options are those of imap for the command line.
func (s *settings) options() (*imap.Options, error) {
	if !s.tls {
		return &imap.Options{Security: imap.Plaintext, InsecureLogin: true}, nil
	}
	host, _, err := net.SplitHostPort(s.addr)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{ServerName: host}
	if s.ca != "" {
		pem, err := os.ReadFile(s.ca)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("no certificates in %s", s.ca)
		}
	}
	return &imap.Options{Security: imap.TLS, TLSConfig: config}, nil
}

// open connects, logs in and selects the workload's mailbox.
func (s *settings) open(ctx context.Context, o *imap.Options) (*imap.Mailbox, error) {
	c, err := imap.Dial(ctx, s.addr, o)
	if err != nil {
		return nil, err
	}
	if err := c.Login(ctx, s.user, s.pass); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	box, err := c.Select(ctx, s.mailbox, nil)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return box, nil
}
