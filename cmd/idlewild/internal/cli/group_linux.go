package cli

import "syscall"

// dieWithUs has the kernel send SIGTERM to a process when we end, however that
// comes: its event is reported again by the next run, and two should not handle
// it at once.
func dieWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }
