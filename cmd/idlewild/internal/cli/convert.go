package cli

import (
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// recordOf makes an event ready to be put out; nil if it is of a kind unknown
// here. mailbox is that of its batch.
func recordOf(account, mailbox string, event watch.Event) record {
	h := newHead(string(event.Kind()), account, time.Now())
	if r := messageRecord(h, event); r != nil {
		return r
	}
	switch e := event.(type) {
	case watch.Reset:
		return resetRecord{h, e.ID, e.Mailbox, e.OldUIDValidity, e.UIDValidity, string(e.Policy), e.Known, e.New}
	case watch.Skipped:
		return skippedRecord{h, e.ID, e.Mailbox, e.UIDValidity, e.UIDs.String(), e.Count, string(e.Reason), ""}
	case watch.Missing:
		return missingRecord{h, e.Mailbox, string(e.Reason), errorString(e.Err), e.Retry.Milliseconds()}
	case watch.Renamed:
		return renamedRecord{h, e.Mailbox, e.To}
	case watch.Stale:
		return staleRecord{h, e.Mailbox, e.For.Milliseconds()}
	case watch.Recovered:
		return recoveredRecord{h, e.Mailbox, e.After.Milliseconds()}
	case watch.Offline:
		return offlineRecord{connectionOf(h, e.Mailboxes), string(e.Reason), string(e.Class), errorString(e.Err),
			e.Retry.Milliseconds(), e.Attempt, e.Expected}
	case watch.Online:
		return onlineRecord{connection: connectionOf(h, e.Mailboxes), Mode: string(e.Mode), Attempt: e.Attempt, cursors: e.Cursors}
	case watch.Alert:
		return alertRecord{h, mailbox, e.Text}
	case watch.AuthFailed:
		return authFailedRecord{h, errorString(e.Err), e.Help, e.Refusals, e.Retry.Milliseconds()}
	case watch.Reauthorize:
		return reauthorizeRecord{h, errorString(e.Err), e.Retry.Milliseconds()}
	}
	return nil
}

// messageRecord is record for what happens to messages.
func messageRecord(h head, event watch.Event) record {
	switch e := event.(type) {
	case watch.Arrived:
		return arrivedRecord{message{h, e.ID, e.Mailbox, e.UIDValidity, uint32(e.UID)},
			flagNames(e.Flags), e.Size, decodeEnvelope(e.Envelope),
			watch.Cursor{UIDValidity: e.UIDValidity, UIDNext: e.UID + 1}.String()}
	case watch.Flags:
		return flagsRecord{message{h, e.ID, e.Mailbox, e.UIDValidity, uint32(e.UID)}, flagNames(e.Flags), e.ModSeq}
	case watch.Gone:
		return goneRecord{message{h, e.ID, e.Mailbox, e.UIDValidity, uint32(e.UID)}}
	case watch.Moved:
		return movedRecord{message{h, e.ID, e.Mailbox, e.UIDValidity, uint32(e.UID)}, e.To, e.ToUIDValidity, uint32(e.ToUID)}
	}
	return nil
}

func connectionOf(h head, mailboxes []string) connection {
	return connection{head: h, mailboxes: mailboxes}
}

func flagNames(flags []imap.Flag) []string {
	names := make([]string, 0, len(flags))
	for _, f := range flags {
		names = append(names, string(f))
	}
	return names
}

func errorString(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
