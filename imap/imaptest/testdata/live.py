"""Python's IMAP clients against a server of ours: python3 live.py PORT TLSPORT CAFILE"""

import imaplib
import re
import ssl
import sys

import imap_tools

port, tls_port, ca_file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context(cafile=ca_file)


def check(got, want):
    if got != want:
        raise AssertionError(f"got {got!r}, want {want!r}")


def ok(answer):
    check(answer[0], "OK")
    return answer[1]


def with_imaplib(client):
    ok(client.noop())
    check("IDLE" in client.capabilities, True)
    check(ok(client.select()), [b"2"])
    check(ok(client.search(None, "UNSEEN", "SUBJECT", '"first"')), [b"1"])
    got = ok(client.fetch("1", "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    check(got[0][1], b"Subject: first\r\n\r\n")
    got = ok(client.uid("FETCH", "2", "(RFC822)"))
    check(got[0][1].endswith(b"two\r\n"), True)
    check(ok(client.store("1", "+FLAGS", r"(\Flagged $Hot)"))[0].startswith(b"1 (FLAGS ("), True)
    ok(client.create("Arch&APw-v"))
    check(ok(client.copy("1:2", "Arch&APw-v")), [b"[COPYUID 2 1:2 1:2] COPY completed"])
    check(len(ok(client.list())), 2)
    ok(client.subscribe("Arch&APw-v"))
    check(ok(client.lsub()), [b'() "/" Arch&APw-v'])
    when = imaplib.Time2Internaldate(1580702706)
    check(ok(client.append("Arch&APw-v", r"(\Seen)", when, b"Subject: x\n\nthree")),
          [b"[APPENDUID 2 3] APPEND completed"])
    check(ok(client.status("Arch&APw-v", "(MESSAGES UNSEEN)")),
          [b"Arch&APw-v (MESSAGES 3 UNSEEN 1)"])
    ok(client.rename("Arch&APw-v", "Old"))
    check(ok(client.namespace()), [b'(("" "/")) NIL NIL'])
    ok(client.setacl("Old", "bob", "lr"))
    check(ok(client.getacl("Old")), [b"Old alice lrswipkxteacd bob lr"])
    ok(client.deleteacl("Old", "bob"))
    check(ok(client.myrights("Old")), [b"Old larswipkxtecd"])
    check(ok(client.setquota('""', "(MESSAGE 100)"))[0][:14], b'"" (MESSAGE 5 ')
    check(ok(client.getquotaroot("Old")), [[b'Old ""'], [b'"" (MESSAGE 5 100)']])
    check(ok(client.getquota('""')), [b'"" (MESSAGE 5 100)'])
    ok(client.setquota('""', "()"))
    ok(client.select("Old", readonly=True))
    ok(client.unselect())
    ok(client.select("Old"))
    ok(client.store("1:*", "+FLAGS", r"\Deleted"))
    check(ok(client.expunge()), [b"1", b"1", b"1"])
    ok(client.close())
    ok(client.delete("Old"))
    ok(client.enable("CONDSTORE"))
    try:
        client.xatom("FROB")
        raise AssertionError("FROB was taken")
    except imaplib.IMAP4.error as e:
        check("unknown command FROB" in str(e), True)
    client.logout()


plain = imaplib.IMAP4("127.0.0.1", port)
plain.starttls(context)
plain.authenticate("PLAIN", lambda _: b"\0alice\0secret \"quoted\"")
with_imaplib(plain)

bad = imaplib.IMAP4_SSL("127.0.0.1", tls_port, ssl_context=context)
try:
    bad.login("alice", "wrong")
    raise AssertionError("a wrong password was taken")
except imaplib.IMAP4.error:
    bad.shutdown()

box = imap_tools.MailBox("127.0.0.1", tls_port, ssl_context=context)
with box.login("alice", 'secret "quoted"', initial_folder="INBOX"):
    got = [(m.uid, m.subject, m.text, m.flags) for m in box.fetch(mark_seen=False)]
    check([g[:2] for g in got], [("1", "first"), ("2", "grüße")])
    check(got[1][2], "two\r\n")
    check([m.uid for m in box.fetch(imap_tools.AND(flagged=True))], ["1"])
    check([m.uid for m in box.fetch(imap_tools.AND(subject="grüße"), charset="UTF-8")], ["2"])
    check(box.uids("ALL"), ["1", "2"])
    box.folder.create("Entwürfe")
    box.folder.create("a/b")
    check([f.name for f in box.folder.list()], ["Entwürfe", "INBOX", "a", "a/b"])
    box.append(b"Subject: draft\r\n\r\ntext\r\n", "Entwürfe", flag_set=[imap_tools.MailMessageFlags.DRAFT])
    box.copy("1", "a/b")
    box.move("2", "a/b")
    check(box.uids("ALL"), ["1"])
    box.folder.set("a/b")
    check(len(list(box.fetch())), 2)
    box.flag("1", imap_tools.MailMessageFlags.SEEN, False)
    check([m.uid for m in box.fetch("UNSEEN", headers_only=True, mark_seen=False)], ["1"])
    box.delete(["1", "2"])
    check(box.folder.status("a/b")["MESSAGES"], 0)
    box.folder.set("INBOX")
    box.idle.start()
    with imap_tools.MailBox("127.0.0.1", tls_port, ssl_context=context).login(
            "alice", 'secret "quoted"') as other:
        other.append(b"Subject: new\r\n\r\nx\r\n", "INBOX")
    check(any(re.fullmatch(rb"\* 2 EXISTS", line) for line in box.idle.poll(timeout=60)), True)
    box.idle.stop()
    box.folder.rename("a/b", "a/c")
    box.folder.delete("Entwürfe")

print("all well")
