// Command krm-fn renders autoscaled, managed APIs into Kubernetes manifests: as a KRM function when a ResourceList comes
// on standard input, and on files with its subcommands. It holds flags, streams and exit codes; the work is in pkg/gen
// and pkg/check.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
)

// By how many percent the memory in use may grow before the garbage collector runs: a small run ends before it has to, and
// a large one holds on to little, so that collecting often costs less time than memory.
const (
	collectFirst = 400
	collectAt    = 50
)

func main() {
	debug.SetGCPercent(collectFirst)
	// The value is garbage, which the first collection finds.
	runtime.AddCleanup(new([64]byte), func(int) { debug.SetGCPercent(collectAt) }, 0)
	os.Exit(Run(context.Background(), Env{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Dir: "."}))
}
