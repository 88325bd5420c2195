package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// drawings are the formats of a chain.
var drawings = map[string]func(io.Writer, *check.Link){
	"text":    drawText,
	"mermaid": drawMermaid,
	"dot":     drawDot,
}

func newExplain() *cobra.Command {
	var flags checkFlags
	var format string
	cmd := &cobra.Command{
		Use:   "explain hpa/NAME PATH...|-",
		Short: "Show the chain from a scaler to the pods that serve its metrics",
		Long: `explain shows every link that produces the metrics of one scaler, with the object, file, line, and field that
define it, and marks the broken links. A scaler is a HorizontalPodAutoscaler (hpa/NAME) or, of KEDA, a ScaledObject (so/NAME)
or ScaledJob (sj/NAME).`,
		Example: `  krm-fn explain hpa/products-api manifests
  krm-fn explain so/orders manifests
  kustomize build . | krm-fn explain hpa/shop/products-api --format mermaid -`,
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: completeScaler,
		RunE: func(cmd *cobra.Command, args []string) error {
			draw, ok := drawings[format]
			if !ok {
				return fmt.Errorf("--format: %q is not one of %s", format, strings.Join(sortedNames(drawings), ", "))
			}
			in, read, ps := flags.input(args[1:], cmd.InOrStdin())
			if err := report(cmd.ErrOrStderr(), located(slices.Concat(read, ps), sourcesOf(in))); err != nil {
				return err
			}
			chain, ps := check.Explain(in, args[0])
			if err := report(cmd.ErrOrStderr(), located(ps, sourcesOf(in))); err != nil {
				return err
			}
			chain.Locate(sourcesOf(in))
			draw(cmd.OutOrStdout(), chain)
			if chain.Problematic().HasErrors() {
				return errProblems
			}
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&format, "format", "text", "format: "+strings.Join(sortedNames(drawings), ", "))
	complete(cmd, "format", sortedNames(drawings))
	return cmd
}

// drawText draws the chain as a tree. Each link has its place, with its problems below it.
func drawText(w io.Writer, l *check.Link) { drawBranch(w, l, "", "") }

func drawBranch(w io.Writer, l *check.Link, first, rest string) {
	mark := ""
	if l.Broken() {
		mark = "BROKEN "
	}
	text := fmt.Sprintf("%s%s: %s", mark, l.Role, oneLine(l.What))
	if at := where(l); at != "" {
		text += "  (" + oneLine(at) + ")"
	}
	_, _ = fmt.Fprintln(w, first+text)
	below := rest + "    "
	if len(l.Links) > 0 {
		below = rest + "│   "
	}
	for _, p := range l.Problems {
		_, _ = fmt.Fprintf(w, "%s! %s: %s [%s]\n", below, p.Severity, oneLine(p.Message), p.ID)
	}
	for i, c := range l.Links {
		if i < len(l.Links)-1 {
			drawBranch(w, c, rest+"├── ", rest+"│   ")
		} else {
			drawBranch(w, c, rest+"└── ", rest+"    ")
		}
	}
}

// where returns the file, line, and field of a link, as far as they are known.
func where(l *check.Link) string {
	at := model.Place{File: l.Place.File, Field: l.Place.Field}
	if l.Source.Line > 0 {
		at.File = fmt.Sprintf("%s:%d", l.Source.File, l.Source.Line)
	}
	return at.String()
}

// lines returns the text of a link and its place, for the drawings whose boxes have several lines.
func lines(l *check.Link) []string {
	out := []string{l.Role + ": " + oneLine(l.What)}
	if at := where(l); at != "" {
		out = append(out, oneLine(at))
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// drawMermaid draws the chain for https://mermaid.js.org.
func drawMermaid(w io.Writer, root *check.Link) {
	_, _ = fmt.Fprintln(w, "flowchart LR")
	quote := strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "\n", "<br>")
	eachEdge(root, func(id, parent int, l *check.Link) {
		_, _ = fmt.Fprintf(w, "  n%d[\"%s\"]\n", id, quote.Replace(strings.Join(lines(l), "\n")))
		if parent >= 0 {
			_, _ = fmt.Fprintf(w, "  n%d --> n%d\n", parent, id)
		}
		if l.Broken() {
			_, _ = fmt.Fprintf(w, "  style n%d stroke:#c00,stroke-width:3px\n", id)
		}
	})
}

// drawDot draws the chain for Graphviz.
func drawDot(w io.Writer, root *check.Link) {
	_, _ = fmt.Fprintln(w, "digraph chain {\n  rankdir=LR\n  node [shape=box]")
	eachEdge(root, func(id, parent int, l *check.Link) {
		style := ""
		if l.Broken() {
			style = ", color=red, penwidth=3"
		}
		_, _ = fmt.Fprintf(w, "  n%d [label=%q%s]\n", id, strings.Join(lines(l), "\n"), style)
		if parent >= 0 {
			_, _ = fmt.Fprintf(w, "  n%d -> n%d\n", parent, id)
		}
	})
	_, _ = fmt.Fprintln(w, "}")
}

// eachEdge numbers the links and calls f for each, with the number of its parent. The parent of the root is -1.
func eachEdge(root *check.Link, f func(id, parent int, l *check.Link)) {
	next := 0
	parents := []int{-1}
	root.Walk(func(l *check.Link, depth int) {
		parents = append(parents[:depth+1], next)
		f(next, parents[depth], l)
		next++
	})
}
