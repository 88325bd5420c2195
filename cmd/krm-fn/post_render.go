package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func newPostRender(stdout manifests) *cobra.Command {
	var flags renderFlags
	cmd := &cobra.Command{
		Use:   "post-render",
		Short: "Render as a post-renderer of Helm: what Helm rendered passes through, and the rest is added",
		Long: `post-render reads the manifests of a release from standard input, and writes them to standard output with what krm-fn
renders for them: monitors, and everything for APIs and TargetEndpoints. Other manifests keep their bytes.

The adapter is usually another release, and a ConfigMap belongs to one release only. So the rules are not written, unless the
release contains the adapter. Use --adapter-values to get them as values for the release of the adapter.`,
		Example: `  helm upgrade --install orders charts/orders --post-renderer krm-fn \
    --post-renderer-args post-render --post-renderer-args --all-scalers`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return postRender(cmd.InOrStdin(), stdout, cmd.ErrOrStderr(), flags)
		},
	}
	flags.add(cmd)
	return cmd
}

func postRender(stdin io.Reader, stdout, stderr io.Writer, flags renderFlags) error {
	text, ps := krm.ReadText(stdin, model.Place{File: "-"})
	p, more := krm.ReadStream(strings.NewReader(text), "-")
	ps.Add(more...)
	r := renderInput{renderFlags: flags}
	ps.Add(r.readConfig()...)
	ps.Add(r.read("-", p.Items, p.Root)...)
	out, more := gen.Run(r.input())
	ps.Add(more...)
	kept, more := keepTexts(text, p.Items, out.Items)
	ps.Add(more...)
	added := out.Rendered
	if rules := out.Rules; rules != nil && !rules.InInput {
		added = slices.DeleteFunc(slices.Clone(added), func(it *krm.Item) bool { return it == rules.ConfigMap })
		if flags.adapterValues == "" {
			ps.Infof(model.AdapterConfig, model.Place{}, "the adapter needs rules for %s, which are not a part of the release; write them with "+
				"--adapter-values FILE, and give them to the release of the adapter", strings.Join(rules.Metrics, ", "))
		}
	}
	sources := krm.Sources{Items: p.Items, ReadFile: r.readFile, Origin: out.Origin}
	if err := report(stderr, located(ps, sources)); err != nil {
		return err
	}
	if _, err := flags.withoutRules(out); err != nil {
		return err
	}
	if err := writeKept(stdout, kept, added); err != nil {
		return &failure{err}
	}
	return nil
}

// keepTexts returns the documents of a stream as they are, except for those whose items are not in the output of a run, because
// they are inputs or are rendered again.
func keepTexts(text string, items, output []*krm.Item) (string, model.Problems) {
	var ps model.Problems
	remains := make(map[*krm.Item]bool, len(output))
	for _, it := range output {
		remains[it] = true
	}
	// cut has the numbers of the documents that are left out; kept has one item of each other document.
	cut, kept := map[int]bool{}, map[int]bool{}
	lines := strings.SplitAfter(text, "\n")
	documents, document := make([]int, len(lines)), 0
	for i, line := range lines {
		if isSeparator(line) {
			document++
		}
		documents[i] = document
	}
	for _, it := range items {
		of := documents[max(int(it.Place.Begin), 1)-1]
		if remains[it] {
			kept[of] = true
		} else {
			cut[of] = true
		}
		if cut[of] && kept[of] {
			ps.Errorf(model.OutputConflict, it.Place, "is in a document with other objects, so only one of them cannot be replaced; use "+
				"one document for each object")
		}
	}
	var out strings.Builder
	for i, line := range lines {
		if !cut[documents[i]] {
			out.WriteString(line)
		}
	}
	return out.String(), ps
}

// isSeparator reports whether a line begins a YAML document.
func isSeparator(line string) bool {
	rest, ok := strings.CutPrefix(line, "---")
	return ok && (strings.TrimRight(rest, "\r\n") == "" || rest[0] == ' ' || rest[0] == '\t')
}

// writeKept writes documents as they are, and the rendered objects behind them.
func writeKept(w io.Writer, kept string, added []*krm.Item) error {
	var out bytes.Buffer
	out.WriteString(kept)
	if len(added) > 0 && kept != "" {
		if !strings.HasSuffix(kept, "\n") {
			out.WriteString("\n")
		}
		out.WriteString("---\n")
	}
	if err := writeDocuments(&out, added); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}
