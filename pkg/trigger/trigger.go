package trigger

import (
	"maps"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Prometheus is where triggers read.
type Prometheus struct {
	// Metadata are the settings of every trigger, such as serverAddress.
	Metadata map[string]string
	// Authentication is nil for none.
	Authentication *keda.AuthenticationRef
}

// Resource returns the trigger for a metric of type Resource or ContainerResource. The types of triggers have the names of the
// resources, cpu and memory.
func Resource(m *autoscalingv2.MetricSpec) keda.Trigger {
	t := keda.Trigger{Metadata: map[string]string{}}
	var name corev1.ResourceName
	var target autoscalingv2.MetricTarget
	if c := m.ContainerResource; m.Type == autoscalingv2.ContainerResourceMetricSourceType {
		name, target = c.Name, c.Target
		t.Metadata["containerName"] = c.Container
	} else {
		name, target = m.Resource.Name, m.Resource.Target
	}
	t.Type, t.MetricType = string(name), target.Type
	switch {
	case target.AverageUtilization != nil:
		t.Metadata["value"] = strconv.Itoa(int(*target.AverageUtilization))
	case target.AverageValue != nil:
		t.Metadata["value"] = target.AverageValue.String()
	}
	return t
}

// Query returns the trigger that divides the result of a query by a threshold for each pod.
func (p Prometheus) Query(query, threshold string) keda.Trigger {
	t := keda.Trigger{
		Type: keda.Prometheus, Metadata: maps.Clone(p.Metadata), AuthenticationRef: p.Authentication,
		MetricType: autoscalingv2.AverageValueMetricType,
	}
	maps.Copy(t.Metadata, map[string]string{
		"query": query, "threshold": threshold,
		// Without data, the number of pods stays, as with an adapter. By default, KEDA takes no data for 0.
		"ignoreNullValues": "false",
	})
	return t
}

// Trigger returns the trigger that reads a metric at at, which the rule serves, or reports why there is none. The metric must be
// valid; one without a target has no trigger.
func (p Prometheus) Trigger(
	w Workload, m *autoscalingv2.MetricSpec, r Rule, at model.Place, ps *model.Problems,
) (keda.Trigger, bool) {
	d := demandOf(m)
	value := d.target.AverageValue
	if d.target.Type == autoscalingv2.ValueMetricType {
		value = d.target.Value
	}
	if value == nil {
		return keda.Trigger{}, false
	}
	text, problem := threshold(*value)
	if problem != "" {
		ps.Valuef(model.HPAMetric, at, value.String(), "the target of %s %s", model.Quote(d.name), problem)
	}
	query, ok := w.query(d, r, at, ps)
	t := p.Query(query, text)
	t.MetricType = d.target.Type
	return t, ok && problem == ""
}
