package search

import "github.com/idlewild-mail/idlewild/imap/wire"

// Keyword finds the messages that have a keyword, such as "$Junk". System
// flags are not keywords: for \Seen there is [Seen].
func Keyword[F ~string](flag F) Query { return keyword{"KEYWORD", string(flag)} }

// Unkeyword finds the messages that have not got a keyword.
func Unkeyword[F ~string](flag F) Query { return keyword{"UNKEYWORD", string(flag)} }

type keyword struct{ key, flag string }

// AppendTo adds the key and the keyword.
func (q keyword) AppendTo(c *wire.Command) {
	if len(q.flag) > 0 && q.flag[0] == '\\' {
		fail(c, "keyword", "", "a flag with a backslash has a key of its own, such as SEEN")
		return
	}
	c.Atom(q.key).Flag(q.flag)
}
