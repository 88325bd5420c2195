// Command krm-fn renders autoscaled, managed APIs into Kubernetes manifests: as a KRM function when a ResourceList comes
// on standard input, and on files with its subcommands. It holds flags, streams and exit codes; the work is in pkg/gen
// and pkg/check.
package main

import (
	"context"
	"os"

	_ "github.com/krm-fn/krm-fn/cmd/krm-fn/internal/gc"
)

func main() {
	os.Exit(Run(context.Background(), Env{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Dir: "."}))
}
