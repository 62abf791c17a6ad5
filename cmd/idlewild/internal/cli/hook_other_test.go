//go:build !unix

package cli

func stubborn(string) func() { return func() {} }
