package check

import (
	rand "math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// examples are the objects that the documentation of all checks shows.
func examples() []string {
	var out []string
	for _, c := range Checks {
		out = append(out, c.Bad, c.Good)
	}
	return out
}

// TestOrder judges the same objects in other orders.
func TestOrder(t *testing.T) {
	var items []*krm.Item
	for _, text := range append(examples(), prometheusMain, annotatedWeb, chainIn("prod"), chainIn("test")) {
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
	for _, text := range examples() {
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
	})
}
