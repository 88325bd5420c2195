package check

import (
	rand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// example reads a text that the documentation of a check shows: bad.yaml or good.yaml.
func example(t testing.TB, c Check, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "checks", strings.ReplaceAll(string(c.ID), "/", "-"), file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// examples returns the objects that the documentation of all checks shows.
func examples(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, c := range Checks {
		out = append(out, example(t, c, "bad.yaml"), example(t, c, "good.yaml"))
	}
	return out
}

// TestOrder judges the same objects in other orders.
func TestOrder(t *testing.T) {
	var items []*krm.Item
	for _, text := range append(examples(t), prometheusMain, annotatedWeb, chainIn("prod"), chainIn("test")) {
		items = append(items, itemsOf(t, text)...)
	}
	want := Run(Input{Items: items})
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		if diff := cmp.Diff(want, Run(Input{Items: items})); diff != "" {
			t.Fatalf("problems (-first +shuffled):\n%s", diff)
		}
	}
}

// FuzzRun judges whatever can be parsed.
func FuzzRun(f *testing.F) {
	for _, text := range examples(f) {
		f.Add(text, 0)
	}
	f.Add(chainIn("prod")+serviceWeb+monitorWeb+prometheusMain, 30)
	f.Add(hpaWith("v1", "  maxReplicas: 1\n  targetCPUUtilizationPercentage: 1\n"), 20)
	f.Add("{apiVersion: v1, kind: List, items: [{kind: Pod}, 1, {apiVersion: v1, kind: List, items: [null]}]}", 0)
	f.Fuzz(func(t *testing.T, text string, minor int) {
		docs, ps := krm.ParseAll(text, model.Place{})
		if len(ps) > 0 {
			return
		}
		in := Input{Minor: minor}
		for _, d := range docs {
			in.Items = append(in.Items, krm.NewItem(d.Root))
		}
		first := Run(in)
		if diff := cmp.Diff(first, Run(in)); diff != "" {
			t.Errorf("problems (-first +second):\n%s", diff)
		}
		all, _ := Scalings(in)
		for _, s := range all {
			if len(s.Sources) != len(s.Spec.Metrics) || s.KEDA != nil && s.KEDA.PollingInterval <= 0 {
				t.Errorf("%s cannot be simulated: %+v", s.Place.Object, s)
			}
		}
	})
}

// TestExamplesOfChecks runs every check on the examples that its documentation shows.
func TestExamplesOfChecks(t *testing.T) {
	run := func(c Check, file string) (ps model.Problems) {
		in := Input{Items: itemsOf(t, example(t, c, file))}
		for _, it := range in.Items {
			if it.Place.Object.Name != "sample" {
				continue
			}
			for workload, page := range krm.TextMap(it.Node(), "data") {
				in.Samples = append(in.Samples, Sample{Workload: workload, Text: Text{Text: []byte(page)}})
			}
		}
		w, _ := newWorld(in)
		c.run(w, &ps)
		return ps
	}
	for _, c := range Checks {
		if len(run(c, "bad.yaml")) == 0 {
			t.Errorf("%s finds nothing in its bad example", c.ID)
		}
		if diff := cmp.Diff(model.Problems(nil), run(c, "good.yaml")); diff != "" {
			t.Errorf("%s finds problems in its good example (-want +got):\n%s", c.ID, diff)
		}
	}
	if dirs, err := os.ReadDir("testdata/checks"); err != nil || len(dirs) != len(Checks) {
		t.Errorf("there are examples of %d checks, and %d checks: %v", len(dirs), len(Checks), err)
	}
}
