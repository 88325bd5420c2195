package autoscaler

import (
	"fmt"
	"strings"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

const second = time.Second

// rules are those of a direction, with the defaults of the API server. A negative window is none.
func rules(window int32, choice autoscalingv2.ScalingPolicySelect, policies ...autoscalingv2.HPAScalingPolicy) *autoscalingv2.HPAScalingRules {
	r := &autoscalingv2.HPAScalingRules{SelectPolicy: &choice, Policies: policies}
	if window >= 0 {
		r.StabilizationWindowSeconds = &window
	}
	return r
}

func pods(n, period int32) autoscalingv2.HPAScalingPolicy {
	return autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.PodsScalingPolicy, Value: n, PeriodSeconds: period}
}

func percent(n, period int32) autoscalingv2.HPAScalingPolicy {
	return autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.PercentScalingPolicy, Value: n, PeriodSeconds: period}
}

const (
	most     = autoscalingv2.MaxChangePolicySelect
	least    = autoscalingv2.MinChangePolicySelect
	disabled = autoscalingv2.DisabledPolicySelect
)

// play lets an autoscaler look every 15 seconds, when its only metric, which needs one pod for each 1, has the values. It returns the
// replicas after each look, with a letter for what limited them.
func play(s *autoscalingv2.HorizontalPodAutoscalerSpec, replicas int32, values ...int64) string {
	s.Metrics = []autoscalingv2.MetricSpec{external("", "1")}
	a := New(s, DefaultFlags())
	var out []string
	for i, v := range values {
		l := &Look{Now: time.Duration(i) * 15 * second, Replicas: replicas, Metrics: []Metric{{Total: v * 1000, Known: true}}}
		if replicas > 0 {
			l.Groups = []Group{up(int64(replicas))}
		}
		d := a.Decide(l)
		replicas = d.Replicas
		out = append(out, fmt.Sprint(replicas)+strings.TrimSpace(" spbnd"[d.Limit:d.Limit+1]))
	}
	return strings.Join(out, " ")
}

// repeat returns a value as often.
func repeat(v int64, n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// TestBounds has minReplicas and maxReplicas (horizontal.go, reconcileAutoscaler).
func TestBounds(t *testing.T) {
	for name, c := range map[string]struct {
		replicas int32
		values   []int64
		want     string
	}{
		"more than maxReplicas":     {12, []int64{12}, "10b"},
		"fewer than minReplicas":    {1, []int64{9}, "3b"},
		"metrics call for more":     {6, []int64{40, 40}, "10b 10b"},
		"metrics call for less":     {3, []int64{1}, "3s"},
		"zero, not set by this HPA": {0, []int64{9}, "0d"},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec()
			s.MinReplicas, s.MaxReplicas = new(int32(3)), 10
			if got := play(s, c.replicas, c.values...); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	s := spec()
	s.MinReplicas = new(int32(3))
	if got := play(s, 3, repeat(1, 22)...); got != strings.Repeat("3s ", 21)+"3b" {
		t.Errorf("after the window: got %s", got)
	}
	s = spec()
	s.MinReplicas = nil // The default is 1.
	s.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: rules(0, most, pods(9, 15)), ScaleDown: rules(0, most, percent(100, 15))}
	if got := play(s, 2, 0); got != "1b" {
		t.Errorf("without minReplicas: got %s", got)
	}
}

// TestWithoutBehavior has the doubling of replicas, and the window of the controller.
func TestWithoutBehavior(t *testing.T) {
	if got := play(spec(), 1, repeat(100, 8)...); got != "4p 8p 16p 32p 64p 100 100 100" {
		t.Errorf("doubling: got %s", got)
	}
	// The recommendation of the first look is in the window for 300 seconds: at 300 seconds still, at 315 not anymore.
	values := append([]int64{8}, repeat(2, 22)...)
	want := "8 " + strings.Repeat("8s ", 20) + "2 2"
	if got := play(spec(), 8, values...); got != want {
		t.Errorf("stabilization: got %s, want %s", got, want)
	}
}

// TestBehavior has the stabilization and the policies of behavior (horizontal.go, stabilizeRecommendationWithBehaviors and
// convertDesiredReplicasWithBehaviorRate).
func TestBehavior(t *testing.T) {
	free := rules(0, most, percent(100, 15))
	for name, c := range map[string]struct {
		up, down *autoscalingv2.HPAScalingRules
		replicas int32
		values   []int64
		want     string
	}{
		"pods or percent, whichever is more": { // Of 1 replica, 4 more; of 5, as many again.
			rules(0, most, pods(4, 15), percent(100, 15)), free, 1, repeat(100, 5), "5p 10p 20p 40p 80p",
		},
		"pods or percent, whichever is less": {rules(0, least, pods(4, 15), percent(100, 15)), free, 1, repeat(100, 5), "2p 4p 8p 12p 16p"},
		"4 pods a minute":                    {rules(0, most, pods(4, 60)), free, 2, repeat(100, 9), "6p 6p 6p 6p 10p 10p 10p 10p 14p"},
		"50 percent a minute, rounded up":    {rules(0, most, percent(50, 60)), free, 5, repeat(100, 5), "8p 8p 8p 8p 12p"},
		"not up":                             {rules(0, disabled, pods(4, 15)), free, 5, []int64{100, 2}, "5p 2"},
		"not down":                           {rules(0, most, percent(100, 15)), rules(0, disabled, pods(4, 15)), 5, []int64{2, 9}, "5p 9"},
		"1 pod less a minute":                {free, rules(0, most, pods(1, 60)), 9, repeat(2, 9), "8p 8p 8p 8p 7p 7p 7p 7p 6p"},
		"10 percent less, rounded in the pod's favor": { // int(9 * 0.9) is 8.
			free, rules(0, most, percent(10, 15)), 9, repeat(2, 4), "8p 7p 6p 5p",
		},
		"less, the smaller change":      {free, rules(0, least, pods(1, 15), percent(50, 15)), 8, repeat(1, 3), "7p 6p 5p"},
		"less, the larger change":       {free, rules(0, most, pods(1, 15), percent(50, 15)), 8, repeat(1, 3), "4p 2p 1"},
		"stabilization of scaling up":   {rules(30, most, pods(100, 15)), free, 2, []int64{2, 9, 8, 7, 9}, "2 2s 8 7 7s"},
		"stabilization of scaling down": {free, rules(30, most, percent(100, 15)), 9, []int64{9, 4, 3, 2, 1}, "9 9s 4s 3s 2s"},
		"the window of the controller":  {free, rules(-1, most, percent(100, 15)), 9, append([]int64{9}, repeat(2, 20)...), "9 " + strings.Repeat("9s ", 19) + "2"},
		"both directions count in a period": { // 4 more, 3 less, and 3 more within a minute; then the first 4 are too old.
			rules(0, most, pods(4, 60)), free, 4, []int64{20, 5, 20, 20, 20}, "8p 5 8p 8p 12p",
		},
		"scaling up, bounded": {rules(0, most, pods(100, 15)), free, 4, []int64{2000}, "104p"},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec()
			s.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: c.up, ScaleDown: c.down}
			if got := play(s, c.replicas, c.values...); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	// The maximum is nearer than what policies allow.
	s := spec()
	s.MaxReplicas = 7
	s.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: rules(0, most, pods(100, 15)), ScaleDown: free}
	if got := play(s, 4, 2000, 0); got != "7b 1b" {
		t.Errorf("bounds: got %s", got)
	}
}

// TestReplacedEvents has the one event that is kept beyond its period (horizontal.go, storeScaleEvent): a new one replaces the last of
// those that are older than the longest period of its direction.
func TestReplacedEvents(t *testing.T) {
	s := spec()
	s.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{
		ScaleUp: rules(0, most, pods(1, 15), pods(2, 30)), ScaleDown: rules(0, most, percent(100, 15)),
	}
	a := New(s, DefaultFlags())
	for i, c := range []struct {
		at            time.Duration
		before, after int32
		ups           string
	}{
		{0, 1, 3, "[{2 0}]"},
		{30 * second, 3, 4, "[{2 0} {1 30}]"}, // An event that is as old as the period is not older.
		{31 * second, 4, 5, "[{1 31} {1 30}]"},
		{100 * second, 5, 7, "[{1 31} {2 100}]"}, // The last of two old ones.
		{101 * second, 7, 6, "[{1 31} {2 100}]"},
	} {
		a.remember(c.at, c.before, c.after)
		if got := inSeconds(a.ups); got != c.ups {
			t.Errorf("%d: got %s, want %s", i, got, c.ups)
		}
	}
	if got := inSeconds(a.downs); got != "[{1 101}]" {
		t.Errorf("downs: %s", got)
	}
}

func inSeconds(list []change) string {
	var out []string
	for _, c := range list {
		out = append(out, fmt.Sprintf("{%d %v}", c.replicas, c.at.Seconds()))
	}
	return "[" + strings.Join(out, " ") + "]"
}

// TestReplacedRecommendations has the recommendations that horizontal.go keeps: a new one takes the place of the last that is too old.
func TestReplacedRecommendations(t *testing.T) {
	a := New(spec(), DefaultFlags())
	for i := range 1000 {
		a.withoutBehavior(time.Duration(i)*15*second, 5, 5)
	}
	if n := max(len(a.highest), len(a.lowest)); n > 22 {
		t.Errorf("keeps %d recommendations of 5 minutes", n)
	}
}

// TestTolerances has those of a behavior.
func TestTolerances(t *testing.T) {
	s := spec(podsMetric("100"))
	s.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: rules(0, most, pods(100, 15)), ScaleDown: rules(0, most, percent(100, 15))}
	s.Behavior.ScaleUp.Tolerance, s.Behavior.ScaleDown.Tolerance = quantity("50m"), quantity("200m")
	for value, want := range map[int64]int32{105_000: 100, 105_001: 106, 80_000: 100, 79_999: 80} {
		if got := New(s, DefaultFlags()).Decide(look([]Group{up(100)}, value)); got.Replicas != want {
			t.Errorf("%d: got %d, want %d", value, got.Replicas, want)
		}
	}
}

// TestScaleToZero has minReplicas 0 (horizontal.go, shouldComputeMetricsForZeroReplicas).
func TestScaleToZero(t *testing.T) {
	zero := func() *autoscalingv2.HorizontalPodAutoscalerSpec {
		s := spec()
		s.MinReplicas = new(int32(0))
		s.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: rules(0, most, pods(100, 15)), ScaleDown: rules(0, most, percent(100, 15))}
		return s
	}
	if got := play(zero(), 3, 3, 0, 0, 2); got != "3 0 0 2" {
		t.Errorf("to zero and back: got %s", got)
	}
	if got := play(zero(), 0, 5); got != "0d" {
		t.Errorf("zero, set by a person: got %s", got)
	}
	// The controller refuses metrics of pods, which have no value at zero replicas.
	s := zero()
	s.Metrics = []autoscalingv2.MetricSpec{podsMetric("10")}
	a := New(s, DefaultFlags())
	if d := a.Decide(look([]Group{up(2)}, 0)); d != (Decision{0, 0, NoLimit}) {
		t.Errorf("pods: %+v", d)
	}
	if d := a.Decide(&Look{Now: 15 * second, Metrics: []Metric{{}}}); d.Limit != Disabled {
		t.Errorf("pods at zero: %+v", d)
	}
	// Someone raises minReplicas while there are none.
	s = zero()
	s.Metrics = []autoscalingv2.MetricSpec{external("", "1")}
	a = New(s, DefaultFlags())
	a.Decide(&Look{Replicas: 2, Groups: []Group{up(2)}, Metrics: []Metric{{Known: true}}})
	a.min = 3
	if d := a.Decide(&Look{Now: 15 * second, Metrics: []Metric{{Known: true}}}); d.Replicas != 3 {
		t.Errorf("raised minReplicas: %+v", d)
	}
}

// TestTargets has the targets of specs that the API server would not accept: they panic in no case.
func TestTargets(t *testing.T) {
	for _, m := range []autoscalingv2.MetricSpec{{}, object("", "1"), external("", "0"), podsMetric("0")} {
		l := look([]Group{up(2)}, 5)
		l.Metrics[0].Total, l.Metrics[0].Known = 0, true
		if d := New(spec(m), DefaultFlags()).Decide(l); d.Replicas < 0 {
			t.Errorf("got %+v", d)
		}
	}
}
