package scaffold

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// readMetrics reads the metrics. cpu and memory are resources, all others metrics of pods.
func (a *autoscaler) readMetrics() []autoscalingv2.MetricSpec {
	var all []autoscalingv2.MetricSpec
	if len(a.Metrics) == 0 {
		a.ps.Errorf(model.InputRequired, flag(metricFlag), "is missing; use NAME=TARGET, such as http_requests_total_per_second=10 or cpu=80%%")
	}
	for _, text := range a.Metrics {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" || value == "" {
			a.ps.Valuef(model.InputValue, flag(metricFlag), text, "%q is not NAME=TARGET, such as http_requests_total_per_second=10 or cpu=80%%", text)
			continue
		}
		isResource := name == string(corev1.ResourceCPU) || name == string(corev1.ResourceMemory)
		target, err := readTarget(value, isResource)
		if err != nil {
			a.ps.Valuef(model.InputValue, flag(metricFlag), text, "%v", err)
			continue
		}
		m := autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType}
		if isResource {
			m.Type = autoscalingv2.ResourceMetricSourceType
			m.Resource = &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceName(name), Target: target}
		} else {
			m.Pods = &autoscalingv2.PodsMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: name}, Target: target}
		}
		all = append(all, m)
	}
	return all
}

// readTarget reads the target of a metric: N% of the requests, or a quantity, the average of all pods.
func readTarget(text string, isResource bool) (autoscalingv2.MetricTarget, error) {
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		n, err := strconv.ParseInt(percent, 10, 32)
		switch {
		case !isResource:
			return autoscalingv2.MetricTarget{}, fmt.Errorf("%s is a percentage, which only cpu and memory have; use a number", text)
		case err != nil || n < 1:
			return autoscalingv2.MetricTarget{}, fmt.Errorf("%s is not a whole percentage of at least 1%%", text)
		}
		return autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(n))}, nil
	}
	q, err := resource.ParseQuantity(text)
	if err != nil || q.Sign() <= 0 {
		return autoscalingv2.MetricTarget{}, fmt.Errorf("%s is not a quantity above 0, such as 10, 500m, or 64Mi", text)
	}
	return autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &q}, nil
}

// configure returns the configuration of the run: the one of the request, or one with the series and the labels.
func (a *autoscaler) configure(metrics []autoscalingv2.MetricSpec) *krm.Item {
	if a.Config != nil {
		for _, f := range []struct {
			name string
			set  bool
		}{{seriesFlag, a.Series != ""}, {monitorLabelFlag, len(a.MonitorLabels) > 0}} {
			if f.set {
				a.ps.Errorf(model.InputValue, flag(f.name), "has no effect beside a configuration; set it in spec.metrics of the RenderAPIs")
			}
		}
		return a.Config
	}
	spec := map[string]any{}
	if len(a.MonitorLabels) > 0 {
		labels := map[string]string{}
		for _, text := range a.MonitorLabels {
			key, value, ok := strings.Cut(text, "=")
			if !ok {
				a.ps.Valuef(model.InputValue, flag(monitorLabelFlag), text, "%q is not KEY=VALUE, such as release=prometheus", text)
			}
			labels[key] = value
		}
		spec["monitorLabels"] = labels
	}
	if a.Series != "" {
		i := slices.IndexFunc(metrics, func(m autoscalingv2.MetricSpec) bool { return m.Pods != nil })
		if i < 0 || slices.ContainsFunc(metrics[i+1:], func(m autoscalingv2.MetricSpec) bool { return m.Pods != nil }) {
			a.ps.Errorf(model.InputValue, flag(seriesFlag), "needs exactly one metric of pods; name the series of several in spec.metrics.overrides "+
				"of a RenderAPIs, and set --config")
			return nil
		}
		spec["overrides"] = []any{map[string]any{"metric": metrics[i].Pods.Metric.Name, "series": a.Series}}
	}
	n, err := krm.ToNode(map[string]any{
		"apiVersion": "krm-fn.dev/v1alpha1", "kind": "RenderAPIs", "metadata": map[string]any{"name": "autoscale"},
		"spec": map[string]any{"metrics": spec},
	})
	if err != nil {
		a.ps.Errorf(model.InputValue, flag(seriesFlag), "%v", err)
		return nil
	}
	return krm.NewItem(n)
}
