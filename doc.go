// Package idlewild is the root of a module and holds no code. Go to
//
//   - [github.com/idlewild-mail/idlewild/imap], the IMAP client: dial, log in,
//     select, search, fetch, idle. Most programs import only this one.
//   - [github.com/idlewild-mail/idlewild/watch], a mailbox followed for ever: it
//     reconnects, resumes from a cursor, and loses nothing.
//   - [github.com/idlewild-mail/idlewild/imap/imaptest], an IMAP server in memory
//     for your tests, which can be told to misbehave.
//   - github.com/idlewild-mail/idlewild/cmd/idlewild, the command: a module of
//     its own, so that what it depends on never reaches a program that imports
//     the packages above.
//
// Which package may import which is a table in layers_test.go, kept by a test.
package idlewild
