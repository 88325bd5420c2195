package check

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// itemsOf reads the objects of a text.
func itemsOf(t testing.TB, text string) []*krm.Item {
	t.Helper()
	docs, ps := krm.ParseAll(text, model.Place{})
	if len(ps) > 0 {
		t.Fatalf("the input of the test is broken: %v", ps)
	}
	var items []*krm.Item
	for _, d := range docs {
		items = append(items, krm.NewItem(d.Root))
	}
	return items
}

// findings are the problems that one check finds, a line each.
func findings(t testing.TB, run func(w *world, ps *model.Problems), text string, minor int, complete ...bool) []string {
	t.Helper()
	w, decoding := newWorld(Input{Items: itemsOf(t, text), Minor: minor, Complete: slices.Contains(complete, true)})
	var ps model.Problems
	run(w, &ps)
	var out []string
	for _, p := range ps.WithoutFollowUps(decoding).Sorted() {
		out = append(out, p.String())
	}
	return out
}

// checkCase is an input of a check and the problems that it shall find.
type checkCase struct {
	name, text string
	minor      int
	complete   bool
	want       []string
}

func runCases(t *testing.T, run func(w *world, ps *model.Problems), cases []checkCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, findings(t, run, tc.text, tc.minor, tc.complete)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
