//go:build !linux

package test

var partitionRoles map[string]func(args []string) error
