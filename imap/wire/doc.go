// Package wire reads and writes the syntax of IMAP4rev1 and IMAP4rev2
// (RFC 3501 §9, RFC 9051 §9): lines, literals, atoms, strings, numbers, lists,
// number sets. It knows no meaning: what a FETCH is, package imap says.
//
// Reading has two floors. A [Framer] cuts the byte stream into responses and
// needs no understanding to do so: where a response ends follows from its line
// ends, its quotes and its literals alone. So a response that nobody
// understands can always be skipped, and its literals are never mistaken for
// responses. A [Reader] then takes tokens from one framed response, in memory,
// with nothing left to wait for.
//
// Writing has one: a [Command] is built of typed arguments and rendered into
// segments, which say where the server's continuation must be awaited. No
// argument can put a CR, LF or NUL on a command line.
//
// The package starts no goroutine, waits for nothing but its io.Reader, and
// takes all sizes from [Limits].
package wire
