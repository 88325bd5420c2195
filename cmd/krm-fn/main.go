// Command krm-fn renders autoscaled, managed APIs into Kubernetes manifests: as a KRM function when a ResourceList comes
// on standard input, and on files with its subcommands. It holds flags, streams and exit codes; the work is in pkg/gen.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := Run(ctx, Env{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Dir: "."})
	stop()
	os.Exit(code)
}
