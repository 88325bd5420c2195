package hpa

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/hpa/v2beta1"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// flatMetric is a metric in the flat shape of autoscaling/v2beta1.
type flatMetric struct{ v2beta1.Metric }

// convert returns m in the shape of v2, without the targetValue of an Object metric next to an averageValue: v2beta1
// required one, but the HPA controller does not read it.
func (m flatMetric) convert() autoscalingv2.MetricSpec {
	out := m.Convert()
	if m.dropsValue() {
		out.Object.Target.Value = nil
	}
	return out
}

func (m flatMetric) dropsValue() bool {
	return m.Object != nil && m.Object.TargetValue != nil && m.Object.AverageValue != nil
}

// dropped reports what convert leaves out of the metric at s.
func (c *metricsChecker) dropped(m flatMetric, s spot) {
	if m.dropsValue() {
		c.problems.Infof(model.HPAConfig, s.child("object.targetValue").at,
			"is dropped, because Kubernetes ignores it if averageValue is set")
	}
}
