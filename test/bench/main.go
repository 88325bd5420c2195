// Command bench measures krm-fn against programs that users might choose instead.
//
// bench generate writes an input of any size. It imports none of the product's packages.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "generate" {
		return generate(args[1:], stdout, stderr)
	}
	return errors.New("write generate, and what to generate")
}

// generate writes one form of a set.
func generate(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench generate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	apis := flags.Int("n", 1, "how many APIs")
	documents := flags.String("documents", string(input.Small), "size of the OpenAPI documents: small (30 lines) or big (1,600 lines)")
	form := flags.String("form", "package", "package, list (to standard output), kustomization, kpt, chart, score or openapi")
	function := flags.String("function", "krm-fn", "program that the kustomization or the Kptfile calls")
	dir := flags.String("o", "", "folder to write to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	set := input.Set{APIs: *apis, Documents: input.Documents(*documents)}
	if *form == "list" {
		return set.ResourceList(stdout)
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
	case "score":
		return set.Score(*dir)
	case "openapi":
		return set.OpenAPI(*dir)
	}
	return fmt.Errorf("-form %s: not a form", *form)
}
