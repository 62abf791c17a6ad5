package cli

import (
	"io"
	"mime"
	"strings"
	"time"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/idlewild-mail/idlewild/imap"
)

// address is a mail address in the output.
type address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// String is how people are shown it.
func (a address) String() string {
	switch {
	case a.Name == "":
		return a.Address
	case a.Address == "":
		return a.Name
	}
	return a.Name + " <" + a.Address + ">"
}

// envelope is a message's header in the output: decoded, lists never null.
type envelope struct {
	Subject   string    `json:"subject"`
	From      []address `json:"from"`
	To        []address `json:"to"`
	Date      *string   `json:"date"`
	MessageID string    `json:"message_id"`
}

// decodeEnvelope never fails: what cannot be decoded stays as it is.
func decodeEnvelope(e *imap.Envelope) envelope {
	if e == nil {
		return envelope{From: []address{}, To: []address{}}
	}
	out := envelope{
		Subject:   decodeWords(e.Subject),
		From:      decodeAddresses(e.From),
		To:        decodeAddresses(e.To),
		MessageID: strings.TrimSpace(e.MessageID),
	}
	if t, ok := e.Time(); ok && t.Year() >= 0 && t.Year() <= 9999 {
		date := t.Format(time.RFC3339)
		out.Date = &date
	}
	return out
}

// decodeAddresses leaves out where groups begin and end, not who is in them.
func decodeAddresses(list []imap.Address) []address {
	out := []address{}
	for _, a := range list {
		if a.Host != "" {
			out = append(out, address{decodeWords(a.Name), a.Mailbox + "@" + a.Host})
		}
	}
	return out
}

// decodeWords undoes folding and RFC 2047, word by word where a word is bad.
func decodeWords(s string) string {
	s = strings.NewReplacer("\r\n", "", "\n", "").Replace(s)
	if !strings.Contains(s, "=?") {
		return s
	}
	decoder := mime.WordDecoder{CharsetReader: charsetReader}
	if text, err := decoder.DecodeHeader(s); err == nil {
		return text
	}
	words := strings.Split(s, " ")
	for i, word := range words {
		if text, err := decoder.Decode(word); err == nil {
			words[i] = text
		}
	}
	return strings.Join(words, " ")
}

func charsetReader(charset string, input io.Reader) (io.Reader, error) {
	charset, _, _ = strings.Cut(charset, "*") // RFC 2231 §5: a language
	enc, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return enc.NewDecoder().Reader(input), nil
}
