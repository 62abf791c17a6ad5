package sim

import (
	"bytes"
	"math/rand/v2"
	"strconv"
)

// framer cuts what a server says into responses. It knows no more of IMAP than
// where a literal is, and nothing of the code that it helps to test.
type framer struct{ rest []byte }

// add takes bytes and returns the responses that are whole now.
func (f *framer) add(p []byte) (whole [][]byte) {
	f.rest = append(f.rest, p...)
	for {
		n := frameEnd(f.rest)
		if n < 0 {
			return whole
		}
		whole = append(whole, bytes.Clone(f.rest[:n]))
		f.rest = f.rest[n:]
	}
}

// frameEnd is where the first response ends; -1: it is not whole.
func frameEnd(b []byte) int {
	at := 0
	for {
		i := bytes.Index(b[at:], []byte("\r\n"))
		if i < 0 {
			return -1
		}
		size, ok := literal(b[at : at+i])
		at += i + 2
		if !ok {
			return at
		}
		if at += size; at > len(b) {
			return -1
		}
	}
}

// literal says whether a line ends by announcing a literal, and how long it is.
func literal(line []byte) (size int, ok bool) {
	if !bytes.HasSuffix(line, []byte("}")) {
		return 0, false
	}
	open := bytes.LastIndexByte(line, '{')
	if open < 0 {
		return 0, false
	}
	size, err := strconv.Atoi(string(line[open+1 : len(line)-1]))
	return size, err == nil && size >= 0
}

// isFetch says whether a response is "* n FETCH".
func isFetch(response []byte) bool {
	word := bytes.SplitN(response, []byte(" "), 4)
	return len(word) == 4 && string(word[0]) == "*" && string(word[2]) == "FETCH"
}

// shuffle puts answers to FETCH that follow each other into another order, and
// says some of them twice: both is a server's right (RFC 9051 §7). What may not
// be moved stays where it is.
func shuffle(responses [][]byte, r *rand.Rand) (all [][]byte) {
	for i := 0; i < len(responses); {
		j := i
		for j < len(responses) && isFetch(responses[j]) {
			j++
		}
		run := responses[i:j]
		r.Shuffle(len(run), func(a, b int) { run[a], run[b] = run[b], run[a] })
		all = append(all, run...)
		if len(run) > 0 && r.IntN(4) == 0 {
			all = append(all, run[r.IntN(len(run))])
		}
		if j < len(responses) {
			all = append(all, responses[j])
		}
		i = j + 1
	}
	return all
}
