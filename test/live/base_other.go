//go:build !linux

package live

func base() string { return "" }
