package gen

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// Without inputs, the output has everything else.
func TestRunWithoutInputs(t *testing.T) {
	text, err := os.ReadFile("../../testdata/foreign-items/input.yaml")
	if err != nil {
		t.Fatal(err)
	}
	run := func(without bool) (items []string, rendered int) {
		list, ps := krm.ReadList(bytes.NewReader(text))
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		out, ps := Run(Input{Items: list.Items, Config: list.FunctionConfig, WithoutInputs: without})
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		for _, it := range out.Items {
			if !without && it.Annotations[krm.LocalConfigAnnotation] == "true" {
				continue
			}
			items = append(items, string(it.Text()))
		}
		return items, len(out.Rendered)
	}
	want, rendered := run(false)
	got, again := run(true)
	if rendered == 0 || rendered != again {
		t.Errorf("%d objects with inputs, %d without", rendered, again)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-with +without):\n%s", diff)
	}
}
