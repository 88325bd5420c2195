package krm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// nested are ways to write a text of nested collections, n of them with a word inside.
var nested = map[string]func(n int) string{
	"mappings in blocks": func(n int) string { return mappings(n) + "word\n" },
	"lists on one line":  func(n int) string { return strings.Repeat("- ", n) + "word\n" },
	"lists in blocks": func(n int) string {
		var b strings.Builder
		for i := range n - 1 {
			fmt.Fprintf(&b, "%s-\n", strings.Repeat(" ", i))
		}
		return b.String() + strings.Repeat(" ", n-1) + "- word\n"
	},
	"lists in mappings": func(n int) string {
		return mappings(n-50) + "\n" + strings.Repeat(" ", n) + strings.Repeat("- ", 50) + "word\n"
	},
	"flow in mappings": func(n int) string { return mappings(n-3) + "[[[word]]]\n" },
	"flow":             func(n int) string { return strings.Repeat("[", n) + "word" + strings.Repeat("]", n) + "\n" },
	"JSON":             func(n int) string { return strings.Repeat("[", n) + `"word"` + strings.Repeat("]", n) + "\n" },
}

// mappings is n nested mappings without the innermost value.
func mappings(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\n%sa:", strings.Repeat(" ", i))
	}
	return strings.TrimPrefix(b.String(), "\n") + " "
}

// TestDepth checks that every text is read down to the same depth, whichever parser reads it, and that no parser goes deeper.
func TestDepth(t *testing.T) {
	parsers := map[string]func(string) model.Problems{
		"Parse":       func(text string) model.Problems { _, ps := krm.Parse(text, model.Place{}); return ps },
		"ParseValues": func(text string) model.Problems { _, ps := krm.ParseValues(text, model.Place{}); return ps },
	}
	for layout, text := range nested {
		for name, parse := range parsers {
			for n, want := range map[int]string{99: "", 100: "", 101: "", 102: "", 200: "", 201: "is nested deeper than 200 levels"} {
				got := ""
				for _, p := range parse(text(n)) {
					got += p.Message
					if p.ID != model.InputLimit {
						t.Errorf("%s: %d %s: ID %s", name, n, layout, p.ID)
					}
				}
				if got != want {
					t.Errorf("%s: %d %s: got %q, want %q", name, n, layout, got, want)
				}
			}
		}
	}
}

// TestDepthOfItems checks the same for an item of a list, which is three levels down there.
func TestDepthOfItems(t *testing.T) {
	const head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- kind: A\n"
	for n, want := range map[int]string{195: "", 260: "is nested deeper than 200 levels"} {
		list := head + "  " + strings.ReplaceAll(mappings(n), "\n", "\n  ") + "word\n"
		got := ""
		l, ps := krm.ReadList(strings.NewReader(list))
		for _, p := range ps {
			got += p.Message
		}
		if got != want {
			t.Errorf("%d levels: got %q, want %q", n, got, want)
		}
		if want == "" && (len(l.Items) != 1 || l.Items[0].Place.Object.Kind != "A") {
			t.Errorf("%d levels: items %v", n, l.Items)
		}
	}
}
