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
	d := describe(e)
	if d.reason != "" {
		return Shape{}, d.reason
	}
	return d.Shape, ""
}

// description is the shape of an expression, or the reason why it has none. If it is a constant, it has a value.
type description struct {
	Shape
	reason   string
	constant bool
	value    float64
}

func unclear(format string, args ...any) description {
	return description{reason: fmt.Sprintf(format, args...)}
}

func constant(value float64) description {
	return description{reason: "the query is a constant", constant: true, value: value}
}

func describe(e parser.Expr) description {
	switch e := bare(e).(type) {
	case *parser.NumberLiteral:
		return constant(e.Val)
	case *parser.VectorSelector:
		switch {
		case e.Name == "":
			return unclear("the query does not name its series")
		case e.Timestamp != nil || e.StartOrEnd != 0:
			return unclear("the query reads a fixed time")
		}
		return description{Shape: Shape{Series: e.Name, Offset: e.OriginalOffset, Factor: 1, PerPod: true}}
	case *parser.UnaryExpr:
		d := describe(e.Expr)
		if e.Op == parser.SUB {
			d.Factor, d.value = -d.Factor, -d.value
		}
		return d
	case *parser.Call:
		return describeCall(e)
	case *parser.AggregateExpr:
		return describeAggregate(e)
	case *parser.BinaryExpr:
		return describeBinary(e)
	}
	return unclear("the query is a %s", parser.DocumentedType(e.Type()))
}

func describeCall(e *parser.Call) description {
	name := e.Func.Name
	counter := slices.Contains(counting, name)
	switch {
	case slices.Contains(passing, name):
		return describe(e.Args[0])
	case !counter && !slices.Contains(reading, name):
		return unclear("the query uses %s", name)
	}
	var d description
	var span, step time.Duration
	switch a := bare(e.Args[0]).(type) {
	case *parser.MatrixSelector:
		d, span = describe(a.VectorSelector), a.Range
	case *parser.SubqueryExpr:
		d, span, step = describe(a.Expr), a.Range, a.Step
		d.Offset += a.OriginalOffset
		switch {
		case d.reason != "":
		case a.Timestamp != nil || a.StartOrEnd != 0:
			return unclear("the query reads a fixed time")
		case d.Fn != "":
			return unclear("the query takes %s of %s", name, d.Fn)
		case step == 0:
			return unclear("the query has a subquery without a step")
		}
	}
	switch {
	case d.reason != "":
		return unclear("%s", d.reason)
	case span <= 0:
		return unclear("the range of %s is not a constant", name)
	}
	d.Fn, d.Span, d.Step, d.Counter = name, span, step, counter
	return d
}

func describeAggregate(e *parser.AggregateExpr) description {
	d := describe(e.Expr)
	if d.reason != "" {
		return unclear("%s", d.reason)
	}
	ofPods := func(label string) bool { return slices.Contains(PerPod, label) }
	perPod := d.PerPod && slices.ContainsFunc(e.Grouping, ofPods) != e.Without
	switch e.Op {
	case parser.SUM:
		d.Sum = d.Sum || d.PerPod && !perPod
	case parser.AVG, parser.MAX, parser.MIN, parser.QUANTILE, parser.TOPK, parser.BOTTOMK, parser.LIMITK:
	default:
		return unclear("the query uses %s", e.Op)
	}
	d.PerPod = perPod
	return d
}

func describeBinary(e *parser.BinaryExpr) description {
	l, r := describe(e.LHS), describe(e.RHS)
	switch {
	case l.constant && r.constant:
		return calculate(e.Op, l.value, r.value)
	case e.Op == parser.LOR && r.constant:
		return l
	case l.reason != "" && !l.constant:
		return l
	case r.reason != "" && !r.constant:
		return r
	case r.constant:
		return l.scale(e, r.value)
	case l.constant && (e.Op == parser.MUL || e.Op == parser.ADD):
		return r.scale(e, l.value)
	case l.constant:
		return unclear("the query has a constant before %s", e.Op)
	case e.Op != parser.LOR:
		return unclear("the query joins two series by %s", e.Op)
	}
	r.Series = l.Series
	if l != r {
		return unclear("the two sides of or differ")
	}
	return l
}

// scale applies an operation with a constant. Comparisons with 0 leave all values that scale anything, but == leaves only 0.
func (d description) scale(e *parser.BinaryExpr, c float64) description {
	switch e.Op {
	case parser.MUL:
		d.Factor *= c
	case parser.DIV:
		d.Factor /= c
	case parser.EQLC:
		if c == 0 && !e.ReturnBool {
			return constant(0)
		}
		return unclear("the query has == with a constant")
	case parser.ADD, parser.SUB, parser.GTR, parser.GTE, parser.NEQ:
		if c == 0 && !e.ReturnBool {
			break
		}
		fallthrough
	default:
		return unclear("the query has %s with a constant", e.Op)
	}
	if d.Factor == 0 || math.IsNaN(d.Factor) || math.IsInf(d.Factor, 0) {
		return unclear("the query multiplies its series by %v", d.Factor)
	}
	return d
}

// calculate returns the result of an operation of constants.
func calculate(op parser.ItemType, l, r float64) description {
	switch op {
	case parser.ADD:
		return constant(l + r)
	case parser.SUB:
		return constant(l - r)
	case parser.MUL:
		return constant(l * r)
	case parser.DIV:
		return constant(l / r)
	case parser.POW:
		return constant(math.Pow(l, r))
	}
	return unclear("the query uses %s", op)
}
