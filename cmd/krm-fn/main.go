// Command krm-fn renders autoscaled, managed APIs into Kubernetes manifests: as a KRM function when a ResourceList comes
// on standard input, and on files with its subcommands. It holds flags, streams and exit codes; the work is in pkg/gen
// and pkg/check.
package main

import (
	"context"
	"os"
	"runtime/debug"
)

// collectAt is by how many percent the memory in use may grow before the garbage collector runs. Runs are short and hold on
// to little, so that collecting twice as often as usual costs less time than can be measured.
const collectAt = 50

func main() {
	debug.SetGCPercent(collectAt)
	os.Exit(Run(context.Background(), Env{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Dir: "."}))
}
