package hpa

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	pmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Override defines how one metric is computed if neither a profile nor the naming convention is right.
type Override struct {
	Metric string `json:"metric"`
	// Series defaults to the series that the convention derives from Metric.
	Series string `json:"series"`
	// Type defaults to the type that the convention derives from Metric.
	Type SeriesType `json:"type"`
	// Matchers are PromQL label matchers, such as code=~"5..".
	Matchers []string `json:"matchers"`
	// Window is a Prometheus duration.
	Window      string   `json:"window"`
	Aggregation string   `json:"aggregation"`
	Quantile    Quantile `json:"quantile"`
	ObjectLabel string   `json:"objectLabel"`
	// AllNamespaces applies only to external metrics.
	AllNamespaces bool `json:"allNamespaces"`
}

// Quantile is a number above 0 and below 1.
type Quantile float64

// UnmarshalJSON reads a number, or a string that contains one.
func (q *Quantile) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseFloat(strings.Trim(string(text), `"`), 64)
	if err != nil || !(n > 0 && n < 1) {
		return errors.New("use a number above 0 and below 1, such as 0.95")
	}
	*q = Quantile(n)
	return nil
}

// String returns the shortest representation of q.
func (q Quantile) String() string { return strconv.FormatFloat(float64(q), 'g', -1, 64) }

var (
	seriesTypes = []SeriesType{Counter, Gauge, HistogramQuantile}
	// aggregations starts with the default.
	aggregations = []string{"sum", "avg", "max", "min"}
)

// Scrape contains the scrape interval of a series and the range of its rates.
type Scrape struct {
	Interval, Window time.Duration
}

// windowIntervals is the minimum number of scrape intervals in the range of a rate. A rate requires two samples, and one or
// two scrapes might fail or be late.
const windowIntervals = 4

// DefaultWindow returns the range of rates for a scrape interval.
func DefaultWindow(interval time.Duration) time.Duration { return windowIntervals * interval }

// CheckWindow parses the range of a rate, and reports a range that is too short.
func CheckWindow(text string, interval time.Duration, at model.Place, ps *model.Problems) time.Duration {
	d, err := pmodel.ParseDuration(text)
	least := pmodel.Duration(DefaultWindow(interval))
	switch {
	case err != nil:
		ps.Valuef(model.InputValue, at, text, "%s is not a valid duration; use one such as %s", model.Quote(text), least)
	case d < least:
		ps.Add(model.Problem{
			ID: model.InputValue, Severity: model.Error, Place: at, Value: text, Suggestion: least.String(),
			Message: fmt.Sprintf("is %s, shorter than %d scrape intervals of %s, so rates have gaps; use %s or more",
				text, windowIntervals, pmodel.Duration(interval), least),
		})
	}
	return time.Duration(d)
}

// ReadOverrides checks the overrides in the list at at, and returns the formulas by the name of the metric.
func ReadOverrides(list []Override, scrape Scrape, at model.Place) (map[string]Formula, model.Problems) {
	formulas := map[string]Formula{}
	var ps model.Problems
	for i, o := range list {
		r := overrideReader{Override: o, scrape: scrape, at: at.Item(i), problems: &ps}
		if _, twice := formulas[o.Metric]; twice {
			ps.Valuef(model.InputDuplicate, r.at.Child("metric"), o.Metric,
				"%s has two overrides; remove one of them", model.Quote(o.Metric))
		}
		formulas[o.Metric] = r.read()
	}
	return formulas, ps
}

// overrideReader checks the override at at.
type overrideReader struct {
	Override
	scrape   Scrape
	at       model.Place
	problems *model.Problems
}

// wrong reports the value of a field, with a better value if it is known.
func (r overrideReader) wrong(field, value, better, format string, args ...any) {
	r.problems.Add(model.Problem{
		ID: model.InputValue, Severity: model.Error, Place: r.at.Child(field), Value: value,
		Suggestion: better, Message: fmt.Sprintf(format, args...),
	})
}

func (r overrideReader) missing(field, what string) {
	r.problems.Errorf(model.InputRequired, r.at.Child(field), "is missing; set it to %s", what)
}

func (r overrideReader) read() Formula {
	f := Formulas{}.convention(r.Metric)
	f.AllNamespaces, f.ObjectLabel, f.Quantile = r.AllNamespaces, r.ObjectLabel, r.Quantile
	if r.Metric == "" {
		r.missing("metric", "the name of the metric in the HorizontalPodAutoscaler")
	}
	switch {
	case r.Type == "":
	case !slices.Contains(seriesTypes, r.Type):
		r.wrong("type", string(r.Type), krm.Suggest(r.Type, seriesTypes), "is %s; use %s",
			model.Quote(string(r.Type)), model.Join(seriesTypes, "or"))
	default:
		f.Type = r.Type
	}
	if r.Series != "" {
		f.Series = r.Series
	}
	r.checkSeries(f)
	f.Window = r.window(f.Type)
	if r.Aggregation != "" {
		f.Aggregation = r.Aggregation
	}
	r.checkAggregation(f)
	for i, m := range r.Matchers {
		f.Matchers = append(f.Matchers, matchers(m, r.at.Child("matchers").Item(i), r.problems)...)
	}
	if l := r.ObjectLabel; l != "" && !pmodel.LegacyValidation.IsValidLabelName(l) {
		r.wrong("objectLabel", l, "", "%s is not a valid label name; use only letters, digits, and underscores", model.Quote(l))
	}
	return f
}

func (r overrideReader) checkSeries(f Formula) {
	const bucket = "_bucket"
	switch {
	case f.Type == HistogramQuantile && r.Series == "":
		r.missing("series", "the series of the histogram, which ends in "+bucket)
	case r.Metric != "" && !pmodel.LegacyValidation.IsValidMetricName(f.Series):
		r.wrong("series", f.Series, "", "%s is not a valid series name; "+
			"use only letters, digits, underscores, and colons, and do not start with a digit", model.Quote(f.Series))
	case f.Type == HistogramQuantile && !strings.HasSuffix(r.Series, bucket):
		r.wrong("series", r.Series, r.Series+bucket, "%s is not a histogram series; use %s", model.Quote(r.Series), r.Series+bucket)
	}
}

// window returns the range of rates for a type of series; a gauge has none.
func (r overrideReader) window(t SeriesType) string {
	switch {
	case t == Gauge && r.Window != "":
		r.wrong("window", r.Window, "", "has no effect on a gauge; remove it, or set type: %s", Counter)
		return ""
	case t == Gauge:
		return ""
	case r.Window == "":
		return pmodel.Duration(r.scrape.Window).String()
	}
	return pmodel.Duration(CheckWindow(r.Window, r.scrape.Interval, r.at.Child("window"), r.problems)).String()
}

func (r overrideReader) checkAggregation(f Formula) {
	switch {
	case r.Aggregation == "":
	case f.Type == HistogramQuantile:
		r.wrong("aggregation", r.Aggregation, "", "has no effect on a quantile; remove it")
	case !slices.Contains(aggregations, r.Aggregation):
		r.wrong("aggregation", r.Aggregation, krm.Suggest(r.Aggregation, aggregations), "is %s; use %s",
			model.Quote(r.Aggregation), model.Join(aggregations, "or"))
	}
	switch {
	case f.Type == HistogramQuantile && r.Quantile == 0:
		r.missing("quantile", "a number above 0 and below 1, such as 0.95")
	case f.Type != HistogramQuantile && r.Quantile != 0:
		r.wrong("quantile", r.Quantile.String(), "", "has no effect on a %s; remove it, or set type: %s", f.Type, HistogramQuantile)
	}
}

// matchers parses label matchers that are separated by commas, and returns each as Prometheus formats it.
func matchers(text string, at model.Place, ps *model.Problems) []string {
	const series = "x"
	parsed, err := parser.NewParser(parser.Options{}).ParseMetricSelector(series + "{" + text + "}")
	if err != nil {
		ps.Valuef(model.InputValue, at, text, "%s is not a valid label matcher; use one such as code=~\"5..\"", model.Quote(text))
		return nil
	}
	var out []string
	for _, m := range parsed {
		if m.Name != pmodel.MetricNameLabel {
			// Two angle brackets would start a template of the adapter.
			out = append(out, strings.ReplaceAll(m.String(), "<<", `<\x3c`))
		}
	}
	return out
}
