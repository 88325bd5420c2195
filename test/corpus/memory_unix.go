//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory returns ru_maxrss of getrusage(2) in bytes: Darwin counts bytes, all others count KiB.
func peakMemory(state *os.ProcessState) int64 {
	r, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return r.Maxrss
	}
	return r.Maxrss << 10
}
