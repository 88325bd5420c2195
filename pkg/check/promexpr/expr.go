package promexpr

import (
	"maps"
	"slices"
	"strings"
	"time"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"github.com/prometheus/prometheus/promql/parser"
)

// Selectors returns the series selectors of an expression.
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

// Contradiction returns two matchers of a selector that no series can match at once. It ignores the labels open.
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

// MatchersOn returns the matchers on a label.
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

// Parser is the parser of Prometheus with all optional features. holt_winters is the name of double_exponential_smoothing
// before Prometheus 3.
var Parser = parser.NewParser(parser.Options{
	EnableExperimentalFunctions: true, EnableBinopFillModifiers: true, Functions: promFunctions(),
})

// maxText is the longest expression that is parsed, because the time to parse one can grow with the square of its length.
const maxText = 32 << 10

// Parse parses an expression. It returns nil if Prometheus rejects it, or if it is too long.
func Parse(text string) parser.Expr {
	if len(text) > maxText {
		return nil
	}
	e, err := Parser.ParseExpr(text)
	if err != nil {
		return nil
	}
	return e
}

func promFunctions() map[string]*parser.Function {
	fns := maps.Clone(parser.Functions)
	old := *fns["double_exponential_smoothing"]
	old.Name = "holt_winters"
	fns[old.Name] = &old
	return fns
}

// Window is a range that a function looks back over.
type Window struct {
	Fn   string
	Span time.Duration
	// Samples is the number of samples that the function requires.
	Samples int
	// Step is that of a subquery, 0 for scraped samples.
	Step time.Duration
}

// needTwo are the functions that compare two samples.
var needTwo = []string{
	"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing", "holt_winters",
}

// Windows returns the windows of an expression, except those whose length is an expression.
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

// InWords formats a duration as PromQL does.
func InWords(d time.Duration) string { return prommodel.Duration(d).String() }

// LabelName returns the label name in Prometheus for a Kubernetes label (prometheus, util/strutil, SanitizeLabelName).
func LabelName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

// Relabel applies relabelings, and removes labels that Prometheus does not keep. kept is false if they drop the whole set.
func Relabel(set map[string]string, cfgs []*relabel.Config) (out map[string]string, kept bool) {
	b := labels.NewBuilder(labels.FromMap(set))
	kept = relabel.ProcessBuilder(b, cfgs...)
	out = map[string]string{}
	b.Labels().Range(func(l labels.Label) {
		if IsKept(l.Name, l.Value) {
			out[l.Name] = l.Value
		}
	})
	return out, kept
}

// IsKept reports whether Prometheus keeps a label after relabeling.
func IsKept(name, value string) bool {
	return value != "" && (name == prommodel.MetricNameLabel || !strings.HasPrefix(name, "__"))
}
