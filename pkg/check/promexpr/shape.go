package promexpr

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// PerPod are labels with another value for each pod.
var PerPod = []string{"pod", "instance", "pod_name", "kubernetes_pod_name", "exported_pod"}

// Shape is what an expression makes of one series of each pod over time.
type Shape struct {
	// Fn is the function that looks back over Span, such as rate. Both are empty for the last sample.
	Fn   string
	Span time.Duration
	// Step is that of a subquery, 0 for scraped samples.
	Step   time.Duration
	Offset time.Duration
	// Factor is the product of all constants around Fn.
	Factor float64
	// Series is the name of the series. If the expression has an or, it is that of the left side.
	Series string
	// Counter means that Fn makes a rate or an increase of a counter.
	Counter bool
	// PerPod means that there is a value for each pod, Sum that there is one for their sum. If neither is set, there is one for
	// their mean, their highest, or something else in between.
	PerPod, Sum bool
}

// counting are functions of counters, reading those that return something in between the samples of a gauge.
var (
	counting = []string{"rate", "irate", "increase"}
	reading  = []string{
		"delta", "idelta", "deriv", "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "last_over_time",
	}
	// passing are functions that return their first argument, as far as a simulation can tell.
	passing = []string{
		"abs", "ceil", "clamp_min", "floor", "label_join", "label_replace", "round", "scalar", "sort", "sort_by_label",
		"sort_by_label_desc", "sort_desc", "vector",
	}
)

// ShapeOf returns the shape of an expression. If it has none, the shape is empty and reason says why, as a clause with a subject.
func ShapeOf(e parser.Expr) (s Shape, reason string) {
	if s, reason = shapeOf(e); reason != "" {
		s = Shape{}
	}
	return s, reason
}

func shapeOf(e parser.Expr) (s Shape, reason string) {
	switch e := bare(e).(type) {
	case *parser.VectorSelector:
		if e.Name == "" {
			return s, "the query does not name its series"
		}
		if e.Timestamp != nil || e.StartOrEnd != 0 {
			return s, "the query reads a fixed time"
		}
		return Shape{Series: e.Name, Offset: e.OriginalOffset, Factor: 1, PerPod: true}, ""
	case *parser.UnaryExpr:
		s, reason = shapeOf(e.Expr)
		if e.Op == parser.SUB {
			s.Factor = -s.Factor
		}
		return s, reason
	case *parser.Call:
		return shapeOfCall(e)
	case *parser.AggregateExpr:
		return shapeOfAggregate(e)
	case *parser.BinaryExpr:
		return shapeOfBinary(e)
	}
	return s, "the query is a constant"
}

func shapeOfCall(e *parser.Call) (s Shape, reason string) {
	name := e.Func.Name
	known := slices.Contains(counting, name) || slices.Contains(reading, name)
	switch {
	case slices.Contains(passing, name):
		return shapeOf(e.Args[0])
	case !known:
		return s, "the query uses " + name
	}
	var span time.Duration
	switch a := bare(e.Args[0]).(type) {
	case *parser.MatrixSelector:
		s, reason = shapeOf(a.VectorSelector)
		span = a.Range
	case *parser.SubqueryExpr:
		s, reason = shapeOf(a.Expr)
		switch {
		case reason != "":
		case a.Timestamp != nil || a.StartOrEnd != 0:
			reason = "the query reads a fixed time"
		case s.Fn != "":
			reason = fmt.Sprintf("the query takes %s of %s", name, s.Fn)
		case a.Step == 0:
			reason = "the query has a subquery without a step"
		}
		s.Step, s.Offset, span = a.Step, s.Offset+a.OriginalOffset, a.Range
	}
	if reason == "" && span <= 0 {
		reason = "the range of " + name + " is not a constant"
	}
	s.Fn, s.Span, s.Counter = name, span, slices.Contains(counting, name)
	return s, reason
}

func shapeOfAggregate(e *parser.AggregateExpr) (s Shape, reason string) {
	s, reason = shapeOf(e.Expr)
	perPod := s.PerPod && slices.ContainsFunc(PerPod, func(label string) bool { return slices.Contains(e.Grouping, label) }) != e.Without
	switch e.Op {
	case parser.SUM:
		s.Sum, s.PerPod = s.Sum || s.PerPod && !perPod, perPod
	case parser.AVG, parser.MAX, parser.MIN, parser.QUANTILE, parser.TOPK, parser.BOTTOMK, parser.LIMITK:
		s.PerPod = perPod
	default:
		reason = "the query uses " + e.Op.String()
	}
	return s, reason
}

func shapeOfBinary(e *parser.BinaryExpr) (s Shape, reason string) {
	l, left := constant(e.LHS)
	r, right := constant(e.RHS)
	switch {
	case left && right:
		return s, "the query is a constant"
	case left:
		s, reason = shapeOf(e.RHS)
		if e.Op != parser.MUL && e.Op != parser.ADD {
			return s, "the query has a constant before " + e.Op.String()
		}
		return scale(s, reason, e, l)
	case right && e.Op == parser.LOR:
		return shapeOf(e.LHS)
	case right:
		s, reason = shapeOf(e.LHS)
		return scale(s, reason, e, r)
	case e.Op != parser.LOR:
		return s, fmt.Sprintf("the query joins two series by %s", e.Op)
	}
	s, reason = shapeOf(e.LHS)
	other, why := shapeOf(e.RHS)
	other.Series = s.Series
	switch {
	case reason != "":
		return s, reason
	case why != "":
		return s, why
	case s != other:
		return s, "the two sides of or differ"
	}
	return s, ""
}

// scale applies an operation with a constant. Comparisons with 0 leave all values that scale anything.
func scale(s Shape, reason string, e *parser.BinaryExpr, c float64) (Shape, string) {
	switch {
	case e.Op == parser.MUL:
		s.Factor *= c
	case e.Op == parser.DIV:
		s.Factor /= c
	case (e.Op == parser.ADD || e.Op == parser.SUB) && c == 0:
	case (e.Op == parser.GTR || e.Op == parser.GTE || e.Op == parser.NEQ) && c == 0 && !e.ReturnBool:
	case reason == "":
		return s, fmt.Sprintf("the query has %s with a constant", e.Op)
	}
	if reason == "" && (s.Factor == 0 || math.IsNaN(s.Factor) || math.IsInf(s.Factor, 0)) {
		reason = fmt.Sprintf("the query multiplies its series by %v", s.Factor)
	}
	return s, reason
}

// constant returns the value of an expression without series.
func constant(e parser.Expr) (float64, bool) {
	switch e := bare(e).(type) {
	case *parser.NumberLiteral:
		return e.Val, true
	case *parser.UnaryExpr:
		v, ok := constant(e.Expr)
		if e.Op == parser.SUB {
			v = -v
		}
		return v, ok
	case *parser.Call:
		if e.Func.Name == "vector" || e.Func.Name == "scalar" {
			return constant(e.Args[0])
		}
	case *parser.BinaryExpr:
		l, left := constant(e.LHS)
		r, right := constant(e.RHS)
		if !left || !right {
			return 0, false
		}
		switch e.Op {
		case parser.ADD:
			return l + r, true
		case parser.SUB:
			return l - r, true
		case parser.MUL:
			return l * r, true
		case parser.DIV:
			return l / r, true
		}
	}
	return 0, false
}
