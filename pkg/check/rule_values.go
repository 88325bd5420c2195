package check

import (
	"slices"
	"strings"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// checkValues reports matchers on labels whose values follow from the monitors, such as job and service, if the pods of the
// scaler have another value. For seriesQuery, no other pods in the input may match either.
func checkValues(ms *demand.Set, d *demand.Demand, o *demand.Offer, ps *model.Problems) {
	if o.Expr == nil {
		return
	}
	checkRecorded(d, o, ps)
	checkDescribed(ms, d, o, ps)
	if len(d.Paths()) == 0 || slices.ContainsFunc(o.Series, d.FromExporter) || slices.ContainsFunc(o.Series, d.IsRecorded) {
		return
	}
	for _, s := range promexpr.Selectors(o.Expr) {
		for _, m := range s.LabelMatchers {
			if u, ok := unmatched(m, d.Origins(), o.Series[0]); ok && slices.Contains(o.Series, s.Name) {
				u.report(model.RuleLabels, o.Field("metricsQuery"), d, ps)
			}
		}
	}
	for _, m := range o.Matchers {
		if _, ok := unmatched(m, d.Origins(), o.Series[0]); !ok {
			continue
		}
		if u, ok := unmatched(m, ms.Arrivals.All(), o.Series[0]); ok {
			u.report(model.RuleLabels, o.Field("seriesQuery"), d, ps)
		}
	}
}

// checkDescribed reports a metric of a Service through which no monitor scrapes pods, if the rule uses the label that the
// operator sets to the name of the Service.
func checkDescribed(ms *demand.Set, d *demand.Demand, o *demand.Offer, ps *model.Problems) {
	if d.Resource != (schema.GroupResource{Resource: "services"}) || o.Label != "service" ||
		slices.ContainsFunc(o.Series, d.FromExporter) ||
		slices.ContainsFunc(o.Series, d.IsRecorded) || len(ms.Arrivals.All()) == 0 {
		return
	}
	described := d.Names()[0]
	var names []string
	for _, from := range ms.Arrivals.All() {
		if from.Path.Service == nil || from.Path.HonorLabels || from.Opaque || from.Target["service"] == described {
			return
		}
		names = append(names, from.Target["service"])
	}
	ps.Warnf(model.RuleLabels, o.At,
		"serves %s, which %s requests for Service %q, but no monitor in the input scrapes pods through that Service%s",
		d.What(), d.Scaler.Item.Place.Object, described, krm.DidYouMean(described, names))
}

// mismatch is a matcher that the series of the pods do not match.
type mismatch struct {
	*labels.Matcher
	// value is the value of the series, empty if they have no such label.
	value string
}

// report reports an error if a similar value was meant or only other scrape configurations set the label. Otherwise, the
// series may come from elsewhere.
func (u mismatch) report(id model.ID, at model.Place, d *demand.Demand, ps *model.Problems) {
	who := d.Scaler.Item.Place.Object
	switch {
	case u.value == "" && u.Name == "service":
		ps.Warnf(id, at,
			"selects series with %s, but the pods of %s are scraped through PodMonitors, which add no label %q", u, who, u.Name)
	case u.value == "":
		ps.Errorf(id, at, "selects series with %s, but the series of the pods of %s have no such label", u, who)
	case krm.Suggest(u.Value, []string{u.value}) != "" || strings.Contains(u.value, u.Value) || strings.Contains(u.Value, u.value):
		ps.Errorf(id, at,
			"selects series with %s, but the series of the pods of %s have %s=%q", u, who, u.Name, u.value)
	default:
		ps.Warnf(id, at,
			"selects series with %s, but the series of the pods of %s have %s=%q; this works only if the series come from "+
				"another source",
			u, who, u.Name, u.value)
	}
}

// checkRecorded reports matchers on labels that a recording rule removes.
func checkRecorded(d *demand.Demand, o *demand.Offer, ps *model.Problems) {
	for _, s := range promexpr.Selectors(o.Expr) {
		for _, m := range s.LabelMatchers {
			isRequired := m.Name != prommodel.MetricNameLabel && !m.Matches("")
			if isRequired && d.IsRecorded(s.Name) && d.Has(s.Name, m.Name) == demand.Absent {
				ps.Errorf(model.RuleLabels, o.Field("metricsQuery"),
					"selects series %s with %s, but the recording rule of %s adds no such label",
					s.Name, m, s.Name)
			}
		}
	}
}

// statedLabels are labels whose values follow from monitors and Services.
var statedLabels = []string{"job", "service", "container", "endpoint"}

// unmatched reports whether a matcher matches the series of none of the origins.
func unmatched(m *labels.Matcher, origins []demand.Origin, series string) (u mismatch, ok bool) {
	u.Matcher = m
	for _, o := range origins {
		value, kept := o.Value(series, m.Name)
		switch {
		case o.Opaque || !kept || o.Path.HonorLabels || m.Matches(value):
			return u, false
		case slices.Contains(statedLabels, m.Name) && value != "" && !unstated(o, m.Name):
			u.value = value
		case o.Has(series, m.Name) == demand.Absent, m.Name == "service" && o.Path.Service == nil:
		default:
			return u, false
		}
	}
	return u, len(origins) > 0
}

// unstated reports whether a label depends on a namespace that the manifest does not name, as the job of a PodMonitor does.
func unstated(o demand.Origin, label string) bool {
	return label == "job" && o.Path.Service == nil && o.Path.Monitor.Item.Place.Object.Namespace == ""
}
