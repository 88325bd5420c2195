//go:build unix

package main

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// stopWithChildren makes a limit end the program's children, too.
func stopWithChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// peakMemory returns ru_maxrss of getrusage(2) in bytes: Darwin counts bytes, all others count KiB.
func peakMemory(state *os.ProcessState) int64 {
	r, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	unit := int64(1024)
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return r.Maxrss * unit
}
