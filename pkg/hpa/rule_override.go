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

// Override says how one metric is computed, where neither a profile nor the naming convention has it right.
type Override struct {
	Metric string `json:"metric"`
	// Series is by default what the convention makes of Metric.
	Series string `json:"series"`
	// Type is by default what the convention makes of Metric.
	Type SeriesType `json:"type"`
	// Matchers are label matchers of PromQL, such as code=~"5..".
	Matchers []string `json:"matchers"`
	// Window is a Prometheus duration.
	Window      string   `json:"window"`
	Aggregation string   `json:"aggregation"`
	Quantile    Quantile `json:"quantile"`
	ObjectLabel string   `json:"objectLabel"`
	// AllNamespaces is for external metrics.
	AllNamespaces bool `json:"allNamespaces"`
}

// Quantile is a number above 0 and below 1.
type Quantile float64

// UnmarshalJSON reads a number, or a string that holds one.
func (q *Quantile) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseFloat(strings.Trim(string(text), `"`), 64)
	if err != nil || !(n > 0 && n < 1) {
		return errors.New("write a number above 0 and below 1, such as 0.95")
	}
	*q = Quantile(n)
	return nil
}

// String gives the shortest number that is q.
func (q Quantile) String() string { return strconv.FormatFloat(float64(q), 'g', -1, 64) }

var (
	seriesTypes = []SeriesType{Counter, Gauge, HistogramQuantile}
	// aggregations has the default first.
	aggregations = []string{"sum", "avg", "max", "min"}
)

// Scrape is how often Prometheus reads a series, and over which range rates are taken.
type Scrape struct {
	Interval, Window time.Duration
}

// windowIntervals is the least number of scrape intervals in the range of a rate: two samples are needed, and one or two
// scrapes may fail or come late.
const windowIntervals = 4

// DefaultWindow is the range of rates for an interval.
func DefaultWindow(interval time.Duration) time.Duration { return windowIntervals * interval }

// CheckWindow reads the range of a rate and reports one in which a rate would have gaps.
func CheckWindow(text string, interval time.Duration, at model.Place, ps *model.Problems) time.Duration {
	d, err := pmodel.ParseDuration(text)
	least := pmodel.Duration(DefaultWindow(interval))
	switch {
	case err != nil:
		ps.Valuef(model.InputValue, at, text, "%s is no duration; write one such as %s", quote(text), least)
	case d < least:
		ps.Add(model.Problem{
			ID: model.InputValue, Severity: model.Error, Place: at, Value: text, Suggestion: least.String(),
			Message: fmt.Sprintf("is %s, shorter than %d scrape intervals of %s, so that rates have gaps; write %s or more",
				text, windowIntervals, pmodel.Duration(interval), least),
		})
	}
	return time.Duration(d)
}

// ReadOverrides checks overrides, which stand in the list at at, and gives the formulas by the name of the metric.
func ReadOverrides(list []Override, scrape Scrape, at model.Place) (map[string]Formula, model.Problems) {
	formulas := map[string]Formula{}
	var ps model.Problems
	for i, o := range list {
		r := overrideReader{Override: o, scrape: scrape, at: at.Item(i), problems: &ps}
		if _, twice := formulas[o.Metric]; twice {
			ps.Valuef(model.InputDuplicate, r.at.Child("metric"), o.Metric, "%s has two overrides; remove one of them", quote(o.Metric))
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

// wrong reports a value of a field, with the one to write instead where that is known.
func (r overrideReader) wrong(field, value, better, format string, args ...any) {
	r.problems.Add(model.Problem{
		ID: model.InputValue, Severity: model.Error, Place: r.at.Child(field), Value: value,
		Suggestion: better, Message: fmt.Sprintf(format, args...),
	})
}

func (r overrideReader) missing(field, what string) {
	r.problems.Errorf(model.InputRequired, r.at.Child(field), "is missing; write %s", what)
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
		r.wrong("type", string(r.Type), krm.Suggest(string(r.Type), texts(seriesTypes)), "is %s; write %s",
			quote(string(r.Type)), join(seriesTypes, "or"))
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
		r.wrong("objectLabel", l, "", "%s cannot name a label; write letters, digits and underscores", quote(l))
	}
	return f
}

func (r overrideReader) checkSeries(f Formula) {
	const bucket = "_bucket"
	switch {
	case f.Type == HistogramQuantile && r.Series == "":
		r.missing("series", "the series of the histogram, which ends in "+bucket)
	case r.Metric != "" && !pmodel.LegacyValidation.IsValidMetricName(f.Series):
		r.wrong("series", f.Series, "", "%s cannot name a series; "+
			"write letters, digits, underscores and colons, not beginning with a digit", quote(f.Series))
	case f.Type == HistogramQuantile && !strings.HasSuffix(r.Series, bucket):
		r.wrong("series", r.Series, r.Series+bucket, "%s is not the series of a histogram; write %s", quote(r.Series), r.Series+bucket)
	}
}

// window is the range of a rate of a type of series; a gauge has none.
func (r overrideReader) window(t SeriesType) string {
	switch {
	case t == Gauge && r.Window != "":
		r.wrong("window", r.Window, "", "has no effect on a gauge; remove it, or write type: %s", Counter)
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
		r.wrong("aggregation", r.Aggregation, krm.Suggest(r.Aggregation, aggregations), "is %s; write %s",
			quote(r.Aggregation), join(aggregations, "or"))
	}
	switch {
	case f.Type == HistogramQuantile && r.Quantile == 0:
		r.missing("quantile", "a number above 0 and below 1, such as 0.95")
	case f.Type != HistogramQuantile && r.Quantile != 0:
		r.wrong("quantile", r.Quantile.String(), "", "has no effect on a %s; remove it, or write type: %s", f.Type, HistogramQuantile)
	}
}

// matchers reads label matchers, separated by commas, and gives each as Prometheus writes it.
func matchers(text string, at model.Place, ps *model.Problems) []string {
	const series = "x"
	parsed, err := parser.NewParser(parser.Options{}).ParseMetricSelector(series + "{" + text + "}")
	if err != nil {
		ps.Valuef(model.InputValue, at, text, "%s is no label matcher; write one such as code=~\"5..\"", quote(text))
		return nil
	}
	var out []string
	for _, m := range parsed {
		if m.Name != pmodel.MetricNameLabel {
			// Two angle brackets would begin a template of the adapter.
			out = append(out, strings.ReplaceAll(m.String(), "<<", `<\x3c`))
		}
	}
	return out
}
