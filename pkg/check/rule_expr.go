package check

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// fate is what becomes of a label of the selected series in the result of an expression.
type fate int

const (
	// lost is a result without the label, kept one that has it if the series do.
	lost fate = iota
	kept
	// empty is an operation on two vectors that never match, since only one of them has the label.
	empty
)

// fateOf follows a label through an expression (https://prometheus.io/docs/prometheus/latest/querying/operators/).
func fateOf(e parser.Expr, label string) fate {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return kept
	case *parser.MatrixSelector:
		return kept
	case *parser.ParenExpr:
		return fateOf(e.Expr, label)
	case *parser.UnaryExpr:
		return fateOf(e.Expr, label)
	case *parser.SubqueryExpr:
		return fateOf(e.Expr, label)
	case *parser.AggregateExpr:
		return fateInAggregate(e, label)
	case *parser.Call:
		return fateInCall(e, label)
	case *parser.BinaryExpr:
		return fateInBinary(e, label)
	}
	return lost
}

func fateInAggregate(e *parser.AggregateExpr, label string) fate {
	inner := fateOf(e.Expr, label)
	switch e.Op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return inner
	}
	if inner == kept && slices.Contains(e.Grouping, label) == e.Without {
		return lost
	}
	return inner
}

func fateInCall(e *parser.Call, label string) fate {
	switch e.Func.Name {
	case "label_replace", "label_join":
		if dst, ok := e.Args[1].(*parser.StringLiteral); ok && dst.Val == label {
			return kept
		}
	case "absent", "absent_over_time":
		return lost
	}
	for _, a := range e.Args {
		if t := a.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			return fateOf(a, label)
		}
	}
	return lost
}

func fateInBinary(e *parser.BinaryExpr, label string) fate {
	l, r := fateOf(e.LHS, label), fateOf(e.RHS, label)
	m := e.VectorMatching
	switch {
	case e.Op == parser.LOR:
		return fateOfEither(l, r)
	case m == nil && e.LHS.Type() == parser.ValueTypeVector:
		return l
	case m == nil:
		return r
	case l == empty || r == empty:
		return empty
	case l != r && slices.Contains(m.MatchingLabels, label) == m.On && m.FillValues.LHS == nil && m.FillValues.RHS == nil:
		if e.Op == parser.LUNLESS {
			return l
		}
		return empty
	case e.Op == parser.LAND || e.Op == parser.LUNLESS:
		return l
	}
	return fateInJoin(m, l, r, label)
}

func fateOfEither(l, r fate) fate {
	switch {
	case l == kept || r == kept:
		return kept
	case l == lost || r == lost:
		return lost
	}
	return empty
}

// fateInJoin is for arithmetic and comparisons of two vectors that match.
func fateInJoin(m *parser.VectorMatching, l, r fate, label string) fate {
	one, many := r, l
	switch m.Card {
	case parser.CardOneToMany:
		one, many = l, r
	case parser.CardManyToOne:
	default:
		if slices.Contains(m.MatchingLabels, label) != m.On {
			return lost
		}
		return l
	}
	if slices.Contains(m.Include, label) {
		return one
	}
	return many
}

// selectors are the series selectors of an expression.
func selectors(e parser.Expr) []*parser.VectorSelector {
	var out []*parser.VectorSelector
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			out = append(out, s)
		}
		return nil
	})
	return out
}

// contradiction finds two matchers of one selector that no series can both match. It leaves out the labels open.
func contradiction(e parser.Expr, open []string) (a, b *labels.Matcher) {
	for _, s := range selectors(e) {
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

// matchersOn are the matchers of an expression on a label.
func matchersOn(e parser.Expr, label string) []*labels.Matcher {
	var out []*labels.Matcher
	for _, s := range selectors(e) {
		for _, m := range s.LabelMatchers {
			if m.Name == label {
				out = append(out, m)
			}
		}
	}
	return out
}

// window is a range of time that a function looks back over.
type window struct {
	fn   string
	span time.Duration
	// samples is how many samples in the window the function needs to have a value.
	samples int
	// step is that of a subquery, 0 for a range of scraped samples.
	step time.Duration
}

// needTwo are the functions that compare samples, and so need two.
var needTwo = []string{
	"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing", "holt_winters",
}

// windows lists the windows of an expression. One whose length is an expression itself is left out.
func windows(e parser.Expr) []window {
	var out []window
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		call, ok := n.(*parser.Call)
		if !ok {
			return nil
		}
		w := window{fn: call.Func.Name, samples: 1}
		if slices.Contains(needTwo, w.fn) {
			w.samples = 2
		}
		for _, a := range call.Args {
			switch a := a.(type) {
			case *parser.MatrixSelector:
				w.span = a.Range
			case *parser.SubqueryExpr:
				w.span, w.step = a.Range, a.Step
				if a.Step == 0 {
					w.span = 0
				}
			}
		}
		if w.span > 0 {
			out = append(out, w)
		}
		return nil
	})
	return out
}

// inWords writes a duration as PromQL does.
func inWords(d time.Duration) string { return model.Duration(d).String() }
