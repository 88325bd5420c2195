package lookup

import (
	rand "math/rand/v2"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// TestSuggester compares suggestions with those of krm.Suggest.
func TestSuggester(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	word := func() string {
		b := make([]byte, r.IntN(9))
		for i := range b {
			b[i] = "abcA-"[r.IntN(5)]
		}
		return string(b)
	}
	for range 2000 {
		names := make([]string, r.IntN(12))
		for i := range names {
			names[i] = word()
		}
		l := NewSuggester(names)
		for range 5 {
			name := word()
			if got, want := l.Suggest(name), krm.Suggest(name, names); got != want {
				t.Fatalf("of %q for %q: got %q, want %q", names, name, got, want)
			}
			if got, want := l.DidYouMean(name), krm.DidYouMean(name, names); got != want {
				t.Fatalf("of %q for %q: got %q, want %q", names, name, got, want)
			}
		}
	}
}

func TestSuggesterListsNamesAroundOne(t *testing.T) {
	few, many := NewSuggester([]string{"b", "a"}), NewSuggester([]string{"a", "b", "c", "d", "e", "f", "g"})
	for _, c := range []struct {
		in         *Suggester
		name, want string
	}{
		{few, "x", "a, b"},
		{many, "0", "a, b, c, d, e and 2 more"},
		{many, "dd", "c, d, e, f, g and 2 more"},
		{many, "d", "b, c, d, e, f and 2 more"},
		{many, "x", "c, d, e, f, g and 2 more"},
	} {
		if got := c.in.Around(c.name); got != c.want {
			t.Errorf("around %q: got %q, want %q", c.name, got, c.want)
		}
	}
}
