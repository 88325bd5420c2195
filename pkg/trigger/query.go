package trigger

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
)

// bind replaces each matcher for a text by others, and reports whether there was one. The text must not be anywhere else.
func bind(e parser.Expr, text string, to []*labels.Matcher) (bound, everywhere bool) {
	for _, s := range promexpr.Selectors(e) {
		var all []*labels.Matcher
		for _, m := range s.LabelMatchers {
			if m.Value == text && (m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp) {
				all, bound = append(all, to...), true
			} else {
				all = append(all, m)
			}
		}
		s.LabelMatchers = all
	}
	return bound, !strings.Contains(e.String(), text)
}

// aggregates are the operators that return one element for each group.
var aggregates = []parser.ItemType{
	parser.SUM, parser.AVG, parser.MAX, parser.MIN, parser.COUNT, parser.GROUP, parser.STDDEV, parser.STDVAR, parser.QUANTILE,
}

// single returns an expression with one element, which is the sum of the elements of e. The labels fixed have one value in all
// series.
//
// KEDA rejects several elements, and takes NaN for a failure (pkg/scalers/prometheus_scaler.go, ExecutePromQuery). The adapter
// takes NaN for 0 (pkg/custom-provider/provider.go, metricFor), so the result does, too: where nothing happens, a quantile or a
// ratio is NaN, and must not keep a workload from scaling down. No element still gives none.
func single(e parser.Expr, fixed ...string) string {
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			break
		}
		e = p.Expr
	}
	if e.Type() == parser.ValueTypeScalar {
		return "vector(" + e.String() + ")"
	}
	if isNaN(e) {
		text := e.String()
		if _, ok := e.(*parser.BinaryExpr); ok {
			text = "(" + text + ")"
		}
		return "sum(" + text + " > -Inf) or count(" + e.String() + ") * 0"
	}
	if a, ok := e.(*parser.AggregateExpr); ok && slices.Contains(aggregates, a.Op) {
		constant := !a.Without && !slices.ContainsFunc(a.Grouping, func(l string) bool { return !slices.Contains(fixed, l) })
		if a.Op == parser.SUM || constant { // A sum of sums is a sum.
			one := *a
			one.Grouping, one.Without = nil, false
			return one.String()
		}
	}
	return "sum(" + e.String() + ")"
}

// isNaN reports whether e can be NaN although no sample is.
func isNaN(e parser.Expr) (found bool) {
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.BinaryExpr:
			found = found || n.Op == parser.DIV || n.Op == parser.MOD
		case *parser.Call:
			found = found || strings.HasPrefix(n.Func.Name, "histogram_") ||
				slices.Contains([]string{"ln", "log2", "log10", "sqrt"}, n.Func.Name)
		case *parser.VectorSelector: // The quantiles of a summary without observations are NaN.
			found = found || slices.ContainsFunc(n.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == "quantile" })
		}
		return nil
	})
	return found
}
