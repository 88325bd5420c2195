package swagger

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// testPlace is where the texts of the tests stand.
var testPlace = model.Place{File: "api.yaml"}

// read gives the facts of a text, one in a line, and its problems as they are printed.
func read(text string) (facts, problems []string) {
	doc, ps := Read(text, testPlace)
	if doc != nil {
		facts = append(facts, fmt.Sprintf("title %q, version %q, mode %q, base path %q, %d operations",
			doc.Title, doc.Version, doc.Mode, doc.BasePath, doc.OperationCount))
		for _, e := range doc.Endpoints {
			what := "url " + e.URL
			if e.Target.Name != "" {
				what = "target " + e.Target.String()
			}
			facts = append(facts, fmt.Sprintf("%s %s at %s line %d", e.Stage, what, e.Place.Field, e.Place.Line))
		}
	}
	return facts, printed(ps)
}

func printed(ps model.Problems) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

// check compares what was found in a text with what should be.
func check(t *testing.T, text string, wantFacts, wantProblems []string) {
	t.Helper()
	facts, problems := read(text)
	if d := cmp.Diff(wantFacts, facts); d != "" {
		t.Errorf("facts (-want +got):\n%s", d)
	}
	if d := cmp.Diff(wantProblems, problems); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}
