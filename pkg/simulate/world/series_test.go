package world

import (
	"math"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
)

// TestArrivals counts requests before the pods: those that no pod can serve, and those that come while there is no pod.
func TestArrivals(t *testing.T) {
	to := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: resource.NewQuantity(10, "")}
	for fn, want := range map[string][2]float64{"rate": {5, 20}, "increase": {300, 1200}, "irate": {5, 20}, "": {5, 20}} {
		m := &Model{
			Spec: &autoscalingv2.HorizontalPodAutoscalerSpec{MaxReplicas: 5, Metrics: []autoscalingv2.MetricSpec{{
				Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{Target: to},
			}}},
			Sources: []Source{{PerRequest: 1, Factor: 1, Arrivals: true, Fn: fn, Span: time.Minute, Interval: 15 * time.Second}},
			Times:   []time.Duration{0, 5 * time.Minute}, Requests: []float64{5, 20}, End: 10 * time.Minute,
			Flags: autoscaler.DefaultFlags(), Resolution: 15 * time.Second, Pods: Pods{Capacity: 1},
		}
		for _, pods := range []int32{0, 2} {
			w := New(m, pods, 0)
			for i, at := range []time.Duration{4 * time.Minute, 8 * time.Minute} {
				w.Advance(at)
				if r := w.total(0); !r.ok || math.Abs(r.value-want[i]) > 1e-6 {
					t.Errorf("%s with %d pods at %s: %v, want %v", fn, pods, at, r, want[i])
				}
				if over := w.Look().Replicas == 0 || want[i] > 11*2; w.over != over {
					t.Errorf("%s with %d pods at %s: over target %t", fn, pods, at, w.over)
				}
			}
		}
	}
}
