// Command sync keeps a list of the messages of an INBOX in a file, and says what
// has changed since it last ran. It asks only for that where the server can tell
// (QRESYNC), and otherwise compares all of it.
//
//	IDLEWILD_PASSWORD=… go run ./examples/sync imap.example.org alice index.json
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// index is what is known of the mailbox.
type index struct {
	UIDValidity uint32
	ModSeq      uint64 // every change up to it is in Messages; 0: the server has none
	Messages    map[imap.UID]message
}

type message struct {
	Subject string
	Flags   []imap.Flag
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: sync HOST USER FILE")
	}
	ix, err := load(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	if err := run(context.Background(), os.Args[1], os.Args[2], ix); err != nil {
		log.Fatal(err)
	}
	if err := ix.save(os.Args[3]); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(ix.Messages), "messages, up to mod-sequence", ix.ModSeq)
}

func run(ctx context.Context, host, user string, ix *index) error {
	c, err := imap.Dial(ctx, host, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.LoginWith(ctx, sasl.Password(user, os.Getenv("IDLEWILD_PASSWORD"))); err != nil {
		return err
	}
	// What cannot be enabled is no error, but what lacks ENABLE altogether is.
	if _, err := c.Enable(ctx, "QRESYNC"); err != nil && !errors.Is(err, imap.ErrUnsupported) {
		return err
	}
	opts := &imap.SelectOptions{ReadOnly: true}
	if c.Enabled("QRESYNC") && ix.ModSeq > 0 {
		opts.Resync = &imap.Resync{UIDValidity: ix.UIDValidity, ModSeq: ix.ModSeq, Known: ix.uids()}
	}
	inbox, err := c.Select(ctx, "INBOX", opts)
	if err != nil {
		return err
	}
	return ix.update(ctx, inbox)
}

// update brings the index into step with the mailbox.
func (ix *index) update(ctx context.Context, inbox *imap.Mailbox) error {
	state := inbox.State()
	if state.UIDValidity != ix.UIDValidity || state.UIDValidity == 0 { // the UIDs mean other messages now
		*ix = index{UIDValidity: state.UIDValidity, Messages: map[imap.UID]message{}}
	}
	known := ix.uids()
	if r := inbox.Resync(); r != nil && !r.Reset && r.Err == nil {
		ix.remove(r.Vanished)
		for _, m := range r.Changed {
			ix.setFlags(m)
		}
	} else if err := ix.compare(ctx, inbox, known); err != nil {
		return err
	}
	// n:* has the last message even if that is below n.
	news := imap.UIDRange(known.Max()+1, imap.MaxUID)
	for m, err := range inbox.Fetch(ctx, news, &imap.FetchOptions{Flags: true, Envelope: true}) {
		if err != nil {
			return err
		}
		if known.Contains(m.UID) || m.Envelope == nil {
			continue
		}
		fmt.Println("new", m.UID, m.Envelope.Subject)
		ix.Messages[m.UID] = message{m.Envelope.Subject, m.Flags}
	}
	ix.ModSeq = state.HighestModSeq // of before the Fetch: too low costs time, too high would cost changes
	return nil
}

// compare asks for the flags of all messages that are known.
func (ix *index) compare(ctx context.Context, inbox *imap.Mailbox, known imap.UIDSet) error {
	var there []imap.UID
	for m, err := range inbox.Fetch(ctx, known, &imap.FetchOptions{Flags: true}) {
		if err != nil {
			return err
		}
		there = append(there, m.UID)
		ix.setFlags(m)
	}
	ix.remove(known.Without(imap.UIDSetOf(there...)))
	return nil
}

func (ix *index) setFlags(m *imap.Message) {
	old, ok := ix.Messages[m.UID]
	if ok && m.Has(imap.HasFlags) && fmt.Sprint(old.Flags) != fmt.Sprint(m.Flags) {
		fmt.Println("flags", m.UID, m.Flags)
		ix.Messages[m.UID] = message{old.Subject, m.Flags}
	}
}

// remove forgets messages; the server may name some that never were.
func (ix *index) remove(gone imap.UIDSet) {
	for uid := range ix.uids().And(gone).All() {
		fmt.Println("gone", uid, ix.Messages[uid].Subject)
		delete(ix.Messages, uid)
	}
}

func (ix *index) uids() imap.UIDSet {
	var uids []imap.UID
	for uid := range ix.Messages {
		uids = append(uids, uid)
	}
	return imap.UIDSetOf(uids...)
}

func load(file string) (*index, error) {
	ix := &index{}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return ix, nil
	}
	if err != nil {
		return nil, err
	}
	return ix, json.Unmarshal(b, ix)
}

// save replaces the file in one step, so that it is whole at any time.
func (ix *index) save(file string) error {
	b, err := json.Marshal(ix)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
