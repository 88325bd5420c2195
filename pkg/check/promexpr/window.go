package promexpr

import (
	"slices"
	"time"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// Window is a range of time that a function looks back over.
type Window struct {
	Fn   string
	Span time.Duration
	// Samples is how many samples in the window the function needs to have a value.
	Samples int
	// Step is that of a subquery, 0 for a range of scraped samples.
	Step time.Duration
}

// needTwo are the functions that compare samples, and so need two.
var needTwo = []string{
	"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing", "holt_winters",
}

// Windows lists the windows of an expression. One whose length is an expression itself is left out.
func Windows(e parser.Expr) []Window {
	var out []Window
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		call, ok := n.(*parser.Call)
		if !ok {
			return nil
		}
		w := Window{Fn: call.Func.Name, Samples: 1}
		if slices.Contains(needTwo, w.Fn) {
			w.Samples = 2
		}
		for _, a := range call.Args {
			switch a := a.(type) {
			case *parser.MatrixSelector:
				w.Span = a.Range
			case *parser.SubqueryExpr:
				w.Span, w.Step = a.Range, a.Step
				if a.Step == 0 {
					w.Span = 0
				}
			}
		}
		if w.Span > 0 {
			out = append(out, w)
		}
		return nil
	})
	return out
}

// InWords writes a duration as PromQL does.
func InWords(d time.Duration) string { return prommodel.Duration(d).String() }
