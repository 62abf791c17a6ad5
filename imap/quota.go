package imap

import (
	"context"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Quota is a quota root with its limits (RFC 9208 §3.2). Several mailboxes may
// share one, and a mailbox may have several.
type Quota struct {
	Root      string // its name; "" is a name like any other
	Resources []QuotaUsage
	// Raw has the resources whose numbers make no sense.
	Raw []RawAttribute
}

// QuotaUsage is how much of a resource is used, and may be.
type QuotaUsage struct {
	Resource QuotaResource
	Usage    int64 // in the resource's unit; may be more than Limit
	Limit    int64
}

// QuotaResource is the name of a resource, in upper case. Any atom will do;
// these are the known ones.
type QuotaResource string

// The resources (RFC 9208 §5).
const (
	QuotaStorage           QuotaResource = "STORAGE" // in units of 1024 bytes
	QuotaMessage           QuotaResource = "MESSAGE" // messages
	QuotaMailbox           QuotaResource = "MAILBOX" // mailboxes
	QuotaAnnotationStorage QuotaResource = "ANNOTATION-STORAGE"
)

// QuotaLimit is a limit to be set.
type QuotaLimit struct {
	Resource QuotaResource
	Limit    int64 // in the resource's unit
}

// maxQuotas is how many quota roots one answer may have.
const maxQuotas = 1000

// Of returns the usage of a resource; ok is false if it has no limit.
func (q *Quota) Of(resource QuotaResource) (u QuotaUsage, ok bool) {
	for _, u := range q.Resources {
		if u.Resource == resource {
			return u, true
		}
	}
	return QuotaUsage{}, false
}

// GetQuota returns the usage and limits of a quota root (RFC 9208 §4.1.1).
// Without the capability QUOTA it is an *UnsupportedError.
func (c *Client) GetQuota(ctx context.Context, root string) (*Quota, error) {
	q := c.askQuota("GETQUOTA")
	q.k.cmd.AString(root)
	if err := q.do(ctx); err != nil {
		return nil, err
	}
	return q.of(root)
}

// GetQuotaRoot returns the quota roots of a mailbox, with their usage and
// limits, in the server's order; none: nothing limits the mailbox. A root that
// the server says no more of has no Resources (RFC 9208 §4.1.2). Without the
// capability QUOTA it is an *UnsupportedError.
func (c *Client) GetQuotaRoot(ctx context.Context, mailbox string) ([]*Quota, error) {
	q := c.askQuota("GETQUOTAROOT")
	q.k.cmd.AString(c.wireName(mailbox))
	if err := q.do(ctx); err != nil {
		return nil, err
	}
	if q.roots == nil {
		return nil, nothingSaid("GETQUOTAROOT")
	}
	all := make([]*Quota, 0, len(q.roots.roots))
	for _, root := range q.roots.roots {
		quota := q.find(root)
		if quota == nil {
			quota = &Quota{Root: root}
		}
		all = append(all, quota)
	}
	return all, nil
}

// SetQuota gives a quota root these limits and no others (RFC 9208 §4.1.3),
// and returns what it then has. It is for administrators. Without the
// capability QUOTASET, or on old servers QUOTA, it is an *UnsupportedError.
func (c *Client) SetQuota(ctx context.Context, root string, limits ...QuotaLimit) (*Quota, error) {
	if _, modern := c.capabilityValue("QUOTA="); modern && !c.offers("QUOTASET") {
		return nil, &UnsupportedError{Capability: "QUOTASET", What: "SETQUOTA"}
	}
	q := c.askQuota("SETQUOTA")
	q.k.foot = footprint{class: classBarrier} // APPEND and COPY depend on it
	q.k.cmd.AString(root).List(func() {
		for _, l := range limits {
			q.k.cmd.Atom(string(l.Resource)).Number(uint64(max(l.Limit, 0)))
			if l.Limit < 0 {
				q.k.cmd.Fail(&wire.ArgumentError{Kind: "quota limit", Reason: "it is below 0"})
			}
		}
	})
	if err := q.do(ctx); err != nil {
		return nil, err
	}
	if quota := q.find(root); quota != nil {
		return quota, nil
	}
	return c.GetQuota(ctx, root)
}

// QuotaResources returns the resources that the server can limit, by its
// QUOTA=RES- capabilities (RFC 9208 §3.1). A server of RFC 2087 does not say.
func (c *Client) QuotaResources() []QuotaResource {
	var all []QuotaResource
	for _, name := range c.capabilityValues("QUOTA=RES-") {
		all = append(all, QuotaResource(keyword([]byte(name))))
	}
	return all
}

// quotaQuery is a question about quotas. One is under way at a time: roots and
// mailboxes have different names.
type quotaQuery struct {
	client *Client
	k      *call
	roots  *quotaRootData
	quotas []*Quota
	size   int64
	err    error
}

func (c *Client) askQuota(command string) *quotaQuery {
	k := &call{name: command, cmd: wire.NewCommand(command), foot: footprint{class: classAsk, name: "QUOTA"}}
	q := &quotaQuery{client: c, k: k}
	gather(k, q.addRoots, "QUOTAROOT", "QUOTA")
	gather(k, q.add, "QUOTAROOT", "QUOTA")
	return q
}

func (q *quotaQuery) do(ctx context.Context) error {
	if !q.client.offers("QUOTA", "QUOTASET") && len(q.client.capabilityValues("QUOTA=")) == 0 {
		return &UnsupportedError{Capability: "QUOTA", What: q.k.name}
	}
	if err := q.client.do(ctx, q.k); err != nil {
		return err
	}
	return q.err
}

// addRoots takes QUOTAROOT; some servers have one line for each root.
func (q *quotaQuery) addRoots(d *quotaRootData) bool {
	q.client.names.learn(d.name, d.raw)
	if q.roots == nil {
		q.roots = d
		return true
	}
	for _, root := range d.roots {
		if len(q.roots.roots) == maxQuotas {
			q.err = &wire.LimitError{What: "number of quota roots", Max: maxQuotas}
			break
		}
		if !slices.Contains(q.roots.roots, root) {
			q.roots.roots = append(q.roots.roots, root)
		}
	}
	return true
}

// add takes QUOTA. Some servers have one line for each resource.
func (q *quotaQuery) add(d *Quota) bool {
	most := q.client.opts.Limits.Held
	if q.size += quotaSize(d); q.size > most {
		q.err = &wire.LimitError{What: "quotas", Max: uint64(most)}
		return true
	}
	if have := q.find(d.Root); have != nil {
		have.merge(d, q.client.opts.Limits.Items)
		return true
	}
	if len(q.quotas) == maxQuotas {
		q.err = &wire.LimitError{What: "number of quota roots", Max: maxQuotas}
		return true
	}
	q.quotas = append(q.quotas, d)
	return true
}

// quotaSize is about how much memory a quota takes.
func quotaSize(d *Quota) int64 {
	n := 100 + len(d.Root)
	for _, u := range d.Resources {
		n += 32 + len(u.Resource)
	}
	for _, x := range d.Raw {
		n += 40 + len(x.Name) + len(x.Value)
	}
	return int64(n)
}

func (q *quotaQuery) find(root string) *Quota {
	for _, quota := range q.quotas {
		if quota.Root == root {
			return quota
		}
	}
	return nil
}

// of returns the quota of a root, or the only one, under a name that the
// server likes better.
func (q *quotaQuery) of(root string) (*Quota, error) {
	switch quota := q.find(root); {
	case quota != nil:
		return quota, nil
	case len(q.quotas) == 1:
		return q.quotas[0], nil
	}
	return nil, nothingSaid(q.k.name)
}

// merge adds resources that were told in another line; the last word counts.
func (q *Quota) merge(more *Quota, most int) {
	for _, u := range more.Resources {
		i := slices.IndexFunc(q.Resources, func(have QuotaUsage) bool { return have.Resource == u.Resource })
		switch {
		case i >= 0:
			q.Resources[i] = u
		case len(q.Resources) < most:
			q.Resources = append(q.Resources, u)
		}
	}
	if len(q.Raw)+len(more.Raw) <= most {
		q.Raw = append(q.Raw, more.Raw...)
	}
}
