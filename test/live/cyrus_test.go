package live

import (
	"crypto/tls"
	"testing"
)

func TestCyrus(t *testing.T) {
	t.Parallel()
	d := StartCyrus(t, "")
	conn, err := tls.Dial("tcp", d.TLSAddr(), d.TLSConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	wantGreeting(t, conn)

	const message = "Subject: still here\r\n\r\nA line.\r\n"
	if uid := d.Append("user1", "INBOX", message); uid != 1 {
		t.Errorf("the first message has UID %d", uid)
	}
	port := d.Port()
	d.Stop()
	d.Stop()
	d.Start()
	if d.Port() != port {
		t.Errorf("port %d became %d", port, d.Port())
	}
	if uid := d.Append("user1", "INBOX", message); uid != 2 {
		t.Errorf("after a restart the second message has UID %d", uid)
	}
}
