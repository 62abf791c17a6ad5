package imap_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// everything is what a server could offer.
const everything = "IMAP4rev1 LITERAL- IDLE UIDPLUS SORT SORT=DISPLAY THREAD=REFERENCES ESEARCH SEARCHRES CONTEXT=SEARCH CONTEXT=SORT ESORT " +
	"PARTIAL WITHIN MULTISEARCH SEARCH=FUZZY ACL QUOTA QUOTASET QUOTA=RES-STORAGE METADATA METADATA-SERVER ANNOTATEMORE ANNOTATE-EXPERIMENT-1 " +
	"NAMESPACE ID LANGUAGE ENABLE CONDSTORE QRESYNC COMPRESS=DEFLATE UNAUTHENTICATE NOTIFY MULTIAPPEND CATENATE URLAUTH URLAUTH=BINARY REPLACE " +
	"BINARY MOVE UNSELECT LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE LIST-MYRIGHTS LIST-METADATA JMAPACCESS XAPPLEPUSHSERVICE " +
	"X-GM-EXT-1 UIDBATCHES PREVIEW SAVEDATE OBJECTID FILTERS AUTH=PLAIN"

// endOf is the error that a loop ends with.
func endOf[V any](loop iter.Seq2[V, error]) (err error) {
	for _, err = range loop {
	}
	return err
}

// everyCall has all methods that talk to the server, or wait for it, each by
// its name; s is whatever string there is to be given. What has several may
// stand there several times, with more behind the name.
func everyCall(c *imap.Client, box *imap.Mailbox, s string) map[string]func(context.Context) error {
	b := []byte(s)
	text := func() (*strings.Reader, int64) { return strings.NewReader(s), int64(len(s)) }
	all := map[string]func(context.Context) error{
		"Client.Append": func(ctx context.Context) error {
			r, n := text()
			return second(c.Append(ctx, s, r, n, &imap.AppendOptions{Flags: []imap.Flag{"\\Seen"}}))
		},
		"Client.Append flag": func(ctx context.Context) error {
			r, n := text()
			return second(c.Append(ctx, "a", r, n, &imap.AppendOptions{Flags: []imap.Flag{imap.Flag(s)}}))
		},
		"Client.Append annotation": func(ctx context.Context) error {
			r, n := text()
			return second(c.Append(ctx, "a", r, n, &imap.AppendOptions{Annotations: []imap.Annotation{{Entry: s, Attributes: []imap.AnnotationAttribute{{Name: s, Value: b}}}}}))
		},
		"Client.AppendAll": func(ctx context.Context) error {
			r, n := text()
			q, o := text()
			return second(c.AppendAll(ctx, s, []imap.AppendMessage{{Message: r, Size: n}, {Message: q, Size: o}}, nil))
		},
		"Client.Authenticate": func(ctx context.Context) error { return c.Authenticate(ctx, sasl.Plain("", s, s)) },
		"Client.Capability":   func(ctx context.Context) error { return second(c.Capability(ctx)) },
		"Client.Catenate": func(ctx context.Context) error {
			return second(c.Catenate(ctx, s, []imap.CatenatePart{imap.CatenateText(s)}, nil))
		},
		"Client.Catenate URL": func(ctx context.Context) error {
			return second(c.Catenate(ctx, "a", []imap.CatenatePart{imap.CatenateURL(s)}, nil))
		},
		"Client.Compress": c.Compress,
		"Client.Create":   func(ctx context.Context) error { return c.Create(ctx, s) },
		"Client.CreateMailbox": func(ctx context.Context) error {
			return second(c.CreateMailbox(ctx, "a", &imap.CreateOptions{Uses: []imap.SpecialUse{imap.SpecialUse(s)}}))
		},
		"Client.Delete":    func(ctx context.Context) error { return c.Delete(ctx, s) },
		"Client.DeleteACL": func(ctx context.Context) error { return c.DeleteACL(ctx, s, s) },
		"Client.Do": func(ctx context.Context) error {
			return second(c.Do(ctx, wire.NewCommand("X").Atom("a").AString(s).Bytes(b)))
		},
		"Client.Do atom": func(ctx context.Context) error { return second(c.Do(ctx, wire.NewCommand("X").Atom(s))) },
		"Client.Enable":  func(ctx context.Context) error { return second(c.Enable(ctx, s)) },
		"Client.Events":  func(ctx context.Context) error { return endOf(c.Events(ctx)) },
		"Client.Examine": func(ctx context.Context) error { return second(c.Examine(ctx, s)) },
		"Client.Exists":  func(ctx context.Context) error { return second(c.Exists(ctx, s)) },
		"Client.GenURLAuth": func(ctx context.Context) error {
			return second(c.GenURLAuth(ctx, imap.URLAuth{URL: "imap://h/" + s + ";URLAUTH=anonymous"}))
		},
		"Client.GenURLAuth mechanism": func(ctx context.Context) error {
			return second(c.GenURLAuth(ctx, imap.URLAuth{URL: "imap://h/;URLAUTH=anonymous", Mechanism: s + "x"}))
		},
		"Client.GetACL":            func(ctx context.Context) error { return second(c.GetACL(ctx, s)) },
		"Client.GetAnnotation":     func(ctx context.Context) error { return second(c.GetAnnotation(ctx, s, []string{s}, []string{s, s})) },
		"Client.GetMetadata":       func(ctx context.Context) error { return second(c.GetMetadata(ctx, s, nil, "/private/comment")) },
		"Client.GetMetadata entry": func(ctx context.Context) error { return second(c.GetMetadata(ctx, "a", nil, "/a", s)) },
		"Client.GetMetadata depth": func(ctx context.Context) error {
			return second(c.GetMetadata(ctx, "a", &imap.MetadataOptions{Depth: imap.MetadataDepth("1" + s)}, "/a"))
		},
		"Client.GetQuota":     func(ctx context.Context) error { return second(c.GetQuota(ctx, s)) },
		"Client.GetQuotaRoot": func(ctx context.Context) error { return second(c.GetQuotaRoot(ctx, s)) },
		"Client.ID":           func(ctx context.Context) error { return second(c.ID(ctx, imap.ID{{Name: "x" + s, Value: s}})) },
		"Client.ID value":     func(ctx context.Context) error { return second(c.ID(ctx, imap.ID{{Name: "x", Value: s}})) },
		"Client.JMAPAccess":   func(ctx context.Context) error { return second(c.JMAPAccess(ctx)) },
		"Client.Languages":    func(ctx context.Context) error { return second(c.Languages(ctx)) },
		"Client.List": func(ctx context.Context) error {
			return endOf(c.List(ctx, s, &imap.ListOptions{Reference: s, Patterns: []string{s}}))
		},
		"Client.List status": func(ctx context.Context) error {
			return endOf(c.List(ctx, "*", &imap.ListOptions{ReturnStatus: []imap.StatusItem{imap.StatusItem(s)}}))
		},
		"Client.List metadata": func(ctx context.Context) error {
			return endOf(c.List(ctx, "*", &imap.ListOptions{ReturnMetadata: []string{s}}))
		},
		"Client.ListRights":     func(ctx context.Context) error { return second(c.ListRights(ctx, s, s)) },
		"Client.ListSubscribed": func(ctx context.Context) error { return endOf(c.ListSubscribed(ctx, s, nil)) },
		"Client.Login":          func(ctx context.Context) error { return c.Login(ctx, s, s) },
		"Client.LoginWith":      func(ctx context.Context) error { return c.LoginWith(ctx, sasl.Password(s, s)) },
		"Client.Logout":         c.Logout,
		"Client.MultiSearch": func(ctx context.Context) error {
			return second(c.MultiSearch(ctx, search.Subject(s), &imap.SearchIn{Mailboxes: []string{s}, Subtree: []string{s}}, nil))
		},
		"Client.MyRights":  func(ctx context.Context) error { return second(c.MyRights(ctx, s)) },
		"Client.Namespace": func(ctx context.Context) error { return second(c.Namespace(ctx)) },
		"Client.Noop":      c.Noop,
		"Client.Notices":   func(ctx context.Context) error { return endOf(c.Notices(ctx)) },
		"Client.Notify": func(ctx context.Context) error {
			return second(c.Notify(ctx, &imap.NotifyOptions{Status: true, Groups: []imap.NotifyGroup{{Mailboxes: imap.NotifyNamed, Names: []string{s}, Events: []imap.NotifyEvent{"MailboxName"}}}}))
		},
		"Client.Notify event": func(ctx context.Context) error {
			return second(c.Notify(ctx, &imap.NotifyOptions{Groups: []imap.NotifyGroup{{Mailboxes: imap.NotifyPersonal, Events: []imap.NotifyEvent{imap.NotifyEvent(s)}}}}))
		},
		"Client.ProxyAuth": func(ctx context.Context) error { return c.ProxyAuth(ctx, s) },
		"Client.RegisterApplePush": func(ctx context.Context) error {
			return second(c.RegisterApplePush(ctx, &imap.ApplePushRequest{Version: s, AccountID: s, DeviceToken: s, Subtopic: s, Mailboxes: []string{s}}))
		},
		"Client.Rename":             func(ctx context.Context) error { return c.Rename(ctx, s, s) },
		"Client.ResetKey":           func(ctx context.Context) error { return second(c.ResetKey(ctx, s)) },
		"Client.ResetKey mechanism": func(ctx context.Context) error { return second(c.ResetKey(ctx, "a", s)) },
		"Client.Select":             func(ctx context.Context) error { return second(c.Select(ctx, s, nil)) },
		"Client.SetACL":             func(ctx context.Context) error { return c.SetACL(ctx, s, s, imap.RightsAdd, "lr") },
		"Client.SetACL rights":      func(ctx context.Context) error { return c.SetACL(ctx, "a", "b", imap.RightsSet, imap.Rights(s)) },
		"Client.SetAnnotation": func(ctx context.Context) error {
			return c.SetAnnotation(ctx, s, s, imap.AnnotationAttribute{Name: s, Value: b})
		},
		"Client.SetLanguage": func(ctx context.Context) error { return second(c.SetLanguage(ctx, s)) },
		"Client.SetMetadata": func(ctx context.Context) error {
			return c.SetMetadata(ctx, s, imap.MetadataEntry{Name: "/private/comment", Value: b})
		},
		"Client.SetMetadata entry": func(ctx context.Context) error { return c.SetMetadata(ctx, "a", imap.MetadataEntry{Name: s, Value: b}) },
		"Client.SetQuota": func(ctx context.Context) error {
			return second(c.SetQuota(ctx, s, imap.QuotaLimit{Resource: "STORAGE", Limit: 1}))
		},
		"Client.SetQuota resource": func(ctx context.Context) error {
			return second(c.SetQuota(ctx, "", imap.QuotaLimit{Resource: imap.QuotaResource(s)}))
		},
		"Client.SpecialMailboxes": func(ctx context.Context) error { return second(c.SpecialMailboxes(ctx)) },
		"Client.Status":           func(ctx context.Context) error { return second(c.Status(ctx, s, imap.StatusItem("MESSAGES"))) },
		"Client.Status item":      func(ctx context.Context) error { return second(c.Status(ctx, "a", imap.StatusItem(s))) },
		"Client.Subscribe":        func(ctx context.Context) error { return c.Subscribe(ctx, s) },
		"Client.URLFetch": func(ctx context.Context) error {
			return second(c.URLFetch(ctx, []string{s}, &imap.URLFetchOptions{Binary: true}))
		},
		"Client.Unauthenticate": c.Unauthenticate,
		"Client.Unsubscribe":    func(ctx context.Context) error { return c.Unsubscribe(ctx, s) },
	}
	if box != nil {
		maps.Copy(all, everyMailboxCall(box, s))
	}
	return all
}

func everyMailboxCall(box *imap.Mailbox, s string) map[string]func(context.Context) error {
	uid, b, q := imap.UID(1), []byte(s), search.Subject(s)
	return map[string]func(context.Context) error{
		"Mailbox.AddFlags":        func(ctx context.Context) error { return box.AddFlags(ctx, uid, imap.Flag(s)) },
		"Mailbox.AddGmailLabels":  func(ctx context.Context) error { return box.AddGmailLabels(ctx, uid, s) },
		"Mailbox.Check":           box.Check,
		"Mailbox.CloseAndExpunge": box.CloseAndExpunge,
		"Mailbox.Copy":            func(ctx context.Context) error { return second(box.Copy(ctx, uid, s)) },
		"Mailbox.CopyAndDelete":   func(ctx context.Context) error { return second(box.CopyAndDelete(ctx, uid, s, imap.RemoveCopied)) },
		"Mailbox.CopySeq":         func(ctx context.Context) error { return second(box.CopySeq(ctx, imap.SeqSetOf(1), s)) },
		"Mailbox.ESearch": func(ctx context.Context) error {
			return second(box.ESearch(ctx, q, &imap.SearchOptions{Count: true, Min: true}))
		},
		"Mailbox.ESort": func(ctx context.Context) error {
			return second(box.ESort(ctx, q, []imap.SortKey{imap.SortDate}, &imap.SearchOptions{Count: true}))
		},
		"Mailbox.Expunge":     box.Expunge,
		"Mailbox.ExpungeUIDs": func(ctx context.Context) error { return box.ExpungeUIDs(ctx, uid) },
		"Mailbox.Fetch": func(ctx context.Context) error {
			return endOf(box.Fetch(ctx, uid, &imap.FetchOptions{Sections: []imap.Section{{Kind: imap.HeaderFields, Fields: []string{s}}}}))
		},
		"Mailbox.Fetch part": func(ctx context.Context) error {
			return endOf(box.Fetch(ctx, uid, &imap.FetchOptions{Sections: []imap.Section{{Part: s}}}))
		},
		"Mailbox.Fetch item": func(ctx context.Context) error {
			return endOf(box.Fetch(ctx, uid, &imap.FetchOptions{Items: []string{s}}))
		},
		"Mailbox.Fetch size": func(ctx context.Context) error {
			return endOf(box.Fetch(ctx, uid, &imap.FetchOptions{BinarySizes: []string{s}}))
		},
		"Mailbox.Fetch annotations": func(ctx context.Context) error {
			return endOf(box.Fetch(ctx, uid, &imap.FetchOptions{Annotations: &imap.AnnotationQuery{Entries: []string{s}, Attributes: []string{s}}}))
		},
		"Mailbox.FetchSeq":          func(ctx context.Context) error { return endOf(box.FetchSeq(ctx, imap.SeqSetOf(1), nil)) },
		"Mailbox.Idle":              func(ctx context.Context) error { return endOf(box.Idle(ctx, nil)) },
		"Mailbox.IdleBursts":        func(ctx context.Context) error { return endOf(box.IdleBursts(ctx, nil)) },
		"Mailbox.Move":              func(ctx context.Context) error { return second(box.Move(ctx, uid, s)) },
		"Mailbox.MoveSeq":           func(ctx context.Context) error { return second(box.MoveSeq(ctx, imap.SeqSetOf(1), s)) },
		"Mailbox.OpenSection":       func(ctx context.Context) error { return readSection(box.OpenSection(ctx, uid, imap.Section{Part: s})) },
		"Mailbox.Poll":              func(ctx context.Context) error { return second(box.Poll(ctx)) },
		"Mailbox.RemoveFlags":       func(ctx context.Context) error { return box.RemoveFlags(ctx, uid, imap.Flag(s)) },
		"Mailbox.RemoveGmailLabels": func(ctx context.Context) error { return box.RemoveGmailLabels(ctx, uid, s, s) },
		"Mailbox.Replace": func(ctx context.Context) error {
			return second(box.Replace(ctx, uid, s, strings.NewReader(s), int64(len(s)), nil))
		},
		"Mailbox.Search": func(ctx context.Context) error { return second(box.Search(ctx, q)) },
		"Mailbox.Search keys": func(ctx context.Context) error {
			return second(box.Search(ctx, search.Or(search.GmailRaw(s), search.GmailLabel(s), search.Filter("x"+s), search.Fuzzy(search.Body(s)), search.Header("x"+s, s))))
		},
		"Mailbox.Search annotation": func(ctx context.Context) error { return second(box.Search(ctx, search.Annotation(s, "value", s))) },
		"Mailbox.Search attribute":  func(ctx context.Context) error { return second(box.Search(ctx, search.Annotation("/a", s, s))) },
		"Mailbox.Search id":         func(ctx context.Context) error { return second(box.Search(ctx, search.EmailID(s))) },
		"Mailbox.Search modseq": func(ctx context.Context) error {
			return second(box.Search(ctx, search.FlagModSeq(imap.Flag(s), "all", 5)))
		},
		"Mailbox.Search keyword": func(ctx context.Context) error { return second(box.Search(ctx, search.Keyword(s))) },
		"Mailbox.SearchContext":  func(ctx context.Context) error { return second(box.SearchContext(ctx, q, nil)) },
		"Mailbox.SearchSaved":    func(ctx context.Context) error { return second(box.SearchSaved(ctx, q)) },
		"Mailbox.SearchSeq":      func(ctx context.Context) error { return second(box.SearchSeq(ctx, q)) },
		"Mailbox.SetFlags":       func(ctx context.Context) error { return box.SetFlags(ctx, uid, imap.Flag(s)) },
		"Mailbox.SetGmailLabels": func(ctx context.Context) error { return box.SetGmailLabels(ctx, uid, s) },
		"Mailbox.Sort":           func(ctx context.Context) error { return second(box.Sort(ctx, q, imap.SortKey("X"+s))) },
		"Mailbox.SortContext": func(ctx context.Context) error {
			return second(box.SortContext(ctx, q, []imap.SortKey{imap.SortDate}, nil))
		},
		"Mailbox.Store": func(ctx context.Context) error {
			return second(box.Store(ctx, uid, imap.StoreAdd, []imap.Flag{imap.Flag(s)}, nil))
		},
		"Mailbox.StoreAnnotations": func(ctx context.Context) error {
			return box.StoreAnnotations(ctx, uid, imap.Annotation{Entry: s, Attributes: []imap.AnnotationAttribute{{Name: s, Value: b}}})
		},
		"Mailbox.StoreGmailLabels": func(ctx context.Context) error {
			return second(box.StoreGmailLabels(ctx, uid, imap.StoreAdd, []string{s}, nil))
		},
		"Mailbox.StoreSeq": func(ctx context.Context) error {
			return second(box.StoreSeq(ctx, imap.SeqSetOf(1), imap.StoreAdd, []imap.Flag{imap.Flag(s)}, nil))
		},
		"Mailbox.Thread":           func(ctx context.Context) error { return second(box.Thread(ctx, q, imap.ThreadReferences)) },
		"Mailbox.Thread algorithm": func(ctx context.Context) error { return second(box.Thread(ctx, nil, imap.ThreadAlgorithm("X"+s))) },
		"Mailbox.UIDBatches":       func(ctx context.Context) error { return second(box.UIDBatches(ctx, 500, nil)) },
		"Mailbox.UIDs":             func(ctx context.Context) error { return second(box.UIDs(ctx, imap.SeqSetOf(1))) },
		"Mailbox.Unselect":         box.Unselect,
		"Mailbox.Updates":          func(ctx context.Context) error { return endOf(box.Updates(ctx)) },
	}
}

func readSection(r *imap.SectionReader) error {
	_, err := r.Read(make([]byte, 10))
	return errors.Join(err, r.Close())
}

// everyName is the names of everyCall, in order.
func everyName() []string {
	return slices.Sorted(maps.Keys(everyCall(new(imap.Client), new(imap.Mailbox), "")))
}

// The table has every method that there is.
func TestEveryMethodIsTried(t *testing.T) {
	tried := map[string]bool{}
	for _, name := range everyName() {
		name, _, _ = strings.Cut(name, " ")
		tried[name] = true
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[*imap.Client](), reflect.TypeFor[*imap.Mailbox]()} {
		for m := range typ.Methods() {
			name := typ.Elem().Name() + "." + m.Name
			talks := m.Type.NumIn() > 1 && m.Type.In(1) == reflect.TypeFor[context.Context]()
			if talks != tried[name] {
				t.Errorf("%s: takes a Context: %v, is tried: %v", name, talks, tried[name])
			}
		}
	}
}

// connectAll is connect with a server that offers everything.
func connectAll(t testing.TB, handle func(f *fake, tag, command string) bool) (*imap.Client, *imap.Mailbox, *fake) {
	c, box, f := connect(t, nil, func(f *fake, tag, command string) bool {
		switch {
		case handle != nil && handle(f, tag, command):
		case strings.HasPrefix(command, "LOGIN"):
			f.say(tag + " OK [CAPABILITY " + everything + "] in\r\n")
		case strings.HasPrefix(command, "CAPABILITY"):
			f.say("* CAPABILITY " + everything + "\r\n" + tag + " OK done\r\n")
		case strings.Contains(command, "SEARCH RETURN (ALL)"):
			f.say("* ESEARCH (TAG \"" + tag + "\") UID ALL 1\r\n" + tag + " OK done\r\n")
		case strings.HasPrefix(command, "COMPRESS"), strings.HasPrefix(command, "AUTHENTICATE"):
			f.say(tag + " NO not now\r\n")
		default:
			return false
		}
		return true
	})
	return c, box, f
}

// no string that is given to any method ends a command, or begins one.
func TestA30_EveryMethod(t *testing.T) {
	for _, name := range everyName() {
		synctest.Test(t, func(t *testing.T) {
			for _, s := range append(nasty, strings.Repeat("z", 200_000), "/private/x\r\nA99 NOOP", "+OK\r\n", "a\r\n\r\n") {
				c, box, f := connectAll(t, nil)
				before := len(f.commands())
				ctx, stop := context.WithTimeout(t.Context(), time.Second)
				err := everyCall(c, box, s)[name](ctx)
				stop()
				synctest.Wait()
				said := f.commands()[before:]
				n := before
				for _, line := range said {
					tag, rest, _ := strings.Cut(line, " ")
					if tag == "DONE" && rest == "" {
						continue
					}
					n++
					if want := fmt.Sprintf("A%d", n); tag != want {
						t.Errorf("%s %.40q: command %.90q, want tag %s", name, s, line, want)
					}
					if verb, _, _ := strings.Cut(rest, " "); verb == "DELETE" && name != "Client.Delete" {
						t.Errorf("%s %.40q: %.90q", name, s, line)
					}
				}
				if errors.Is(err, imap.ErrClosed) && name != "Client.Logout" {
					t.Errorf("%s %.40q: %v", name, s, err)
				}
				c.Close()
			}
		})
	}
}

// Promise 1: whatever waits returns at once when the connection is closed.
func TestCloseUnderEveryMethod(t *testing.T) {
	for _, name := range everyName() {
		synctest.Test(t, func(t *testing.T) {
			var mute atomic.Bool
			c, box, _ := connectAll(t, func(*fake, string, string) bool { return mute.Load() })
			mute.Store(true)
			done := make(chan error, 1)
			go func() { done <- everyCall(c, box, "x")[name](t.Context()) }()
			synctest.Wait()
			start := time.Now()
			c.Close()
			err := <-done
			if d := time.Since(start); d > 0 {
				t.Errorf("%s: %v", name, d)
			}
			if err == nil && name != "Client.Logout" && name != "Client.Notices" {
				t.Errorf("%s: no error", name)
			}
			if err := everyCall(c, box, "x")[name](t.Context()); err == nil && name != "Client.Logout" && name != "Client.Notices" {
				t.Errorf("%s: no error on a closed connection", name)
			}
		})
	}
}

// Promise 2: whatever is cancelled returns at once, and then a NOOP works as
// soon as the server answers again.
func TestCancelUnderEveryMethod(t *testing.T) {
	for _, name := range everyName() {
		if name == "Client.Logout" {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			var slow, held atomic.Bool
			c, box, _ := connectAll(t, func(*fake, string, string) bool {
				if slow.Swap(false) {
					held.Store(true)
					<-time.After(10 * time.Second)
				}
				return false
			})
			slow.Store(true)
			start := time.Now()
			err := everyCall(c, box, "x")[name](soon(t))
			if d := time.Since(start); d > time.Second {
				t.Errorf("%s: %v", name, d)
			}
			if held.Load() && !errors.Is(err, errCause) {
				t.Errorf("%s: %v", name, err)
			}
			if err := c.Noop(t.Context()); err != nil {
				t.Errorf("%s: then %v", name, err)
			}
			if d := time.Since(start); d > 15*time.Second {
				t.Errorf("%s: then %v", name, d)
			}
		})
	}
}

// Promise 1: every method may be called inside every loop, and inside loops in
// loops, on the same connection.
func TestEveryMethodInsideLoops(t *testing.T) {
	serve := func(f *fake, tag, command string) bool {
		switch {
		case command == "IDLE":
			f.idle = tag
			f.say("+ idling\r\n* 51 EXISTS\r\n")
		case strings.HasPrefix(command, "UID FETCH"):
			f.say("* 1 FETCH (UID 1 FLAGS ())\r\n" + tag + " OK done\r\n")
		case strings.HasPrefix(command, "LIST"):
			f.say("* LIST () \"/\" a\r\n" + tag + " OK done\r\n")
		case command == "NOOP":
			f.say("* 52 EXISTS\r\n" + tag + " OK [ALERT] done\r\n")
		default:
			return false
		}
		return true
	}
	type loop func(ctx context.Context, c *imap.Client, box *imap.Mailbox, body func())
	loops := map[string]loop{
		"Idle": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox, body func()) {
			once(box.Idle(ctx, nil), body)
		},
		"bursts": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox, body func()) {
			once(box.IdleBursts(ctx, nil), body)
		},
		"Fetch": func(ctx context.Context, _ *imap.Client, box *imap.Mailbox, body func()) {
			once(box.Fetch(ctx, imap.UID(1), nil), body)
		},
		"List": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox, body func()) {
			once(c.List(ctx, "*", nil), body)
		},
		"filling": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox, body func()) {
			once(c.List(ctx, "*", &imap.ListOptions{ReturnMyRights: true}), body)
		},
		"Events": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox, body func()) {
			time.AfterFunc(time.Millisecond, func() { _ = c.Noop(ctx) })
			once(c.Events(ctx), body)
		},
		"Updates": func(ctx context.Context, c *imap.Client, box *imap.Mailbox, body func()) {
			time.AfterFunc(time.Millisecond, func() { _ = c.Noop(ctx) })
			once(box.Updates(ctx), body)
		},
		"Notices": func(ctx context.Context, c *imap.Client, _ *imap.Mailbox, body func()) {
			time.AfterFunc(time.Millisecond, func() { _ = c.Noop(ctx) })
			once(c.Notices(ctx), body)
		},
	}
	loops["all of them"] = func(ctx context.Context, c *imap.Client, box *imap.Mailbox, body func()) {
		loops["Idle"](ctx, c, box, func() {
			loops["filling"](ctx, c, box, func() { loops["Fetch"](ctx, c, box, func() { loops["Updates"](ctx, c, box, body) }) })
		})
	}
	for where, loop := range loops {
		for _, name := range everyName() {
			synctest.Test(t, func(t *testing.T) {
				c, box, _ := connectAll(t, serve)
				start := time.Now()
				ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
				defer stop()
				tried := false
				loop(ctx, c, box, func() {
					ctx, stop := context.WithTimeout(ctx, time.Second)
					defer stop()
					tried = true
					if err := everyCall(c, box, "x")[name](ctx); errors.Is(err, imap.ErrTimeout) {
						t.Errorf("%s in %s: %v", name, where, err)
					}
				})
				if d := time.Since(start); !tried || d > 5*time.Second {
					t.Errorf("%s in %s: tried: %v, %v", name, where, tried, d)
				}
				if err := c.Noop(t.Context()); err != nil && name != "Client.Logout" {
					t.Errorf("%s in %s: then %v", name, where, err)
				}
			})
		}
	}
}

// once runs body for the first that a loop yields, and leaves it; where nothing
// comes, behind it.
func once[V any](loop iter.Seq2[V, error], body func()) {
	done := false
	for range loop {
		body()
		done = true
		break
	}
	if !done {
		body()
	}
}
