package promexpr

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// Outcome tells what an expression does to a label of the series that it selects.
type Outcome int

const (
	// Empty means that an operation never matches, because only one side has the label.
	Empty Outcome = iota
	// Lost means that the result lacks the label.
	Lost
	// Kept means that the result has the label if the series do.
	Kept
)

// OutcomeOf follows a label through an expression (https://prometheus.io/docs/prometheus/latest/querying/operators/).
func OutcomeOf(e parser.Expr, label string) Outcome {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return Kept
	case *parser.MatrixSelector:
		return Kept
	case *parser.ParenExpr:
		return OutcomeOf(e.Expr, label)
	case *parser.UnaryExpr:
		return OutcomeOf(e.Expr, label)
	case *parser.SubqueryExpr:
		return OutcomeOf(e.Expr, label)
	case *parser.AggregateExpr:
		return inAggregate(e, label)
	case *parser.Call:
		return inCall(e, label)
	case *parser.BinaryExpr:
		return inBinary(e, label)
	}
	return Lost
}

func inAggregate(e *parser.AggregateExpr, label string) Outcome {
	inner := OutcomeOf(e.Expr, label)
	switch e.Op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return inner
	}
	if inner == Kept && slices.Contains(e.Grouping, label) == e.Without {
		return Lost
	}
	return inner
}

func inCall(e *parser.Call, label string) Outcome {
	switch e.Func.Name {
	case "label_replace", "label_join":
		if dst, ok := e.Args[1].(*parser.StringLiteral); ok && dst.Val == label {
			return Kept
		}
	case "absent", "absent_over_time":
		return Lost
	}
	for _, a := range e.Args {
		if t := a.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			return OutcomeOf(a, label)
		}
	}
	return Lost
}

func inBinary(e *parser.BinaryExpr, label string) Outcome {
	l, r := OutcomeOf(e.LHS, label), OutcomeOf(e.RHS, label)
	m := e.VectorMatching
	switch {
	case e.Op == parser.LOR:
		return max(l, r)
	case m == nil && e.LHS.Type() == parser.ValueTypeVector:
		return l
	case m == nil:
		return r
	case l == Empty || r == Empty:
		return Empty
	case l != r && slices.Contains(m.MatchingLabels, label) == m.On && m.FillValues.LHS == nil && m.FillValues.RHS == nil:
		if e.Op == parser.LUNLESS {
			return l
		}
		return Empty
	case e.Op == parser.LAND || e.Op == parser.LUNLESS:
		return l
	}
	return inJoin(m, l, r, label)
}

// inJoin handles arithmetic and comparisons of two vectors.
func inJoin(m *parser.VectorMatching, l, r Outcome, label string) Outcome {
	one, many := r, l
	switch m.Card {
	case parser.CardOneToMany:
		one, many = l, r
	case parser.CardManyToOne:
	default:
		if slices.Contains(m.MatchingLabels, label) != m.On {
			return Lost
		}
		return l
	}
	if slices.Contains(m.Include, label) {
		return one
	}
	return many
}
