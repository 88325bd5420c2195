package hpa

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/hpa/v2beta1"
	"github.com/krm-fn/krm-fn/pkg/hpa/validation"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// metrics reads the metrics of the version that applies, with a place for each.
func (r *reader) metrics(k keys) ([]autoscalingv2.MetricSpec, []model.Place) {
	key, other := k.metrics, k.flat
	if r.flat {
		key, other = other, key
	}
	at := r.at.Child(key)
	top, ok := r.parse(key)
	switch {
	case !ok:
		return defaultMetrics(), []model.Place{at}
	case top == nil || top.Kind == yaml.SequenceNode && len(top.Content) == 0:
		r.noMetrics(key, other)
		return defaultMetrics(), []model.Place{at}
	case top.Kind != yaml.SequenceNode:
		r.problems.Errorf(model.InputType, at.At(top.Line),
			"is %s; use a list of metrics, each starting with \"- type:\"", krm.Describe(top))
		return defaultMetrics(), []model.Place{at}
	}
	m := metricsReader{otherKey: other, seen: map[string]model.Place{}}
	if r.flat {
		m.format = validation.V2beta1
	}
	var specs []autoscalingv2.MetricSpec
	var places []model.Place
	for i, n := range top.Content {
		at := at.Item(i).At(n.Line)
		specs, places = append(specs, m.metric(n, at)), append(places, at)
	}
	krm.SetLines(m.problems, at, top)
	r.problems.Add(m.problems...)
	return specs, places
}

// noMetrics reports that the default applies, and warns if the metrics are under the key of the other version.
func (r *reader) noMetrics(key, other string) {
	if !blank(r.data[other]) {
		r.problems.Warnf(model.HPAConfig, r.at.Child(other), "is ignored with %s %s; move the metrics to %s",
			versionKey, r.version, key)
	}
	state := "is not set"
	if _, ok := r.data[key]; ok {
		state = "contains no metrics"
	}
	r.problems.Infof(model.HPAConfig, r.at.Child(key), "%s; defaults to a CPU utilization of %d%%", state, defaultUtilization)
}

// metricsReader reads and validates the metrics of one key.
type metricsReader struct {
	problems model.Problems
	// format is that of the key; otherKey takes the other format.
	format   validation.Format
	otherKey string
	// seen contains the first metric of every identity.
	seen map[string]model.Place
}

// formats names the formats.
var formats = [...]string{validation.V2: "v2", validation.V2beta1: "v2beta1"}

// metric decodes the metric n, in the format in which it is written, and validates it.
func (r *metricsReader) metric(n *yaml.Node, at model.Place) autoscalingv2.MetricSpec {
	var spec autoscalingv2.MetricSpec
	if krm.IsNull(n) {
		r.problems.Errorf(model.HPAMetric, at, "is empty; add a metric, starting with \"type:\", or remove the dash")
		return spec
	}
	before := len(r.problems)
	d := decode(n, at, r.format)
	if len(d.moved) > 0 {
		// If the whole metric is in the format that its key does not take, that is one problem.
		if other := decode(n, at, 1-r.format); len(other.moved) == 0 {
			r.reportOtherFormat(d, at)
			d = other
		}
	}
	rules := validation.Rules{Format: d.format, Contradiction: model.Error}
	found := rules.Metric(&d.spec, func() model.Place { return at.At(0) })
	r.problems.Add(d.problems...)
	r.problems.Add(found.WithoutFollowUps(slices.Concat(d.moved, misspelled(d.problems), d.problems))...)
	if r.problems[before:].HasErrors() {
		return d.spec
	}
	id := validation.Identity(&d.spec)
	if first, ok := r.seen[id]; ok {
		r.problems.Errorf(model.HPAMetric, at, "is the same metric as %s on line %d; remove one of them", first.Field, first.Line)
	} else {
		r.seen[id] = at
	}
	return d.spec
}

// decoded is a metric that was read in a format. moved has a problem for each field that has the name of the other format, at
// the field to use instead.
type decoded struct {
	format          validation.Format
	spec            autoscalingv2.MetricSpec
	problems, moved model.Problems
}

func decode(n *yaml.Node, at model.Place, f validation.Format) decoded {
	d := decoded{format: f}
	if f == validation.V2 {
		d.problems = krm.Decode(n, at, &d.spec)
	} else {
		var m v2beta1.Metric
		d.problems = krm.Decode(n, at, &m)
		// The format requires a targetValue next to an averageValue, but the HPA controller does not read it.
		if o := m.Object; o != nil && o.AverageValue != nil && o.TargetValue != nil {
			o.TargetValue = nil
			d.problems.Infof(model.HPAConfig, at.At(0).Child("object").Child("targetValue"),
				"is dropped, because Kubernetes ignores it if averageValue is set")
		}
		d.spec = m.Convert()
	}
	d.explain(at)
	return d
}

// explain rewords the problems of unknown fields that the other format has.
func (d *decoded) explain(at model.Place) {
	for i := range d.problems {
		p := &d.problems[i]
		for k := range validation.Sources {
			src := &validation.Sources[k]
			in := at.Child(src.Field)
			name, ok := strings.CutPrefix(p.Place.Field, in.Field+".")
			instead := src.Translate(name, d.format)
			if p.ID != model.InputField || !ok || instead == "" {
				continue
			}
			p.Suggestion = ""
			p.Message = fmt.Sprintf("unknown field %q; it belongs to the %s format; use %s", name, formats[1-d.format], instead)
			in.Field += "." + instead
			d.moved.Reportf(model.Problem{ID: model.InputType, Place: in, Value: name, Suggestion: instead}, "%s", src.Field)
		}
	}
}

// reportOtherFormat reports that the metric d is written in the other format.
func (r *metricsReader) reportOtherFormat(d decoded, at model.Place) {
	var has, instead []string
	for _, p := range d.moved {
		has, instead = append(has, p.Value), append(instead, p.Suggestion)
	}
	r.problems.Errorf(model.InputField, at.At(0).Child(d.moved[0].Message),
		"uses the %[1]s format (%[2]s); use %[3]s, or move the list to %[4]s and set %[5]s: %[1]s",
		formats[1-d.format], strings.Join(has, ", "), model.Join(instead, "and"), r.otherKey, versionKey)
}

// misspelled returns a problem for each field that was probably meant by an unknown one.
func misspelled(ps model.Problems) (meant model.Problems) {
	for _, p := range ps {
		if i := strings.LastIndexByte(p.Place.Field, '.'); p.ID == model.InputField && p.Suggestion != "" {
			p.Place.Field = p.Place.Field[:i+1] + p.Suggestion
			meant.Errorf(model.InputType, p.Place, "has another name")
		}
	}
	return meant
}
