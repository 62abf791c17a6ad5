package imap

import (
	"context"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ApplePushRequest asks a server to send notifications of new mail through
// Apple's push service, as iOS's Mail does. All but Version is needed.
type ApplePushRequest struct {
	Version     string // of the protocol; "": "2"
	AccountID   string // a UUID that the client made up for the account
	DeviceToken string // from the push service, in hexadecimal
	Subtopic    string // such as "com.apple.mobilemail"
	Mailboxes   []string
}

// ApplePush is what the server answers.
type ApplePush struct {
	Version string // of the protocol
	Topic   string // under which notifications come
	Other   []IDField
}

// RegisterApplePush asks for push notifications by XAPPLEPUSHSERVICE, which is
// in no RFC: iCloud, Fastmail, and Dovecot and Cyrus with a plugin have it. It
// needs the capability XAPPLEPUSHSERVICE.
func (c *Client) RegisterApplePush(ctx context.Context, req *ApplePushRequest) (*ApplePush, error) {
	if !c.offers("XAPPLEPUSHSERVICE") {
		return nil, &UnsupportedError{Capability: "XAPPLEPUSHSERVICE", What: "RegisterApplePush"}
	}
	if req == nil {
		return nil, &wire.ArgumentError{Kind: "ApplePushRequest", Reason: "there is none"}
	}
	var answer *ApplePush
	k := &call{name: "XAPPLEPUSHSERVICE", foot: footprint{class: classAsk}}
	k.prepare = func() (*wire.Command, error) { return req.command(&c.names), nil }
	gather(k, func(d *ApplePush) bool {
		answer = d
		return true
	}, "XAPPLEPUSHSERVICE")
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, nothingSaid("XAPPLEPUSHSERVICE")
	}
	return answer, nil
}

func (req *ApplePushRequest) command(names *mailboxNames) *wire.Command {
	cmd := wire.NewCommand("XAPPLEPUSHSERVICE")
	version := req.Version
	if version == "" {
		version = "2"
	}
	cmd.AString("aps-version").AString(version)
	cmd.AString("aps-account-id").AString(req.AccountID)
	cmd.AString("aps-device-token").Secret(req.DeviceToken)
	cmd.AString("aps-subtopic").AString(req.Subtopic)
	return cmd.Atom("mailboxes").List(func() {
		for _, name := range req.Mailboxes {
			cmd.AString(names.wire(name))
		}
	})
}

// applePushResponse reads names and values in turn.
func (p *parser) applePushResponse(resp *response) {
	d := new(ApplePush)
	resp.data = d
	for p.r.SkipSP(); p.r.Err() == nil && !p.r.AtEnd(); p.r.SkipSP() {
		switch f := p.idField(); strings.ToLower(f.Name) {
		case "aps-version":
			d.Version = f.Value
		case "aps-topic":
			d.Topic = f.Value
		default:
			if len(d.Other) == p.lim.Items {
				p.r.FailWith(&wire.LimitError{What: "number of fields", Max: uint64(p.lim.Items)})
				return
			}
			d.Other = append(d.Other, f)
		}
	}
}
