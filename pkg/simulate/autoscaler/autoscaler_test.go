package autoscaler

import (
	"math"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func quantity(text string) *resource.Quantity { return new(resource.MustParse(text)) }

// podsMetric is a metric of type Pods. The values of readings are in thousandths.
func podsMetric(average string) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
		Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: quantity(average)},
	}}
}

func utilization(name corev1.ResourceName, percent int32) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
		Name: name, Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent},
	}}
}

// ofContainer is a metric of type ContainerResource with a raw value.
func ofContainer(average string) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{
		Type: autoscalingv2.ContainerResourceMetricSourceType,
		ContainerResource: &autoscalingv2.ContainerResourceMetricSource{
			Name: corev1.ResourceCPU, Container: "c",
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: quantity(average)},
		},
	}
}

func object(value, average string) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricSource{Target: either(value, average)}}
}

func external(value, average string) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{
		Type:     autoscalingv2.ExternalMetricSourceType,
		External: &autoscalingv2.ExternalMetricSource{Target: either(value, average)},
	}
}

func either(value, average string) autoscalingv2.MetricTarget {
	if value != "" {
		return autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: quantity(value)}
	}
	return autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: quantity(average)}
}

// spec returns a spec with bounds that do not matter.
func spec(metrics ...autoscalingv2.MetricSpec) *autoscalingv2.HorizontalPodAutoscalerSpec {
	return &autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: new(int32(1)), MaxReplicas: 1000, Metrics: metrics}
}

// old is a time at which pods are not new anymore.
const old = time.Hour

// up are pods that are ready for long.
func up(n int64) Group { return Group{Count: n, Ready: true} }

// look is a look at pods of which each group has a value, or none if it is negative. All metrics have the same.
func look(groups []Group, values ...int64) *Look {
	l := &Look{Now: old, Groups: groups, Metrics: []Metric{{}}}
	for i, g := range groups {
		l.Replicas += int32(g.Count)
		r := Reading{Known: values[i] >= 0, Value: values[i], At: old, Window: 15 * time.Second}
		l.Metrics[0].Readings = append(l.Metrics[0].Readings, r)
	}
	return l
}

// TestOfPods has the numbers of replica_calculator.go, calcPlainMetricReplicas and GetResourceReplicas: what metrics call for.
func TestOfPods(t *testing.T) {
	pending, recent := Group{Count: 2, Pending: true}, Group{Count: 2, Started: old - time.Minute, Changed: old - time.Minute}
	for name, c := range map[string]struct {
		metric  autoscalingv2.MetricSpec
		groups  []Group
		values  []int64
		request int64
		want    int32 // -1 is none.
	}{
		"on target":                         {metric: podsMetric("10"), groups: []Group{up(4)}, values: []int64{10_000}, want: 4},
		"just in the tolerance above":       {metric: podsMetric("10"), groups: []Group{up(4)}, values: []int64{11_000}, want: 4},
		"just over the tolerance":           {metric: podsMetric("10"), groups: []Group{up(4)}, values: []int64{11_001}, want: 5},
		"just in the tolerance below":       {metric: podsMetric("10"), groups: []Group{up(4)}, values: []int64{9_000}, want: 4},
		"just under the tolerance":          {metric: podsMetric("10"), groups: []Group{up(40)}, values: []int64{8_999}, want: 36},
		"nothing":                           {metric: podsMetric("10"), groups: []Group{up(4)}, values: []int64{0}, want: 0},
		"a mean, rounded down":              {metric: podsMetric("3m"), groups: []Group{up(1), up(1)}, values: []int64{3, 4}, want: 2},
		"a mean of groups":                  {metric: podsMetric("10"), groups: []Group{up(1), up(3)}, values: []int64{40_000, 20_000}, want: 10},
		"no pods":                           {metric: podsMetric("10"), want: -1},
		"no values":                         {metric: podsMetric("10"), groups: []Group{up(4)}, values: []int64{-1}, want: -1},
		"only pending pods":                 {metric: podsMetric("10"), groups: []Group{pending}, values: []int64{20_000}, want: -1},
		"missing count as 0 on the way up":  {metric: podsMetric("10"), groups: []Group{up(4), up(1)}, values: []int64{20_000, -1}, want: 8},
		"missing would turn the way":        {metric: podsMetric("10"), groups: []Group{up(4), up(4)}, values: []int64{15_000, -1}, want: 8},
		"missing are within tolerance":      {metric: podsMetric("10"), groups: []Group{up(4), up(4)}, values: []int64{20_000, -1}, want: 8},
		"missing on target on the way down": {metric: podsMetric("10"), groups: []Group{up(6), up(2)}, values: []int64{5_000, -1}, want: 5},
		"missing with the others on target": {metric: podsMetric("10"), groups: []Group{up(4), up(4)}, values: []int64{10_000, -1}, want: 8},
		"pending count as 0 on the way up":  {metric: podsMetric("10"), groups: []Group{up(4), pending}, values: []int64{30_000, -1}, want: 12},
		"pending that change nothing":       {metric: podsMetric("10"), groups: []Group{up(4), pending}, values: []int64{15_000, -1}, want: 6},
		"pending do not count on the way down": {
			metric: podsMetric("10"), groups: []Group{up(4), pending}, values: []int64{5_000, -1}, want: 2,
		},
		"fewer than there are, on the way up": { // 3 pods have values, 2 are missing, and 20 are pending.
			metric: podsMetric("10"), groups: []Group{up(3), {Count: 2, Ready: true}, {Count: 20, Pending: true}},
			values: []int64{120_000, -1, -1}, want: 36,
		},
		"not ready matters only for cpu": {metric: podsMetric("10"), groups: []Group{up(2), recent}, values: []int64{20_000, 20_000}, want: 8},
		"a utilization":                  {metric: utilization("cpu", 50), groups: []Group{up(4)}, values: []int64{100}, request: 100, want: 8},
		"a utilization, in whole percent": { // 55.9 percent is 55, which is within the tolerance.
			metric: utilization("cpu", 50), groups: []Group{up(10)}, values: []int64{559}, request: 1000, want: 10,
		},
		"a utilization without a request":     {metric: utilization("cpu", 50), groups: []Group{up(4)}, values: []int64{100}, want: -1},
		"a missing pod uses all that it asks": {metric: utilization("cpu", 50), groups: []Group{up(8), up(1)}, values: []int64{20, -1}, request: 100, want: 6},
		"a missing pod uses the target if that is more": { // (8*60 + 150) / 900 is 70 percent of 150: 0.4667 * 9 is 4.2.
			metric: utilization("memory", 150), groups: []Group{up(8), up(1)}, values: []int64{60, -1}, request: 100, want: 5,
		},
		"a missing pod that turns the way": { // 40 percent, with the missing one 100: over the target of 50.
			metric: utilization("cpu", 50), groups: []Group{up(1), up(1)}, values: []int64{40, -1}, request: 100, want: 2,
		},
		"a container":                 {metric: ofContainer("100m"), groups: []Group{up(3)}, values: []int64{200}, want: 6},
		"cpu of pods that start":      {metric: ofContainer("100m"), groups: []Group{up(4), recent}, values: []int64{300, 900}, want: 12},
		"cpu of pods that start, low": {metric: ofContainer("100m"), groups: []Group{up(4), recent}, values: []int64{50, 900}, want: 2},
	} {
		t.Run(name, func(t *testing.T) {
			a, l := New(spec(c.metric), DefaultFlags()), look(c.groups, c.values...)
			l.Metrics[0].Request = c.request
			got, ok := a.proposal(l, 0)
			if !ok {
				got = -1
			}
			if got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// TestInitialization has the cases of replica_calculator.go, groupPods, about cpu.
func TestInitialization(t *testing.T) {
	const window = 15 * time.Second
	for name, c := range map[string]struct {
		ready            bool
		started, changed time.Duration
		at               time.Duration
		unready          bool
	}{
		"new and not ready":                       {started: old - time.Minute, changed: old - time.Minute, at: old, unready: true},
		"new, measured before it was ready":       {ready: true, started: old - time.Minute, changed: old - 10*time.Second, at: old, unready: true},
		"new, a window after it was ready":        {ready: true, started: old - time.Minute, changed: old - window, at: old},
		"new, a little less than a window after":  {ready: true, started: old - time.Minute, changed: old - window, at: old - 1, unready: true},
		"at the end of the period":                {ready: true, started: old - 5*time.Minute, changed: old, at: old},
		"just before the end of the period":       {ready: true, started: old - 5*time.Minute + 1, changed: old, at: old, unready: true},
		"old, never ready":                        {started: old - 10*time.Minute, changed: old - 10*time.Minute + 29*time.Second, at: old, unready: true},
		"old, not ready since the delay was over": {started: old - 10*time.Minute, changed: old - 10*time.Minute + 30*time.Second, at: old},
		"old and ready":                           {ready: true, started: old - 10*time.Minute, changed: old, at: old},
	} {
		t.Run(name, func(t *testing.T) {
			a := New(spec(), DefaultFlags())
			g := Group{Count: 1, Ready: c.ready, Started: c.started, Changed: c.changed}
			if got := a.unready(old, g, Reading{At: c.at, Window: window}); got != c.unready {
				t.Errorf("got %v", got)
			}
		})
	}
}

// TestOfObject has the numbers of GetObjectMetricReplicas, GetObjectPerPodMetricReplicas, and those of external metrics.
func TestOfObject(t *testing.T) {
	half := []Group{up(2), {Count: 2}, {Count: 1, Ready: true, Pending: true}}
	for name, c := range map[string]struct {
		value, average string
		groups         []Group
		total          int64
		want           int32
	}{
		"on target":                            {value: "100", groups: []Group{up(4)}, total: 100_000, want: 4},
		"in the tolerance above":               {value: "100", groups: []Group{up(4)}, total: 110_000, want: 4},
		"over the tolerance":                   {value: "100", groups: []Group{up(4)}, total: 110_001, want: 5},
		"in the tolerance below":               {value: "100", groups: []Group{up(4)}, total: 90_000, want: 4},
		"under the tolerance":                  {value: "100", groups: []Group{up(20)}, total: 89_999, want: 18},
		"ready pods only":                      {value: "100", groups: half, total: 300_000, want: 6},
		"from zero":                            {value: "100", total: 250_000, want: 3},
		"from zero, within the tolerance":      {value: "100", total: 105_000, want: 2},
		"nothing, from zero":                   {value: "100", want: 0},
		"more than fit":                        {value: "1m", groups: []Group{up(4)}, total: math.MaxInt64, want: math.MaxInt32},
		"an average on target":                 {average: "10", groups: []Group{up(4)}, total: 40_000, want: 4},
		"an average in the tolerance":          {average: "10", groups: []Group{up(4)}, total: 44_000, want: 4},
		"an average over the tolerance":        {average: "10", groups: []Group{up(4)}, total: 44_001, want: 5},
		"an average, whoever is ready":         {average: "10", groups: half, total: 100_000, want: 10},
		"an average, from zero":                {average: "10", total: 25_000, want: 3},
		"an average of nothing, from zero":     {average: "10", want: 0},
		"an average of nothing":                {average: "10", groups: []Group{up(4)}, want: 0},
		"an average, more than fit into int32": {average: "1m", groups: []Group{up(4)}, total: 1 << 40, want: math.MaxInt32},
	} {
		t.Run(name, func(t *testing.T) {
			for _, m := range []autoscalingv2.MetricSpec{object(c.value, c.average), external(c.value, c.average)} {
				a, l := New(spec(m), DefaultFlags()), look(c.groups, make([]int64, len(c.groups))...)
				l.Metrics[0] = Metric{Total: c.total, Known: true}
				if got, ok := a.proposal(l, 0); !ok || got != c.want {
					t.Errorf("%s: got %d, %v, want %d", m.Type, got, ok, c.want)
				}
				l.Metrics[0].Known = false
				if _, ok := a.proposal(l, 0); ok {
					t.Errorf("%s: a metric without a value calls for replicas", m.Type)
				}
			}
		})
	}
	// Replicas whose pods are not there yet (getReadyPodsCount).
	l := &Look{Now: old, Replicas: 3, Metrics: []Metric{{Total: 300_000, Known: true}}}
	if _, ok := New(spec(object("100", "")), DefaultFlags()).proposal(l, 0); ok {
		t.Error("no pods: the metric calls for replicas")
	}
}

// TestMetrics has what horizontal.go, computeReplicasForMetrics and reconcileAutoscaler, make of several metrics.
func TestMetrics(t *testing.T) {
	const none = -1
	for name, c := range map[string]struct {
		totals []int64
		want   Decision
	}{
		"the largest counts":              {[]int64{30_000, 50_000, 40_000}, Decision{5, 5, NoLimit}},
		"one is missing, on the way up":   {[]int64{none, 50_000}, Decision{5, 5, NoLimit}},
		"one is missing, on the way down": {[]int64{none, 30_000}, Decision{4, 4, NoMetrics}},
		"one is missing, no change":       {[]int64{none, 40_000}, Decision{4, 4, NoLimit}},
		"all are missing":                 {[]int64{none, none}, Decision{4, 4, NoMetrics}},
	} {
		t.Run(name, func(t *testing.T) {
			s, l := spec(), look([]Group{up(4)}, 0)
			l.Metrics = nil
			for _, n := range c.totals {
				s.Metrics = append(s.Metrics, external("", "10"))
				l.Metrics = append(l.Metrics, Metric{Total: n, Known: n != none})
			}
			if got := New(s, DefaultFlags()).Decide(l); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestOtherNumberOfPods has more pods than replicas, so that the way would turn.
func TestOtherNumberOfPods(t *testing.T) {
	l := look([]Group{up(3), up(1)}, 8_000, -1)
	l.Replicas = 2
	if got, ok := New(spec(podsMetric("10")), DefaultFlags()).proposal(l, 0); !ok || got != 2 {
		t.Errorf("got %d, %v", got, ok)
	}
}

// TestOverflow has a request whose sum is zero in 64 bits.
func TestOverflow(t *testing.T) {
	a, l := New(spec(utilization("memory", 50)), DefaultFlags()), look([]Group{up(1 << 30)}, 1<<30)
	l.Metrics[0].Request = (2 << 30) * 1000
	if got := a.Decide(l); got.Replicas != 1000 {
		t.Errorf("got %+v", got)
	}
	if got, ok := a.proposal(l, 0); !ok || got < 0 {
		t.Errorf("got %d, %v", got, ok)
	}
}
