//go:build race

package oneproc

import "runtime"

var _ = runtime.GOMAXPROCS(1)
