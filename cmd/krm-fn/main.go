// Command krm-fn renders autoscaled, managed APIs into Kubernetes manifests. Without arguments, it is a KRM function that reads
// a ResourceList from standard input; its subcommands read files. It contains flags, streams, and exit codes; the work is in
// pkg/gen and pkg/check.
package main

import (
	"context"
	"os"

	_ "github.com/krm-fn/krm-fn/cmd/krm-fn/internal/gc"
)

func main() {
	os.Exit(Run(context.Background(), Env{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Dir: "."}))
}
