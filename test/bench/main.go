// Command bench measures krm-fn against programs that users might choose instead, and writes what it finds to
// docs/performance.md.
//
// In: the programs, built from this module and from those under tools/, and inputs that test/bench/input makes.
// Out: tables of CPU time, time by the clock and memory, and whether krm-fn keeps to its bars. The command imports none
// of the product's packages: it runs the program that users run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

type streams struct {
	in       io.Reader
	out, err io.Writer
}

func run(ctx context.Context, args []string, s streams) error {
	if len(args) > 0 {
		switch args[0] {
		case "compare":
			return compare(ctx, args[1:], s)
		case "generate":
			return generate(args[1:], s)
		case measureCommand:
			return measure(ctx, s)
		}
	}
	return errors.New("write compare or generate; -h after either tells the flags")
}

// generate writes one form of a set.
func generate(args []string, s streams) error {
	flags := flag.NewFlagSet("bench generate", flag.ContinueOnError)
	flags.SetOutput(s.err)
	apis := flags.Int("n", 1, "how many APIs")
	documents := flags.String("documents", string(input.Small),
		"size of the OpenAPI documents: small (30 lines) or big (1,600 lines)")
	form := flags.String("form", "package", "package, list (to standard output), kustomization, kpt, chart or openapi")
	function := flags.String("function", "krm-fn", "program that the kustomization or the Kptfile calls")
	dir := flags.String("o", "", "folder to write to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	set := input.Set{APIs: *apis, Documents: input.Documents(*documents)}
	if *form == "list" {
		return set.ResourceList(s.out)
	}
	if *dir == "" {
		return errors.New("-o: name the folder to write to")
	}
	switch *form {
	case "package":
		return set.Package(*dir)
	case "kustomization":
		return set.Kustomization(*dir, *function)
	case "kpt":
		return set.Kpt(*dir, *function)
	case "chart":
		return set.Chart(*dir)
	case "openapi":
		return set.OpenAPI(*dir)
	}
	return fmt.Errorf("-form %s: not a form", *form)
}
