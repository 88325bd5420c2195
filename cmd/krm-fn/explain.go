package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// drawings are the formats of chains.
var drawings = map[string]func(io.Writer, []*check.Link){
	"text":    drawText,
	"mermaid": drawMermaid,
	"dot":     drawDot,
	"json":    drawJSON,
	"svg":     drawSVG,
}

func newExplain() *cobra.Command {
	var flags checkFlags
	var format string
	var all bool
	cmd := &cobra.Command{
		Use:   "explain {hpa/NAME | --all} PATH...|-",
		Short: "Show the chain from a scaler to the pods that serve its metrics",
		Long: `explain shows every link that produces the metrics of one scaler, with the object, file, line, and field that
define it, and marks the broken links, each with its problem. A scaler is a HorizontalPodAutoscaler (hpa/NAME) or, of KEDA, a
ScaledObject (so/NAME) or ScaledJob (sj/NAME). The exit code is 1 if a link is broken.`,
		Example: `  krm-fn explain hpa/products-api manifests
  krm-fn explain so/orders manifests

  # a picture of the chains of all scalers
  kustomize build . | krm-fn explain --all -o svg - > chains.svg`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 && !all {
				return errors.New("name a scaler, such as hpa/products-api, or use --all, " +
					"and the files or directories that contain it")
			}
			return nil
		},
		ValidArgsFunction: completeScaler,
		RunE: func(cmd *cobra.Command, args []string) error {
			draw, ok := drawings[format]
			if !ok {
				return fmt.Errorf("--output: %q is not one of %s", format, strings.Join(sortedNames(drawings), ", "))
			}
			name := ""
			if !all {
				name, args = args[0], args[1:]
			}
			in, read, ps := flags.input(args, cmd.InOrStdin())
			if err := report(cmd.ErrOrStderr(), located(slices.Concat(read, ps), sourcesOf(in))); err != nil {
				return err
			}
			chains, ps := chainsOf(in, name)
			err := report(cmd.ErrOrStderr(), located(ps, sourcesOf(in)))
			if len(chains) == 0 {
				return err
			}
			check.Locate(chains, sourcesOf(in))
			draw(cmd.OutOrStdout(), chains)
			if slices.ContainsFunc(chains, func(l *check.Link) bool { return l.Problematic().HasErrors() }) {
				return errProblems
			}
			return err
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "show the chains of all scalers of the input")
	cmd.Flags().StringVarP(&format, "output", "o", "text", "format: "+strings.Join(sortedNames(drawings), ", "))
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "format" {
			name = "output" // Its older name.
		}
		return pflag.NormalizedName(name)
	})
	complete(cmd, "output", sortedNames(drawings))
	return cmd
}

// chainsOf returns the chain of a scaler, or of all if the name is empty.
func chainsOf(in check.Input, name string) ([]*check.Link, model.Problems) {
	if name == "" {
		return check.ExplainAll(in)
	}
	chain, ps := check.Explain(in, name)
	if chain == nil {
		return nil, ps
	}
	return []*check.Link{chain}, ps
}

// drawText draws chains as trees. Each link has its place, with its problems below it.
func drawText(w io.Writer, chains []*check.Link) {
	for i, l := range chains {
		if i > 0 {
			_, _ = fmt.Fprintln(w)
		}
		drawBranch(w, l, "", "")
	}
}

func drawBranch(w io.Writer, l *check.Link, first, rest string) {
	mark := ""
	if l.Broken() {
		mark = "BROKEN "
	}
	text := fmt.Sprintf("%s%s: %s", mark, l.Role, oneLine(l.What))
	if at := l.Where(); at != "" {
		text += "  (" + oneLine(at) + ")"
	}
	_, _ = fmt.Fprintln(w, first+text)
	below := rest + "    "
	if len(l.Links) > 0 {
		below = rest + "│   "
	}
	for _, p := range l.Problems {
		_, _ = fmt.Fprintln(w, below+"! "+p.String())
	}
	for i, c := range l.Links {
		if i < len(l.Links)-1 {
			drawBranch(w, c, rest+"├── ", rest+"│   ")
		} else {
			drawBranch(w, c, rest+"└── ", rest+"    ")
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
