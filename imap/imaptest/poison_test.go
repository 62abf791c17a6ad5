package imaptest

import "testing"

func TestPoison(t *testing.T) {
	for _, row := range []struct {
		name   string
		poison *Poison
		script string
	}{
		{"none", nil, "C: A1 UID FETCH 2 (BODY.PEEK[TEXT])\nS: * 2 FETCH (UID 2 BODY[TEXT] {4}\nS: Hi\nS: )\nS: A1 OK..."},
		{"refused", &Poison{Refuse: "[UNAVAILABLE] Server error"}, `
			C: A1 UID FETCH 1:3 (FLAGS)
			S: A1 NO [UNAVAILABLE] Server error
			C: A2 UID FETCH 1,3 (FLAGS)
			S: * 1 FETCH (UID 1 FLAGS (\Recent))
			S: * 3 FETCH (UID 3 FLAGS (\Recent))
			S: A2 OK...`},
		{"text refused", &Poison{Refuse: "no", RefuseText: true}, `
			C: A1 UID FETCH 2 (FLAGS EMAILID)
			S: * 2 FETCH (UID 2...
			S: A1 OK...
			C: A2 UID FETCH 2 (FLAGS RFC822.SIZE)
			S: A2 NO no`},
		{"too long", &Poison{Literal: 7}, `
			C: A1 UID FETCH 2:3 (BODY.PEEK[TEXT] RFC822.SIZE)
			S: * 2 FETCH (UID 2 BODY[TEXT] {11}
			S: Hi
			S:  RFC822.SIZE 37)
			S: * 3 FETCH (UID 3 BODY[TEXT] {4}
			S: Hi
			S:  RFC822.SIZE 37)
			S: A1 OK...`},
		{"too short", &Poison{Literal: -99}, "C: A1 UID FETCH 2 (BODY.PEEK[TEXT])\nS: * 2 FETCH (UID 2 BODY[TEXT] {0}\nS: Hi\nS: )\nS: A1 OK..."},
		{"no body", &Poison{NilBody: true}, "C: A1 UID FETCH 2 (BODY.PEEK[] RFC822.SIZE)\nS: * 2 FETCH (UID 2 BODY[] NIL RFC822.SIZE 37)\nS: A1 OK..."},
		{"size", &Poison{Size: 5 << 30}, "C: A1 UID FETCH 2 (RFC822.SIZE)\nS: * 2 FETCH (UID 2 RFC822.SIZE 5368709120)\nS: A1 OK..."},
		{"structure", &Poison{Structure: `("TEXT" (`, Envelope: "NIL"}, `
			C: A1 UID FETCH 2 (BODYSTRUCTURE BODY ENVELOPE)
			S: * 2 FETCH (UID 2 BODYSTRUCTURE ("TEXT" ( BODY ("TEXT" ( ENVELOPE NIL)
			S: A1 OK...`},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, srv *Server) {
				for n := 1; n <= 3; n++ {
					deliver(t, srv, "INBOX", numbered(n))
				}
				must(t, srv.Poison("alice", "INBOX", 2, row.poison))
				loggedIn(t, srv, "INBOX").talk(row.script)
			})
		})
	}
}

func TestPoisonGoesWithTheMessage(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		must(t, srv.CreateMailbox("alice", "Work"))
		deliver(t, srv, "INBOX", hello)
		must(t, srv.Poison("alice", "INBOX", 1, &Poison{Size: 1}))
		must(t, second(srv.Move("alice", "INBOX", "Work", 1)))
		must(t, srv.Rebuild("alice", "Work", &RebuildOptions{NewIDs: true}))
		loggedIn(t, srv, "Work").talk("C: A1 FETCH 1 RFC822.SIZE\nS: * 1 FETCH (RFC822.SIZE 1)\nS: A1 OK...")
		if err := srv.Poison("alice", "INBOX", 1, nil); err == nil {
			t.Error("no error for a message that is not there")
		}
	})
}
