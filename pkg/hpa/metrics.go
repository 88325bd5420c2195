package hpa

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// source describes one type of metric: its field, and what differs between the types.
type source struct {
	typ   autoscalingv2.MetricSourceType
	field string
	// targets are the target types that the HPA controller supports for it.
	targets []autoscalingv2.MetricTargetType
	// nested and flat name the parts of a source in the v2 and in the v2beta1 format.
	nested, flat fields
	// onlyFlat are the fields of this type that do not exist in v2.
	onlyFlat []string
}

// fields are the paths of the parts of a source; "" for a part that the source or the format does not have.
type fields struct {
	resource, container, object, metric, selector, targetType string
	// The values of the target.
	utilization, value, averageValue string
}

// onlyNested are the paths in a source that do not exist in v2beta1. A plain target is not one of them, because in v2beta1
// it is the object of an Object metric.
var onlyNested = []string{
	"metric", "describedObject", "target.type", "target.averageUtilization", "target.value", "target.averageValue",
}

// sources lists the types in the order of messages.
var sources = []source{{
	typ: autoscalingv2.ResourceMetricSourceType, field: "resource",
	targets:  []autoscalingv2.MetricTargetType{autoscalingv2.UtilizationMetricType, autoscalingv2.AverageValueMetricType},
	nested:   nested(fields{resource: "name"}),
	flat:     fields{resource: "name", utilization: "targetAverageUtilization", averageValue: "targetAverageValue"},
	onlyFlat: []string{"targetAverageUtilization", "targetAverageValue"},
}, {
	typ: autoscalingv2.ContainerResourceMetricSourceType, field: "containerResource",
	targets: []autoscalingv2.MetricTargetType{autoscalingv2.UtilizationMetricType, autoscalingv2.AverageValueMetricType},
	nested:  nested(fields{resource: "name", container: "container"}),
	flat: fields{
		resource: "name", container: "container", utilization: "targetAverageUtilization",
		averageValue: "targetAverageValue",
	},
	onlyFlat: []string{"targetAverageUtilization", "targetAverageValue"},
}, {
	typ: autoscalingv2.PodsMetricSourceType, field: "pods",
	targets:  []autoscalingv2.MetricTargetType{autoscalingv2.AverageValueMetricType},
	nested:   nested(fields{metric: "metric.name", selector: "metric.selector"}),
	flat:     fields{metric: "metricName", selector: "selector", averageValue: "targetAverageValue"},
	onlyFlat: []string{"metricName", "targetAverageValue", "selector"},
}, {
	typ: autoscalingv2.ObjectMetricSourceType, field: "object",
	targets: []autoscalingv2.MetricTargetType{autoscalingv2.ValueMetricType, autoscalingv2.AverageValueMetricType},
	nested:  nested(fields{object: "describedObject", metric: "metric.name", selector: "metric.selector"}),
	flat: fields{
		object: "target", metric: "metricName", selector: "selector", value: "targetValue",
		averageValue: "averageValue",
	},
	onlyFlat: []string{"metricName", "targetValue", "averageValue", "selector"},
}, {
	typ: autoscalingv2.ExternalMetricSourceType, field: "external",
	targets: []autoscalingv2.MetricTargetType{autoscalingv2.ValueMetricType, autoscalingv2.AverageValueMetricType},
	nested:  nested(fields{metric: "metric.name", selector: "metric.selector"}),
	flat: fields{
		metric: "metricName", selector: "metricSelector", value: "targetValue",
		averageValue: "targetAverageValue",
	},
	onlyFlat: []string{"metricName", "targetValue", "targetAverageValue", "metricSelector"},
}}

// nested adds to f the target, which all types share in the v2 format.
func nested(f fields) fields {
	f.targetType, f.utilization = "target.type", "target.averageUtilization"
	f.value, f.averageValue = "target.value", "target.averageValue"
	return f
}

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
	case top.node == nil || top.node.Kind == yaml.SequenceNode && len(top.node.Content) == 0:
		r.noMetrics(key, other)
		return defaultMetrics(), []model.Place{at}
	case top.node.Kind != yaml.SequenceNode:
		r.problems.Errorf(model.InputType, top.at,
			"is %s; use a list of metrics, each starting with \"- type:\"", describe(top.node))
		return defaultMetrics(), []model.Place{at}
	}
	c := metricsChecker{checker: checker{id: model.HPAMetric}, flat: r.flat, otherKey: other, seen: map[string]spot{}}
	var specs []autoscalingv2.MetricSpec
	var places []model.Place
	for i := range top.node.Content {
		s := top.item(i)
		specs, places = append(specs, c.metric(s)), append(places, s.at)
	}
	r.problems.Add(c.problems...)
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

// metricsChecker reads and checks the metrics of one key.
type metricsChecker struct {
	checker
	// flat reports whether the key takes the v2beta1 format; otherKey takes the other format.
	flat     bool
	otherKey string
	// seen contains the first metric of every identity.
	seen map[string]spot
}

// metric decodes the metric at s, in the format in which it is written, and checks it.
func (c *metricsChecker) metric(s spot) autoscalingv2.MetricSpec {
	var spec autoscalingv2.MetricSpec
	if s.node == nil {
		c.errorf(s, "is empty; add a metric, starting with \"type:\", or remove the dash")
		return spec
	}
	before := len(c.problems)
	flat := c.shape(s)
	if flat {
		var m flatMetric
		c.add(c.explain(krm.Decode(s.node, s.at, &m), s, flat))
		spec = m.convert()
		c.dropped(m, s)
	} else {
		c.add(c.explain(krm.Decode(s.node, s.at, &spec), s, flat))
	}
	c.check(spec, s, flat)
	if c.problems[before:].HasErrors() {
		return spec
	}
	id := identity(spec)
	if first, ok := c.seen[id]; ok {
		c.errorf(s, "is the same metric as %s on line %d; remove one of them", first.at.Field, first.at.Line)
	} else {
		c.seen[id] = s
	}
	return spec
}

// shape reports whether the metric at s is in the v2beta1 format. If the whole metric is in the format that its key does not
// take, shape reports one problem. The metric is then read in its own format, so that other problems are also found.
func (c *metricsChecker) shape(s spot) (flat bool) {
	var report func()
	for _, src := range sources {
		in := s.child(src.field)
		own, other := in.present(onlyNested), in.present(src.onlyFlat)
		if c.flat {
			own, other = other, own
		}
		if len(own) > 0 {
			return c.flat
		}
		if len(other) > 0 {
			report = func() { c.reportOtherFormat(src, in, other) }
		}
	}
	if report == nil {
		return c.flat
	}
	report()
	return !c.flat
}

// reportOtherFormat reports the source at s, whose fields belong to the other format.
func (c *metricsChecker) reportOtherFormat(src source, s spot, fields []spot) {
	its, from, to := "v2beta1", src.flat, src.nested
	if c.flat {
		its, from, to = "v2", src.nested, src.flat
	}
	var has, instead []string
	for _, f := range fields {
		name := strings.TrimPrefix(f.at.Field, s.at.Field+".")
		has = append(has, name)
		if other := src.renamed(name, from, to); other != "" {
			instead = append(instead, other)
		}
	}
	hint := ""
	if len(instead) > 0 {
		hint = fmt.Sprintf("use %s, or ", join(instead, "and"))
	}
	c.problems.Errorf(model.InputField, s.at, "uses the %s format (%s); %smove the list to %s and set %s: %s",
		its, strings.Join(has, ", "), hint, c.otherKey, versionKey, its)
}

// explain rewords the problems of unknown fields that the other format has. It keeps the fields to use instead from being
// reported as missing.
func (c *metricsChecker) explain(ps model.Problems, s spot, flat bool) model.Problems {
	in := make([]spot, len(sources))
	for k, src := range sources {
		in[k] = s.child(src.field)
	}
	for i, p := range ps {
		if p.ID != model.InputField {
			continue
		}
		for k, src := range sources {
			name, _ := strings.CutPrefix(p.Place.Field, in[k].at.Field+".")
			shape, instead := "v2beta1", src.renamed(name, src.flat, src.nested)
			if flat {
				shape, instead = "v2", src.renamed(name, src.nested, src.flat)
			}
			if instead != "" {
				ps[i].Suggestion = ""
				ps[i].Message = fmt.Sprintf("unknown field %q; it belongs to the %s format; use %s", name, shape, instead)
				c.fail(in[k].child(instead).at.Field)
			}
		}
	}
	return ps
}

// renamed returns the path in the format to of the part that is at or above path in the format from; "" if there is none.
func (s source) renamed(path string, from, to fields) string {
	was, is := from.list(), to.list()
	for i, p := range was {
		if p != "" && is[i] != "" && (p == path || strings.HasPrefix(p, path+".")) {
			return is[i]
		}
	}
	return ""
}

func (f fields) list() []string {
	return []string{
		f.resource, f.container, f.object, f.metric, f.selector, f.targetType, f.utilization, f.value, f.averageValue,
	}
}
