package check

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

var updatePublished = flag.Bool("update-published", false, "write the verdicts in testdata/published and fail")

// objects reads manifests as the items of a list.
func objects(t *testing.T, text string) []*krm.Item {
	t.Helper()
	docs, ps := krm.ParseAll(text, model.Place{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	var items []*krm.Item
	for _, d := range docs {
		items = append(items, krm.NewItem(d.Root))
	}
	return items
}

// verdict is what is printed of problems.
func verdict(ps model.Problems) string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

// optional reads a file that need not exist.
func optional(t *testing.T, path string) ([]byte, bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return text, err == nil
}

// TestPublished judges reduced forms of sets of manifests that others have published. Each NAME.yaml cites its source in
// its first lines. NAME.values.yaml are values of the adapter's chart, NAME.metrics is a page of the workload "app".
func TestPublished(t *testing.T) {
	files, err := filepath.Glob("testdata/published/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		base := strings.TrimSuffix(file, ".yaml")
		if strings.HasSuffix(base, ".values") {
			continue
		}
		t.Run(filepath.Base(base), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := Input{Items: objects(t, string(text))}
			if values, ok := optional(t, base+".values.yaml"); ok {
				in.Rules = []Text{{Place: model.Place{File: "values.yaml"}, Text: values}}
			}
			if page, ok := optional(t, base+".metrics"); ok {
				in.Samples = []Sample{{Workload: "app", Text: Text{Place: model.Place{File: "app.metrics"}, Text: page}}}
			}
			got := verdict(Run(in))
			if *updatePublished {
				if err := os.WriteFile(base+".txt", []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				t.Error("wrote " + base + ".txt")
			}
			want, err := os.ReadFile(base + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
