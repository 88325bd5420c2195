package promexpr

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// NoBuckets returns a call of histogram_quantile or histogram_fraction over classic buckets that have lost their label le, so that
// it returns nothing (prometheus, promql/functions.go, funcHistogramQuantile). It returns nil if there is none. Native histograms
// have no such label; their series do not end in _bucket.
func NoBuckets(e parser.Expr) *parser.Call {
	return find(e, func(call *parser.Call) bool {
		if !strings.HasPrefix(call.Func.Name, "histogram_") || len(call.Args) == 0 {
			return false
		}
		buckets := call.Args[len(call.Args)-1]
		selectors := Selectors(buckets)
		native := func(s *parser.VectorSelector) bool { return !strings.HasSuffix(s.Name, "_bucket") }
		return len(selectors) > 0 && !slices.ContainsFunc(selectors, native) && OutcomeOf(buckets, "le") == Lost
	})
}

// RateOfSum returns a call that takes the rate of a sum of counters, by a subquery. It returns nil if there is none. The reset of
// one counter looks like a decrease of the sum, so the rate is too high.
func RateOfSum(e parser.Expr) *parser.Call {
	return find(e, func(call *parser.Call) bool {
		if !slices.Contains([]string{"rate", "irate", "increase"}, call.Func.Name) {
			return false
		}
		sub, ok := call.Args[0].(*parser.SubqueryExpr)
		if !ok {
			return false
		}
		sum, ok := bare(sub.Expr).(*parser.AggregateExpr)
		if !ok || sum.Op != parser.SUM {
			return false
		}
		_, counter := bare(sum.Expr).(*parser.VectorSelector)
		return counter
	})
}

// MostSeries returns the limit of an expression that returns at most that many series, as topk does. It returns 0 for other
// expressions.
func MostSeries(e parser.Expr) int {
	a, ok := bare(e).(*parser.AggregateExpr)
	if !ok || len(a.Grouping) > 0 || !slices.Contains([]parser.ItemType{parser.TOPK, parser.BOTTOMK, parser.LIMITK}, a.Op) {
		return 0
	}
	if n, ok := bare(a.Param).(*parser.NumberLiteral); ok && n.Val < 1000 {
		return max(0, int(n.Val))
	}
	return 0
}

func bare(e parser.Expr) parser.Expr {
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = p.Expr
	}
}

// find returns the first call for which matches returns true, or nil.
func find(e parser.Expr, matches func(*parser.Call) bool) (found *parser.Call) {
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if call, ok := n.(*parser.Call); ok && found == nil && matches(call) {
			found = call
		}
		return nil
	})
	return found
}

// Adds reports whether an expression adds or counts series, so that its value doubles if each series exists twice. It does not if
// it first takes one of them, as max does, or if it divides one such sum by another.
func Adds(e parser.Expr) bool {
	switch e := bare(e).(type) {
	case *parser.AggregateExpr:
		if e.Op != parser.SUM && e.Op != parser.COUNT {
			return Adds(e.Expr)
		}
		picks := false
		parser.Inspect(e.Expr, func(n parser.Node, _ []parser.Node) error {
			a, ok := n.(*parser.AggregateExpr)
			picks = picks || ok && a.Op != parser.SUM && a.Op != parser.COUNT
			return nil
		})
		return !picks
	case *parser.BinaryExpr:
		l, r := Adds(e.LHS), Adds(e.RHS)
		return l != r || l && e.Op != parser.DIV
	case *parser.Call:
		return slices.ContainsFunc(e.Args, Adds)
	case *parser.UnaryExpr:
		return Adds(e.Expr)
	case *parser.SubqueryExpr:
		return Adds(e.Expr)
	}
	return false
}
