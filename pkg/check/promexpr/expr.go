package promexpr

import (
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Selectors are the series selectors of an expression.
func Selectors(e parser.Expr) []*parser.VectorSelector {
	var out []*parser.VectorSelector
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			out = append(out, s)
		}
		return nil
	})
	return out
}

// Contradiction finds two matchers of one selector that no series can both match. It leaves out the labels open.
func Contradiction(e parser.Expr, open []string) (a, b *labels.Matcher) {
	for _, s := range Selectors(e) {
		for _, a := range s.LabelMatchers {
			if a.Type != labels.MatchEqual || slices.Contains(open, a.Name) {
				continue
			}
			for _, b := range s.LabelMatchers {
				if b.Name == a.Name && !b.Matches(a.Value) {
					return a, b
				}
			}
		}
	}
	return nil, nil
}

// MatchersOn are the matchers of an expression on a label.
func MatchersOn(e parser.Expr, label string) []*labels.Matcher {
	var out []*labels.Matcher
	for _, s := range Selectors(e) {
		for _, m := range s.LabelMatchers {
			if m.Name == label {
				out = append(out, m)
			}
		}
	}
	return out
}

// Parser is Prometheus' parser with everything allowed that some Prometheus may have switched on. holt_winters is what
// double_exponential_smoothing was called before Prometheus 3.
var Parser = parser.NewParser(parser.Options{
	EnableExperimentalFunctions: true, EnableBinopFillModifiers: true, Functions: promFunctions(),
})

func promFunctions() map[string]*parser.Function {
	fns := maps.Clone(parser.Functions)
	old := *fns["double_exponential_smoothing"]
	old.Name = "holt_winters"
	fns[old.Name] = &old
	return fns
}
