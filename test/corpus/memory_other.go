//go:build !unix

package main

import "os"

// peakMemory returns nothing on systems without getrusage(2).
func peakMemory(*os.ProcessState) int64 { return 0 }
