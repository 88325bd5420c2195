//go:build !unix

package main

import (
	"os"
	"os/exec"
)

// stopWithChildren leaves the program as it is: a limit ends it alone.
func stopWithChildren(*exec.Cmd) {}

// peakMemory knows nothing where there is no getrusage(2).
func peakMemory(*os.ProcessState) int64 { return 0 }
