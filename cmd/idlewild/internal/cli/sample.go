package cli

import (
	"encoding/base64"
	"fmt"
	"mime"
	"strings"
	"time"
)

// sample is a message that looks like real mail. No two are the same.
func sample(n int, to string, date time.Time) []byte {
	senders, subjects := sampleSenders(), sampleSubjects()
	from, subject := senders[n%len(senders)], subjects[n%len(subjects)]
	if round := n / len(subjects); round > 0 {
		subject = fmt.Sprintf("%s (%d)", subject, round+1)
	}
	if n%7 != 3 { // else it stands there as raw UTF-8, as RFC 6532 allows
		subject = mime.QEncoding.Encode("utf-8", subject)
		from.name = mime.BEncoding.Encode("utf-8", from.name)
	}
	var b strings.Builder
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("Date", date.Format(time.RFC1123Z))
	header("From", fmt.Sprintf("%s <%s>", from.name, from.address))
	header("To", to)
	header("Subject", subject)
	header("Message-ID", fmt.Sprintf("<%d.%d@sample.idlewild>", date.UnixNano(), n))
	header("MIME-Version", "1.0")
	text := fmt.Sprintf("Message %d of a server that holds everything in memory.\r\n", n+1)
	switch n % 4 {
	case 1:
		alternative(&b, n, text)
	case 2:
		withAttachment(&b, n, text)
	default:
		header("Content-Type", "text/plain; charset=utf-8")
		b.WriteString("\r\n" + text)
	}
	return []byte(b.String())
}

type sampleSender struct{ name, address string }

func sampleSenders() []sampleSender {
	return []sampleSender{
		{"Alice Liddell", "alice@wonderland.example"},
		{"Zoë Müller", "zoe@mueller.example"},
		{"Build Robot", "ci@build.example"},
		{"山田 太郎", "taro@yamada.example"},
		{"Lars Østergård", "lars@fjord.example"},
		{"Bank of Nowhere", "no-reply@bank.example"},
		{"Анна Каренина", "anna@station.example"},
		{"Olga", "olga@example.net"},
		{"GitForge", "notifications@forge.example"},
	}
}

func sampleSubjects() []string {
	return []string{
		"Down the rabbit hole",
		"Grüße aus Zürich",
		"Build 4711 passed",
		"Re: lunch on Friday? 🍜",
		"会議の予定",
		"Your statement is ready",
		"Blåbærsyltetøy, two jars",
		"[forge/idlewild] Pull request #12: reconnect sooner",
		"Встреча на вокзале",
		"Invoice 2031-07 and a rather long subject that has to be folded or cut somewhere by whoever shows it",
		"Fwd: photos from the sea",
	}
}

func alternative(b *strings.Builder, n int, text string) {
	boundary := fmt.Sprintf("alternative-%d", n)
	fmt.Fprintf(b, "Content-Type: multipart/alternative; boundary=%q\r\n\r\n", boundary)
	fmt.Fprintf(b, "--%s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", boundary, text)
	fmt.Fprintf(b, "--%s\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>%s</p>\r\n", boundary, text)
	fmt.Fprintf(b, "--%s--\r\n", boundary)
}

func withAttachment(b *strings.Builder, n int, text string) {
	boundary := fmt.Sprintf("mixed-%d", n)
	fmt.Fprintf(b, "Content-Type: multipart/mixed; boundary=%q\r\n\r\n", boundary)
	fmt.Fprintf(b, "--%s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", boundary, text)
	fmt.Fprintf(b, "--%s\r\nContent-Type: text/csv; name=\"table.csv\"\r\n"+
		"Content-Disposition: attachment; filename=\"table.csv\"\r\n"+
		"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n", boundary,
		base64.StdEncoding.EncodeToString([]byte("number,name\n1,one\n2,two\n")))
	fmt.Fprintf(b, "--%s--\r\n", boundary)
}
