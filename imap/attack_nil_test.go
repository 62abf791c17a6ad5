package imap_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// What is missing is an error, or a panic of the call that misses it: never one
// on the connection's own goroutines, and the connection is as good as before.
func TestNothingGiven(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, c *imap.Client, box *imap.Mailbox) error{
		"Append": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return second(c.Append(ctx, "", nil, 1, nil))
		},
		"AppendAll": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return second(c.AppendAll(ctx, "", make([]imap.AppendMessage, 2), nil))
		},
		"Authenticate": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error { return c.Authenticate(ctx, nil) },
		"Catenate": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return second(c.Catenate(ctx, "", make([]imap.CatenatePart, 2), nil))
		},
		"Do": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error { return second(c.Do(ctx, nil)) },
		"Do empty": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return second(c.Do(ctx, new(wire.Command)))
		},
		"GenURLAuth": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return second(c.GenURLAuth(ctx, imap.URLAuth{}))
		},
		"LoginWith": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return c.LoginWith(ctx, sasl.Credentials{})
		},
		"MultiSearch": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return second(c.MultiSearch(ctx, nil, nil, nil))
		},
		"Notify": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return second(c.Notify(ctx, &imap.NotifyOptions{Groups: make([]imap.NotifyGroup, 2)}))
		},
		"RegisterApplePush": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return second(c.RegisterApplePush(ctx, nil))
		},
		"SetLanguage": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error { return second(c.SetLanguage(ctx)) },
		"Select": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return second(c.Select(ctx, "a", &imap.SelectOptions{Resync: &imap.Resync{}}))
		},
		"Fetch": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox) error {
			return endOf(box.Fetch(ctx, nil, nil))
		},
		"Replace": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox) error {
			return second(box.Replace(ctx, 1, "", nil, 5, nil))
		},
		"ESort": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox) error {
			return second(box.ESort(ctx, nil, nil, nil))
		},
		"Thread": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox) error {
			return second(box.Thread(ctx, nil, ""))
		},
		"UIDBatches": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox) error {
			return second(box.UIDBatches(ctx, 0, nil))
		},
		"StoreAnnotations": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox) error {
			return box.StoreAnnotations(ctx, imap.UID(1), imap.Annotation{})
		},
		"Store": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox) error {
			return second(box.Store(ctx, nil, 77, nil, nil))
		},
		"saved": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox) error {
			return endOf(box.Fetch(ctx, imap.SavedResult{}, nil))
		},
		"search saved": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox) error {
			return second(box.Search(ctx, imap.SavedResult{}))
		},
		"a query's panic": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox) error {
			return second(box.Search(ctx, badQuery{}))
		},
		"a progress's panic": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox) error {
			return c.Create(imap.WithProgress(ctx, func(imap.Progress) { panic("no") }), "a")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, box, _ := connectAll(t, saying("CREATE", "* OK [INPROGRESS (\"TAG\" 1 2)] x\r\n"))
				func() {
					ctx, stop := context.WithTimeout(t.Context(), time.Minute)
					defer stop()
					var err error
					defer func() {
						if what := recover(); what == nil && err == nil {
							t.Errorf("%s: no error", name)
						}
					}()
					err = call(ctx, c, box)
				}()
				done := make(chan error, 1)
				go func() { done <- c.Noop(t.Context()) }()
				select {
				case err := <-done:
					if err != nil && name != "a progress's panic" {
						t.Errorf("%s: then %v", name, err)
					}
				case <-time.After(10 * time.Minute):
					t.Errorf("%s: the connection is stuck", name)
				}
			})
		})
	}
}

// badQuery is a search key that panics.
type badQuery struct{}

func (badQuery) AppendTo(*wire.Command) { panic("no") }
