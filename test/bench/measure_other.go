//go:build !unix

package main

import (
	"os"
	"os/exec"
)

// stopWithChildren leaves the program as it is: a limit ends only that process.
func stopWithChildren(*exec.Cmd) {}

// peakMemory returns nothing on systems without getrusage(2).
func peakMemory(*os.ProcessState) int64 { return 0 }
