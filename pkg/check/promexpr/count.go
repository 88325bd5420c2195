package promexpr

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Count tells how many elements the result of an expression has.
type Count struct {
	// One means that there is at most one.
	One bool
	// Bare means that the elements have no labels. Labeled means that they surely have some.
	Bare, Labeled bool
	// By are labels of which each value makes an element. It is empty if One is set, and if they are unknown.
	By []string
	// Clash means that both sides of an or have an element, and that the result contains both.
	Clash bool
}

var (
	bareOne = Count{One: true, Bare: true}
	unknown = Count{}
)

// CountOf counts the elements of the result of an expression, which is a vector.
func CountOf(e parser.Expr) Count { return countOf(e, nil) }

// countOf ignores some labels, because the function around the expression merges their values.
func countOf(e parser.Expr, merged []string) Count {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return countOf(e.Expr, merged)
	case *parser.UnaryExpr:
		return countOf(e.Expr, merged)
	case *parser.SubqueryExpr:
		return countOf(e.Expr, merged)
	case *parser.AggregateExpr:
		return countAggregate(e, merged)
	case *parser.Call:
		return countCall(e)
	case *parser.BinaryExpr:
		return countBinary(e)
	}
	return unknown
}

func countAggregate(e *parser.AggregateExpr, merged []string) Count {
	switch e.Op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK:
		inner := countOf(e.Expr, merged)
		if n, ok := bare(e.Param).(*parser.NumberLiteral); ok && n.Val < 2 && len(e.Grouping) == 0 && !e.Without {
			return Count{One: true, Labeled: inner.Labeled, Bare: inner.Bare}
		}
		return inner
	case parser.COUNT_VALUES, parser.LIMIT_RATIO:
		return unknown
	}
	if e.Without {
		return unknown
	}
	var by []string
	for _, label := range e.Grouping {
		if !slices.Contains(merged, label) && !isFixed(e.Expr, label) {
			by = append(by, label)
		}
	}
	labeled := slices.ContainsFunc(e.Grouping, func(label string) bool { return !slices.Contains(merged, label) })
	return Count{One: len(by) == 0, Bare: !labeled, Labeled: labeled, By: by}
}

// isFixed reports whether every selector of an expression requires one value of a label, and nothing else sets it.
func isFixed(e parser.Expr, label string) bool {
	fixed := true
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			fixed = fixed && slices.ContainsFunc(n.LabelMatchers, func(m *labels.Matcher) bool {
				return m.Name == label && m.Type == labels.MatchEqual
			})
		case *parser.Call:
			fixed = fixed && n.Func.Name != "label_replace" && n.Func.Name != "label_join"
		case *parser.AggregateExpr:
			fixed = fixed && n.Op != parser.COUNT_VALUES
		}
		return nil
	})
	return fixed
}

func countCall(e *parser.Call) Count {
	switch e.Func.Name {
	case "vector", "time", "pi":
		return bareOne
	case "absent", "absent_over_time":
		return Count{One: true}
	case "histogram_quantile", "histogram_fraction":
		return countOf(e.Args[len(e.Args)-1], []string{"le"})
	}
	for _, a := range e.Args {
		if t := a.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			return countOf(a, nil)
		}
	}
	if len(e.Args) == 0 || e.Args[0].Type() == parser.ValueTypeScalar { // The functions of dates use the time by default.
		return bareOne
	}
	return unknown
}

func countBinary(e *parser.BinaryExpr) Count {
	l, r := countOf(e.LHS, nil), countOf(e.RHS, nil)
	m := e.VectorMatching
	switch {
	case m == nil && e.LHS.Type() == parser.ValueTypeVector:
		return l
	case m == nil:
		return r
	case e.Op == parser.LOR:
		return countOr(m, l, r)
	case e.Op == parser.LAND, e.Op == parser.LUNLESS, m.Card == parser.CardManyToOne:
		return l
	case m.Card == parser.CardOneToMany:
		return r
	case l.One || r.One: // Each element matches at most one.
		return Count{One: true, Bare: l.Bare && r.Bare}
	case len(l.By) > 0 && slices.Equal(l.By, r.By) && len(m.MatchingLabels) == 0:
		return l
	}
	return unknown
}

// countOr follows prometheus, promql/engine.go, VectorOr: an element of the right side counts if none of the left side has the
// labels that match.
func countOr(m *parser.VectorMatching, l, r Count) Count {
	anyMatches := m.On && len(m.MatchingLabels) == 0
	switch {
	case l.One && r.One && (anyMatches || l.Bare && r.Bare):
		return Count{One: true, Bare: l.Bare && r.Bare}
	case l.One && r.One && !m.On && (l.Bare && r.Labeled || l.Labeled && r.Bare) && len(m.MatchingLabels) == 0:
		return Count{Clash: true}
	case len(l.By) > 0:
		return l
	}
	return unknown
}

// Calls reports whether an expression calls one of some functions.
func Calls(e parser.Expr, names ...string) bool {
	return find(e, func(call *parser.Call) bool { return slices.Contains(names, call.Func.Name) }) != nil
}

// Positive reports whether an expression contains vector of a number above 0.
func Positive(e parser.Expr) bool {
	return find(e, func(call *parser.Call) bool {
		if call.Func.Name != "vector" {
			return false
		}
		n, ok := bare(call.Args[0]).(*parser.NumberLiteral)
		return !ok || n.Val > 0 && !math.IsNaN(n.Val)
	}) != nil
}

// Mean returns how the outermost operation of an expression averages, such as "avg", or "".
func Mean(e parser.Expr) string {
	switch e := bare(e).(type) {
	case *parser.AggregateExpr:
		switch e.Op {
		case parser.AVG, parser.QUANTILE:
			return e.Op.String()
		}
	case *parser.Call:
		switch e.Func.Name {
		case "histogram_quantile", "histogram_avg":
			return e.Func.Name
		case "ceil", "floor", "round", "clamp", "clamp_min", "clamp_max", "abs":
			return Mean(e.Args[0])
		}
	case *parser.BinaryExpr:
		switch {
		case e.Op == parser.DIV && isSum(e.LHS) && isSum(e.RHS):
			return "a ratio"
		case e.Op == parser.LOR:
			return Mean(e.LHS)
		case e.VectorMatching == nil && e.LHS.Type() == parser.ValueTypeVector:
			return Mean(e.LHS)
		case e.VectorMatching == nil:
			return Mean(e.RHS)
		}
	}
	return ""
}

// isSum reports whether an expression is a sum or a number of series, perhaps times a constant.
func isSum(e parser.Expr) bool {
	switch e := bare(e).(type) {
	case *parser.AggregateExpr:
		return e.Op == parser.SUM || e.Op == parser.COUNT
	case *parser.BinaryExpr:
		return e.VectorMatching == nil && (isSum(e.LHS) || isSum(e.RHS))
	}
	return false
}
