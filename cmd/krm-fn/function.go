package main

import (
	"fmt"
	"io"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// runFunction is the KRM function: a ResourceList in, a ResourceList out. The output is complete even if there are errors, because
// kpt reads the results from it.
func runFunction(root string, stdin io.Reader, stdout, stderr io.Writer) error {
	list, ps := krm.ReadList(stdin)
	if ps.HasErrors() {
		return report(stderr, located(ps, krm.Sources{}))
	}
	items, sources, more := gen.Function(list, root)
	ps.Add(more...)
	ps = located(ps, sources)
	if err := writeList(stdout, list, items, ps); err != nil {
		return err
	}
	return report(stderr, ps)
}

func writeList(stdout io.Writer, list *krm.List, items []*krm.Item, ps model.Problems) error {
	results, err := krm.Results(ps)
	if err != nil {
		return &failure{err}
	}
	if err := list.Write(stdout, items, results); err != nil {
		return &failure{fmt.Errorf("standard output: %w", err)}
	}
	return nil
}
