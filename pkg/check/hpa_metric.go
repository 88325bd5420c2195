package check

import (
	"fmt"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaMetric(w *world, ps *model.Problems) {
	for _, s := range w.graph.HPAs {
		for i, m := range s.Metrics {
			(&metricJudge{at: s.MetricAt(i), flat: s.IsFlat(), ps: ps}).judge(m)
		}
	}
}

// metricJudge reports what is wrong with the metric at a place.
type metricJudge struct {
	at   model.Place
	flat bool
	ps   *model.Problems
}

// sources are the types of metrics and the fields that hold them.
var sources = []struct {
	kind    autoscalingv2.MetricSourceType
	field   string
	present func(autoscalingv2.MetricSpec) bool
}{
	{
		autoscalingv2.ContainerResourceMetricSourceType, "containerResource",
		func(m autoscalingv2.MetricSpec) bool { return m.ContainerResource != nil },
	},
	{autoscalingv2.ExternalMetricSourceType, "external", func(m autoscalingv2.MetricSpec) bool { return m.External != nil }},
	{autoscalingv2.ObjectMetricSourceType, "object", func(m autoscalingv2.MetricSpec) bool { return m.Object != nil }},
	{autoscalingv2.PodsMetricSourceType, "pods", func(m autoscalingv2.MetricSpec) bool { return m.Pods != nil }},
	{autoscalingv2.ResourceMetricSourceType, "resource", func(m autoscalingv2.MetricSpec) bool { return m.Resource != nil }},
}

// judge follows Kubernetes, pkg/apis/autoscaling/validation/validation.go, validateMetricSpec.
func (j *metricJudge) judge(m autoscalingv2.MetricSpec) {
	var types []string
	for _, s := range sources {
		types = append(types, string(s.kind))
	}
	if !j.known(j.at.Child("type"), "metric", string(m.Type), types) {
		return
	}
	for _, s := range sources {
		switch {
		case s.kind == m.Type && !s.present(m):
			j.ps.Errorf(model.HPAMetric, j.at.Child(s.field), "is missing, but type %s requires it", m.Type)
		case s.kind != m.Type && s.present(m):
			j.ps.Errorf(model.HPAMetric, j.at.Child(s.field), "belongs to type %s, but this is type %s; remove it", s.kind, m.Type)
		}
	}
	j.source(m)
}

// known reports a word that is none of the known ones.
func (j *metricJudge) known(at model.Place, of, got string, all []string) bool {
	if got == "" {
		j.ps.Errorf(model.HPAMetric, at, "is missing; use %s", lookup.OneOf(all))
	} else if !slices.Contains(all, got) {
		j.ps.Reportf(model.Problem{ID: model.HPAMetric, Place: at, Value: got, Suggestion: krm.Suggest(got, all)},
			"%q is not a valid %s type; use %s", got, of, lookup.OneOf(all))
	}
	return slices.Contains(all, got)
}

func (j *metricJudge) source(m autoscalingv2.MetricSpec) {
	switch {
	case m.Resource != nil && m.Type == autoscalingv2.ResourceMetricSourceType:
		j.resource("resource", m.Resource.Name, m.Resource.Target)
	case m.ContainerResource != nil && m.Type == autoscalingv2.ContainerResourceMetricSourceType:
		at := "containerResource"
		j.required(j.at.Child(at).Child("container"), m.ContainerResource.Container == "")
		j.resource(at, m.ContainerResource.Name, m.ContainerResource.Target)
	case m.Pods != nil && m.Type == autoscalingv2.PodsMetricSourceType:
		j.custom("pods", m.Pods.Metric, m.Pods.Target)
	case m.Object != nil && m.Type == autoscalingv2.ObjectMetricSourceType:
		at := j.at.Child("object").Child("describedObject")
		if j.flat {
			at = j.at.Child("object").Child("target")
		}
		j.required(at.Child("kind"), m.Object.DescribedObject.Kind == "")
		j.required(at.Child("name"), m.Object.DescribedObject.Name == "")
		j.custom("object", m.Object.Metric, m.Object.Target)
		j.objectTarget(m.Object.Target)
	case m.External != nil && m.Type == autoscalingv2.ExternalMetricSourceType:
		j.custom("external", m.External.Metric, m.External.Target)
		if t := m.External.Target; t.Value != nil && t.AverageValue != nil {
			j.ps.Errorf(model.HPAMetric, j.target("external"), "has both a value and an averageValue; set one of them")
		}
	}
}

// objectTarget checks what the controller finds out only when it computes (Kubernetes,
// pkg/controller/podautoscaler/horizontal.go, computeStatusForObjectMetric).
func (j *metricJudge) objectTarget(t autoscalingv2.MetricTarget) {
	switch {
	case t.Value == nil && t.AverageValue == nil:
	case t.Type == autoscalingv2.ValueMetricType && t.Value == nil:
		j.ps.Errorf(model.HPAMetric, j.target("object"), "is of type Value but has no value; use type AverageValue")
	case t.Type == autoscalingv2.AverageValueMetricType && t.AverageValue == nil:
		j.ps.Errorf(model.HPAMetric, j.target("object"), "is of type AverageValue but has no averageValue; use type Value")
	case t.Type == autoscalingv2.UtilizationMetricType:
		j.ps.Errorf(model.HPAMetric, j.target("object"),
			"is of type Utilization, which type Object does not support; use type Value or AverageValue")
	}
}

// target is where the target of a source is.
func (j *metricJudge) target(source string) model.Place {
	if j.flat {
		return j.at.Child(source)
	}
	return j.at.Child(source).Child("target")
}

func (j *metricJudge) required(at model.Place, missing bool) {
	if missing {
		j.ps.Errorf(model.HPAMetric, at, "is missing; add one")
	}
}

func (j *metricJudge) resource(source string, name corev1.ResourceName, t autoscalingv2.MetricTarget) {
	at := j.at.Child(source).Child("name")
	switch name {
	case "":
		j.required(at, true)
	case corev1.ResourceCPU, corev1.ResourceMemory:
	default:
		j.ps.Valuef(model.HPAMetric, at, string(name),
			"%q is not a resource whose usage is measured; use cpu or memory, or a metric of type Pods that a rule serves", name)
	}
	utilization, value := "averageUtilization", "averageValue"
	if j.flat {
		utilization, value = "targetAverageUtilization", "targetAverageValue"
	}
	switch {
	case t.AverageUtilization == nil && t.AverageValue == nil:
		j.ps.Errorf(model.HPAMetric, j.target(source), "has neither %s nor %s; set one of them", utilization, value)
	case t.AverageUtilization != nil && t.AverageValue != nil:
		j.ps.Errorf(model.HPAMetric, j.target(source), "has both %s and %s; set one of them", utilization, value)
	}
	j.values(source, t)
}

// targetFields are the fields of which a source needs one, in the flat shape and in that of v2.
var targetFields = map[string]struct{ flat, nested string }{
	"pods":     {"targetAverageValue", "averageValue"},
	"object":   {"targetValue or averageValue", "value or averageValue"},
	"external": {"targetValue or targetAverageValue", "value or averageValue"},
}

func (j *metricJudge) custom(source string, id autoscalingv2.MetricIdentifier, t autoscalingv2.MetricTarget) {
	name, wanted := j.at.Child(source).Child("metric").Child("name"), targetFields[source].nested
	if j.flat {
		name, wanted = j.at.Child(source).Child("metricName"), targetFields[source].flat
	}
	j.required(name, id.Name == "")
	if id.Selector != nil {
		if _, err := metav1.LabelSelectorAsSelector(id.Selector); err != nil {
			j.ps.Errorf(model.HPAMetric, j.at.Child(source), "has an invalid selector: %v", err)
		}
	}
	if t.AverageValue == nil && (t.Value == nil || source == "pods") {
		j.ps.Errorf(model.HPAMetric, j.target(source), "has no %s; add it", wanted)
	}
	j.values(source, t)
}

var targetTypes = []string{
	string(autoscalingv2.AverageValueMetricType), string(autoscalingv2.UtilizationMetricType),
	string(autoscalingv2.ValueMetricType),
}

// values checks the type and the numbers of a target.
func (j *metricJudge) values(source string, t autoscalingv2.MetricTarget) {
	at := j.target(source)
	// Where there is no target at all, that has been told.
	if !j.flat && t != (autoscalingv2.MetricTarget{}) {
		j.known(at.Child("type"), "target", string(t.Type), targetTypes)
	}
	for _, q := range []*resource.Quantity{t.Value, t.AverageValue} {
		if q != nil && q.Sign() <= 0 {
			j.ps.Valuef(model.HPAMetric, at, q.String(), "is %s; use a number above 0", q)
		}
	}
	if t.AverageUtilization != nil && *t.AverageUtilization < 1 {
		j.ps.Valuef(model.HPAMetric, at, fmt.Sprint(*t.AverageUtilization), "is %d %%; use a number above 0", *t.AverageUtilization)
	}
}
