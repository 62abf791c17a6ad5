package live

import "syscall"

const (
	inMemory = "/dev/shm"
	roomy    = 4 << 30
)

// base is where servers have their directories: in memory if there is plenty,
// where a server that syncs every message is ten times as fast; "": elsewhere.
func base() string {
	var fs syscall.Statfs_t
	if syscall.Statfs(inMemory, &fs) != nil || int64(fs.Bavail)*int64(fs.Bsize) < roomy || syscall.Access(inMemory, 7) != nil {
		return ""
	}
	return inMemory
}
