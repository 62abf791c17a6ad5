// Package peers holds what compares Idlewild with others: tests of imaptest's
// server with another client, differential tests of our client, benchmarks,
// and a driver for measuring it against any server. It reaches no user.
package peers
