// Command gateway measures HAProxy with the configuration that krm-fn renders beside configurations that a person would write for
// the same API, of HAProxy and, where it is installed, of nginx.
//
// In: the program krm-fn, and haproxy. Out: a table of CPU time, requests per second, and latencies, on standard output. Each round
// measures all of them in turn, so they see the same machine; what counts are the ratios. Everything listens on loopback addresses
// only. The command imports none of the product's packages: it runs the program that users run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/krm-fn/krm-fn/test/tools"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}

// settings are the flags.
type settings struct {
	rounds, connections int
	each                time.Duration
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var s settings
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.rounds, "rounds", 7, "how often everything is measured")
	flags.DurationVar(&s.each, "each", time.Second, "for how long")
	flags.IntVar(&s.connections, "connections", 8, "connections that send requests one after the other")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := tools.FindRoot()
	if err != nil {
		return err
	}
	krmFn, err := tools.ProgramKrmFn(root)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-gateway")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	l := &lab{settings: s, dir: dir, krmFn: krmFn, stderr: stderr}
	defer l.stop()
	if err := l.start(); err != nil {
		return err
	}
	if err := l.measure(ctx); err != nil {
		return err
	}
	return l.table(stdout)
}
