package check

import (
	"slices"
	"strings"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// checkValues reports matchers on labels whose values follow from the monitors, such as job and service, where neither
// the pods of the HPA nor, for the seriesQuery, any other pods here have one that matches.
func checkValues(ms *set, d *demand, o *offer, ps *model.Problems) {
	if o.expr == nil {
		return
	}
	checkRecorded(d, o, ps)
	checkDescribed(ms, d, o, ps)
	if len(d.paths()) == 0 || slices.ContainsFunc(o.series, fromElsewhere) || slices.ContainsFunc(o.series, d.isRecorded) {
		return
	}
	for _, s := range selectors(o.expr) {
		for _, m := range s.LabelMatchers {
			if u, ok := unmatched(m, d.origins(), o.series[0]); ok && slices.Contains(o.series, s.Name) {
				u.report(o.field("metricsQuery"), d, ps)
			}
		}
	}
	for _, m := range o.matchers {
		if _, ok := unmatched(m, d.origins(), o.series[0]); !ok {
			continue
		}
		if u, ok := unmatched(m, ms.arrivals.ofAll(), o.series[0]); ok {
			u.report(o.field("seriesQuery"), d, ps)
		}
	}
}

// checkDescribed reports a metric of a Service through which nothing reads pods, where the rule finds its series by the
// label that the operator takes from the Service.
func checkDescribed(ms *set, d *demand, o *offer, ps *model.Problems) {
	if d.resource != (schema.GroupResource{Resource: "services"}) || o.label != "service" || slices.ContainsFunc(o.series, fromElsewhere) ||
		slices.ContainsFunc(o.series, d.isRecorded) || len(ms.arrivals.ofAll()) == 0 {
		return
	}
	described := d.names()[0]
	var names []string
	for _, from := range ms.arrivals.ofAll() {
		if from.path.service == nil || from.path.honorLabels || from.opaque || from.target["service"] == described {
			return
		}
		names = append(names, from.target["service"])
	}
	ps.Warnf(ruleLabelsID, o.at, "gives %s, for which %s asks of Service %q, but no monitor here reads pods through that%s",
		d.what(), d.scaler.item.Place.Object, described, krm.DidYouMean(described, names))
}

// mismatch is a matcher that the series of the pods do not match.
type mismatch struct {
	*labels.Matcher
	// value is what they have instead, "" if they have no such label.
	value string
}

// report is an error where the value was most likely meant, or the label is one that only another way of scraping gives;
// else the series may still come from elsewhere.
func (u mismatch) report(at model.Place, d *demand, ps *model.Problems) {
	who := d.scaler.item.Place.Object
	switch {
	case u.value == "" && u.Name == "service":
		ps.Warnf(ruleLabelsID, at, "asks for series with %s, but PodMonitors, through which those of the pods of %s come, give no label "+
			"%q", u, who, u.Name)
	case u.value == "":
		ps.Errorf(ruleLabelsID, at, "asks for series with %s, but those of the pods of %s have no such label", u, who)
	case krm.Suggest(u.Value, []string{u.value}) != "" || strings.Contains(u.value, u.Value) || strings.Contains(u.Value, u.value):
		ps.Errorf(ruleLabelsID, at, "asks for series with %s, but those of the pods of %s have %s=%q", u, who, u.Name, u.value)
	default:
		ps.Warnf(ruleLabelsID, at, "asks for series with %s, but those of the pods of %s have %s=%q; that is right only if the series "+
			"come from elsewhere",
			u, who, u.Name, u.value)
	}
}

// checkRecorded reports matchers on labels that a recording rule does not give its series.
func checkRecorded(d *demand, o *offer, ps *model.Problems) {
	for _, s := range selectors(o.expr) {
		for _, m := range s.LabelMatchers {
			if d.isRecorded(s.Name) && m.Name != prommodel.MetricNameLabel && !m.Matches("") && d.has(s.Name, m.Name) == absent {
				ps.Errorf(ruleLabelsID, o.field("metricsQuery"), "asks for series %s with %s, but the recording rule of %s gives it no "+
					"such label",
					s.Name, m, s.Name)
			}
		}
	}
}

// statedLabels are labels whose values can be told from the monitors and Services.
var statedLabels = []string{"job", "service", "container", "endpoint"}

// unmatched tells whether no way gives series a label that a matcher matches.
func unmatched(m *labels.Matcher, origins []origin, series string) (u mismatch, ok bool) {
	u.Matcher = m
	for _, o := range origins {
		value, kept := o.value(series, m.Name)
		switch {
		case o.opaque || !kept || o.path.honorLabels || m.Matches(value):
			return u, false
		case slices.Contains(statedLabels, m.Name) && value != "" && !unstated(o, m.Name):
			u.value = value
		case o.has(series, m.Name) == absent, m.Name == "service" && o.path.service == nil:
		default:
			return u, false
		}
	}
	return u, len(origins) > 0
}

// unstated tells whether the value of a label depends on a namespace that is not stated: the job of a PodMonitor does.
func unstated(o origin, label string) bool {
	return label == "job" && o.path.service == nil && o.path.monitor.item.Place.Object.Namespace == ""
}
