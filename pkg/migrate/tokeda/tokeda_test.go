package tokeda_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/migrate/tokeda"
	"github.com/krm-fn/krm-fn/pkg/model"
)

var update = flag.Bool("update", false, "write the expected outputs anew, and fail")

// TestRun compares what comes out of each case with the expected text: problems, report, and files.
func TestRun(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(cases) < 4 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, file := range cases {
		t.Run(filepath.Base(file), func(t *testing.T) {
			items := readItems(t, file)
			got := text(tokeda.Run(tokeda.Input{Items: items, Dir: "keda"}))
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				t.Errorf("%s was written; look at it", golden)
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			slices.Reverse(items)
			if diff := cmp.Diff(got, text(tokeda.Run(tokeda.Input{Items: items, Dir: "keda"}))); diff != "" {
				t.Errorf("it depends on the order of the items (-input +reversed):\n%s", diff)
			}
		})
	}
}

// TestResultIsSound checks the ScaledObjects together with the manifests that they are for.
func TestResultIsSound(t *testing.T) {
	items := readItems(t, "testdata/custom.yaml")
	out, ps := tokeda.Run(tokeda.Input{Items: items, Dir: "keda"})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	items = slices.DeleteFunc(items, func(it *krm.Item) bool { return it.Place.Object.Kind == "HorizontalPodAutoscaler" })
	scaled := 0
	for _, f := range out.Files {
		if strings.HasPrefix(f.Path, tokeda.ScaledObjectsDir+"/") {
			p, more := krm.ReadStream(bytes.NewReader(f.Text), f.Path)
			if more.HasErrors() {
				t.Fatal(more)
			}
			items, scaled = append(items, p.Items...), scaled+1
		}
	}
	if scaled != 4 {
		t.Errorf("%d ScaledObjects", scaled)
	}
	for _, p := range check.Run(check.Input{Items: items}) {
		// The case has no monitor for this one.
		if p.Severity != model.Info && (p.ID != model.ScrapeNone || p.Place.Object.Name != "queue-hpa") {
			t.Errorf("check: %s %s", p.Severity, p)
		}
	}
}

// TestRunWithPrometheus uses the URL of the input, and the rules in values of Helm.
func TestRunWithPrometheus(t *testing.T) {
	values := "rules:\n  default: false\n  custom:\n  - seriesQuery: 'http_requests_total{namespace!=\"\",pod!=\"\"}'\n    resources: {template: <<.Resource>>}\n" +
		"    name: {as: http_requests_per_second}\n    metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)\n"
	out, ps := tokeda.Run(tokeda.Input{
		Items: readItems(t, "testdata/no-server.yaml"), Dir: "keda", Prometheus: "http://thanos.example.com",
		Rules: []check.Text{{Place: model.Place{File: "values.yaml"}, Text: []byte(values)}},
	})
	if ps.HasErrors() || len(out.Files) != 2 || !strings.Contains(string(out.Files[1].Text), "serverAddress: http://thanos.example.com\n") {
		t.Errorf("%v\n%s", ps, text(out, nil))
	}
}

func readItems(t *testing.T, file string) []*krm.Item {
	t.Helper()
	p, ps := krm.ReadPackage(file)
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	return p.Items
}

func text(out tokeda.Output, ps model.Problems) string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "%s: %s: %s [%s]\n", p.Severity, p.Place, p.Message, p.ID)
	}
	if ps.HasErrors() {
		return b.String()
	}
	_ = out.Report.WriteText(&b)
	for _, f := range out.Files {
		fmt.Fprintf(&b, "\n==> %s\n%s", f.Path, f.Text)
	}
	return b.String()
}
