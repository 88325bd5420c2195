package hpa

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// source is one type of metric: the field that holds it, and what differs between the types.
type source struct {
	typ   autoscalingv2.MetricSourceType
	field string
	// targets are the target types that the HPA controller reads for it.
	targets []autoscalingv2.MetricTargetType
	// nested and flat name the parts of a source in the shape of v2 and in that of v2beta1.
	nested, flat fields
	// onlyFlat are the fields that no source of this type has in v2.
	onlyFlat []string
}

// fields are the paths of the parts of a source, "" for a part that the source or the shape does not have.
type fields struct {
	resource, container, object, metric, selector, targetType string
	// The values of the target.
	utilization, value, averageValue string
}

// onlyNested are the paths in a source that no source has in v2beta1. A target alone is none, because there it is the
// object of an Object metric.
var onlyNested = []string{
	"metric", "describedObject", "target.type", "target.averageUtilization", "target.value", "target.averageValue",
}

// sources has the types in the order of messages.
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

// nested adds the target to f, which all types share in the shape of v2.
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
			"is %s; write a list of metrics, each beginning with \"- type:\"", describe(top.node))
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

// noMetrics says that the default applies, and warns if the metrics stand under the key of another version.
func (r *reader) noMetrics(key, other string) {
	if !blank(r.data[other]) {
		r.problems.Warnf(model.HPAConfig, r.at.Child(other), "is not read with %s %s; write the metrics to %s",
			versionKey, r.version, key)
	}
	state := "is not given"
	if _, ok := r.data[key]; ok {
		state = "holds no metric"
	}
	r.problems.Infof(model.HPAConfig, r.at.Child(key), "%s; cpu at %d %% is assumed", state, defaultUtilization)
}

// metricsChecker reads and judges the metrics of one key.
type metricsChecker struct {
	checker
	// flat tells whether the key takes the shape of v2beta1; otherKey takes the other shape.
	flat     bool
	otherKey string
	// seen has the first metric of every identity.
	seen map[string]spot
}

// metric decodes the metric at s, in the shape in which it is written, and judges it.
func (c *metricsChecker) metric(s spot) autoscalingv2.MetricSpec {
	var spec autoscalingv2.MetricSpec
	if s.node == nil {
		c.errorf(s, "is empty; write a metric, beginning with \"type:\", or remove the dash")
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
		c.errorf(s, "is the same metric as %s in line %d; remove one of them", first.at.Field, first.at.Line)
	} else {
		c.seen[id] = s
	}
	return spec
}

// shape tells whether the metric at s is in the shape of v2beta1. If it is wholly in the shape that its key does not
// take, that is one problem; the metric is then read in its own shape, so that what else is wrong is found too.
func (c *metricsChecker) shape(s spot) (flat bool) {
	var report func()
	for _, src := range sources {
		in := s.child(src.field)
		own, foreign := in.present(onlyNested), in.present(src.onlyFlat)
		if c.flat {
			own, foreign = foreign, own
		}
		if len(own) > 0 {
			return c.flat
		}
		if len(foreign) > 0 {
			report = func() { c.foreign(src, in, foreign) }
		}
	}
	if report == nil {
		return c.flat
	}
	report()
	return !c.flat
}

// foreign reports the source at s, whose fields are those of the other shape.
func (c *metricsChecker) foreign(src source, s spot, fields []spot) {
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
		hint = fmt.Sprintf("write %s, or ", join(instead, "and"))
	}
	c.problems.Errorf(model.InputField, s.at, "is of the shape of %s (%s); %smove the list to %s and write %s: %s",
		its, strings.Join(has, ", "), hint, c.otherKey, versionKey, its)
}

// explain rewords unknown fields of the metric at s that the other shape has, and keeps the fields to be written instead
// from being reported as missing.
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
				ps[i].Message = fmt.Sprintf("unknown field %q; it is of the shape of %s; write %s", name, shape, instead)
				c.fail(in[k].child(instead).at.Field)
			}
		}
	}
	return ps
}

// renamed gives the path in the shape to of the part that has path, or is below it, in the shape from; "" if there is
// none.
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
