package watchtest

import (
	"cmp"
	"context"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

const defaultMaxBody = 1 << 20

// fetch describes the messages of a step that are there, by UID.
func (p *play) fetch(ctx context.Context, st *step, open *imap.Mailbox) (map[imap.UID]watch.Arrived, error) {
	found := map[imap.UID]watch.Arrived{}
	if st.kind != arrive {
		return found, nil
	}
	opts := p.options()
	less := *opts
	less.Sections = nil
	small, large := p.sort(st, found, len(opts.Sections) > 0)
	if err := p.collect(ctx, open, small, opts, watch.Arrived{}, found); err != nil {
		return nil, err
	}
	return found, p.collect(ctx, open, large, &less, watch.Arrived{Truncated: true}, found)
}

// options are what is asked of messages.
func (p *play) options() *imap.FetchOptions {
	if p.Fetch == nil {
		return &imap.FetchOptions{Flags: true, Envelope: true, InternalDate: true, Size: true}
	}
	opts := *p.Fetch
	opts.MarkSeen = false
	return &opts
}

// sort finds out which messages of a step are there, and too large for their
// sections to be read. Those that cannot be described are found at once.
func (p *play) sort(st *step, found map[imap.UID]watch.Arrived, sections bool) (small, large []imap.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sizes := map[imap.UID]int64{}
	for _, m := range p.server.Messages(User, st.box.name) {
		sizes[imap.UID(m.UID)] = int64(m.Size)
	}
	for _, uid := range st.uids {
		uid = st.box.uid(uid)
		size, there := sizes[uid]
		switch {
		case !there:
		case st.box.bare[uid]:
			found[uid] = watch.Arrived{Message: &imap.Message{UID: uid}}
		case sections && size > cmp.Or(p.MaxBody, defaultMaxBody):
			large = append(large, uid)
		default:
			small = append(small, uid)
		}
	}
	return small, large
}

// collect fetches messages and holds their sections in memory.
func (p *play) collect(
	ctx context.Context, open *imap.Mailbox, uids []imap.UID, opts *imap.FetchOptions,
	as watch.Arrived, found map[imap.UID]watch.Arrived,
) error {
	if len(uids) == 0 {
		return nil
	}
	for m, err := range open.Fetch(ctx, imap.UIDSetOf(uids...), opts) {
		if err != nil {
			return err
		}
		for body, err := range m.Bodies() {
			if err != nil {
				return err
			}
			if err := body.Keep(); err != nil {
				return err
			}
		}
		as.Message = m
		found[m.UID] = as
	}
	return nil
}
