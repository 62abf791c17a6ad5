package imap

import "context"

// Progress is how far the server is with a command that takes long (RFC 9585).
// Servers that offer INPROGRESS tell it every few seconds.
type Progress struct {
	Command string // its name, such as "UID COPY"; "": the server did not say which it is
	Counted bool   // Done is known
	Done    uint64 // of Goal, in whatever the server counts
	Goal    uint64 // 0: the server does not know it
	Text    string // for people; untrusted, may hold control characters

	tag string
}

// WithProgress returns a Context for one call, which runs report for what the
// server tells about that command's progress meanwhile, on the goroutine of the
// call and only while it waits. When the server is faster than report, what is
// outdated is left out. It works for the calls that wait for one answer:
// Search, Store, Copy, Move, Expunge, Append, Select and the like. For all
// commands of a connection see [NoticeProgress].
func WithProgress(ctx context.Context, report func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, report)
}

type progressKey struct{}

// reportTo makes k collect progress if ctx asks for it.
func (c *Client) reportTo(ctx context.Context, k *call) func(Progress) {
	report, _ := ctx.Value(progressKey{}).(func(Progress))
	if report == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.progress == nil {
		k.progress = make(chan Progress, 1)
	}
	return report
}

// progressed is called for INPROGRESS. Without a tag it is about the oldest
// command that is under way.
func (c *Client) progressed(r *response) {
	p := *r.code.Progress
	p.Text = r.text
	for _, k := range c.flight {
		if p.tag == k.tag || p.tag == "" && !k.idle {
			p.Command = k.name
			k.tell(p)
			break
		}
	}
	c.notices.add(Notice{Kind: NoticeProgress, Text: r.text, Progress: &p}, 1+len(r.text))
}

// tell hands on the latest.
func (k *call) tell(p Progress) {
	if k.progress == nil {
		return
	}
	select {
	case <-k.progress:
	default:
	}
	k.progress <- p // only progressed writes, under the mutex
}

// RFC 9585 §5, resp-text-code: tag, progress and goal, or nothing at all.
func (p *parser) inProgress(c *ResponseCode) {
	c.Progress = new(Progress)
	p.r.SkipSP()
	if p.r.AtEnd() {
		return
	}
	p.r.Open()
	if !p.r.IsNil() {
		c.Progress.tag = p.r.AString()
	}
	p.r.SP()
	if !p.r.IsNil() {
		c.Progress.Counted, c.Progress.Done = true, p.r.Number64()
	}
	p.r.SP()
	if !p.r.IsNil() {
		c.Progress.Goal = p.r.Number64()
	}
	if !p.r.Close() {
		p.r.Fail(")")
	}
}
