package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/simulate/world"
)

// Trial is a simulation with one setting changed.
type Trial struct {
	// Place is that of the setting, Change what it would be instead, such as "maxReplicas: 10 instead of 5".
	Place  model.Place
	Change string
	Summary
	// Saves means that it does not help, but needs fewer pods without harm.
	Saves bool
}

// mostAdvice limits the trials that are returned.
const mostAdvice = 3

// candidate is a change to try. It returns what it changed, or "" if there was nothing to change.
type candidate func(m *world.Model, s *check.Scaling, now *Summary) (string, model.Place)

// advise tries single settings, and returns those that help most: that make the time over target and the requests over capacity
// less for the fewest pods. If nothing is wrong, it returns those that save pods without harm.
func advise(s *check.Scaling, m *world.Model, now *Summary) []Trial {
	candidates := []candidate{moreMax, moreMin, lessStabilization, fasterPolicies, longerDown, shorterDown, fasterStart, fewerMin}
	for i := range m.Sources {
		candidates = append(candidates,
			func(m *world.Model, s *check.Scaling, _ *Summary) (string, model.Place) {
				return scaledTarget(m, s, i, 80)
			},
			func(m *world.Model, s *check.Scaling, _ *Summary) (string, model.Place) {
				return scaledTarget(m, s, i, 125)
			},
			func(m *world.Model, s *check.Scaling, _ *Summary) (string, model.Place) {
				return shorterWindow(m, s, i)
			},
			func(m *world.Model, s *check.Scaling, _ *Summary) (string, model.Place) { return moreScrapes(m, s, i) })
	}
	var out []Trial
	for _, c := range candidates {
		trial := m.Copy()
		change, at := c(trial, s, now)
		if change == "" {
			continue
		}
		r, err := world.Run(trial)
		if err != nil {
			continue
		}
		t := Trial{Place: at, Change: change, Summary: summaryOf(trial, r)}
		switch {
		case t.helps(now, m.Flags.SyncPeriod):
			out = append(out, t)
		case t.saves(now):
			t.Saves = true
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b Trial) int {
		return cmp.Or(compareBool(a.Saves, b.Saves), cmp.Compare(a.harm(), b.harm()), cmp.Compare(a.PodHours, b.PodHours))
	})
	return out[:min(len(out), mostAdvice)]
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// harm is how bad a result is: for each second over target or over capacity, and for each flap as much as half a minute.
func (s *Summary) harm() float64 {
	return max(s.Over, s.Overload).Seconds() + 30*float64(s.Flaps)
}

// helps reports whether a trial has clearly less harm.
func (t *Trial) helps(now *Summary, sync time.Duration) bool {
	return t.harm()+max(sync.Seconds(), now.harm()/10) <= now.harm() && t.Excess <= now.Excess
}

// saves reports whether a trial has no more harm, for clearly fewer pods.
func (t *Trial) saves(now *Summary) bool {
	return t.harm() <= now.harm() && t.Excess <= now.Excess && t.PodHours < now.PodHours*0.95
}

func specPlace(s *check.Scaling, hpa, keda string) model.Place {
	at := s.Place.Child("spec")
	if s.KEDA != nil {
		return at.Child(keda)
	}
	return at.Child(hpa)
}

func boundName(s *check.Scaling, hpa, keda string) string {
	if s.KEDA != nil {
		return keda
	}
	return hpa
}

func moreMax(m *world.Model, s *check.Scaling, now *Summary) (string, model.Place) {
	old := m.Spec.MaxReplicas
	if now.AtMost == 0 || old > 100_000 {
		return "", model.Place{}
	}
	m.Spec.MaxReplicas = max(2*old, min(now.Wanted, 100_000))
	return fmt.Sprintf("%s: %d instead of %d", boundName(s, "maxReplicas", "maxReplicaCount"), m.Spec.MaxReplicas, old),
		specPlace(s, "maxReplicas", "maxReplicaCount")
}

func moreMin(m *world.Model, s *check.Scaling, _ *Summary) (string, model.Place) {
	return setMin(m, s, min(max(2*lowest(m), lowest(m)+1), m.Spec.MaxReplicas))
}

func fewerMin(m *world.Model, s *check.Scaling, now *Summary) (string, model.Place) {
	if lowest(m) <= 1 || now.Least > lowest(m) {
		return "", model.Place{}
	}
	return setMin(m, s, lowest(m)-1)
}

// lowest returns the fewest replicas that a model sets.
func lowest(m *world.Model) int32 {
	if m.KEDA != nil {
		return m.KEDA.MinReplicas
	}
	return *m.Spec.MinReplicas
}

func setMin(m *world.Model, s *check.Scaling, n int32) (string, model.Place) {
	old := lowest(m)
	if n == old || n == 0 {
		return "", model.Place{}
	}
	*m.Spec.MinReplicas = n
	if m.KEDA != nil {
		m.KEDA.MinReplicas = n
	}
	return fmt.Sprintf("%s: %d instead of %d", boundName(s, "minReplicas", "minReplicaCount"), n, old),
		specPlace(s, "minReplicas", "minReplicaCount")
}

// behaviorPlace returns the place of a direction of the behavior.
func behaviorPlace(s *check.Scaling, direction string) model.Place {
	at := s.Place.Child("spec")
	if s.KEDA != nil {
		at = at.Child("advanced").Child("horizontalPodAutoscalerConfig")
	}
	return at.Child("behavior").Child(direction)
}

func lessStabilization(m *world.Model, s *check.Scaling, _ *Summary) (string, model.Place) {
	b := m.Spec.Behavior
	if b == nil || *b.ScaleUp.StabilizationWindowSeconds == 0 {
		return "", model.Place{}
	}
	old := *b.ScaleUp.StabilizationWindowSeconds
	*b.ScaleUp.StabilizationWindowSeconds = 0
	return fmt.Sprintf("scaleUp.stabilizationWindowSeconds: 0 instead of %d", old),
		behaviorPlace(s, "scaleUp").Child("stabilizationWindowSeconds")
}

// fasterPolicies sets the default policies for scaling up, without a limit of them by Min or Disabled.
func fasterPolicies(m *world.Model, s *check.Scaling, _ *Summary) (string, model.Place) {
	b := m.Spec.Behavior
	if b == nil {
		return "", model.Place{}
	}
	const period = 15
	b.ScaleUp.SelectPolicy = new(autoscalingv2.MaxChangePolicySelect)
	b.ScaleUp.Policies = []autoscalingv2.HPAScalingPolicy{
		{Type: autoscalingv2.PodsScalingPolicy, Value: 4, PeriodSeconds: period},
		{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: period},
	}
	return "scaleUp.policies: the default, 100 percent or 4 pods in 15 seconds, whichever is more", behaviorPlace(s,
		"scaleUp").Child("policies")
}

func longerDown(m *world.Model, s *check.Scaling, now *Summary) (string, model.Place) {
	if now.Flaps == 0 {
		return "", model.Place{}
	}
	return setDown(m, s, func(old int32) int32 { return max(2*old, 300) })
}

func shorterDown(m *world.Model, s *check.Scaling, now *Summary) (string, model.Place) {
	if now.Changes == 0 {
		return "", model.Place{}
	}
	return setDown(m, s, func(old int32) int32 { return old / 2 })
}

// setDown sets the stabilization window of scaling down.
func setDown(m *world.Model, s *check.Scaling, to func(int32) int32) (string, model.Place) {
	old := int32(m.Flags.DownscaleStabilization.Seconds())
	if b := m.Spec.Behavior; b != nil && b.ScaleDown.StabilizationWindowSeconds != nil {
		old = *b.ScaleDown.StabilizationWindowSeconds
	}
	n := min(to(old), 3600) // The most that the API server accepts.
	if n == old {
		return "", model.Place{}
	}
	if m.Spec.Behavior == nil {
		m.Flags.DownscaleStabilization = seconds(n)
	} else {
		m.Spec.Behavior.ScaleDown.StabilizationWindowSeconds = &n
	}
	return fmt.Sprintf("scaleDown.stabilizationWindowSeconds: %d instead of %d", n, old),
		behaviorPlace(s, "scaleDown").Child("stabilizationWindowSeconds")
}

func fasterStart(m *world.Model, s *check.Scaling, _ *Summary) (string, model.Place) {
	if m.Pods.Ready < 2*time.Second {
		return "", model.Place{}
	}
	old := m.Pods.Ready
	m.Pods.Ready /= 2
	m.Pods.Start = min(m.Pods.Start, m.Pods.Ready)
	return fmt.Sprintf("pods that are ready after %s instead of %s", Elapsed(m.Pods.Ready), Elapsed(old)),
		s.Place.Child("spec").Child("scaleTargetRef")
}

// scaledTarget sets a target to a percentage of what it is.
func scaledTarget(m *world.Model, s *check.Scaling, i int, percent int64) (string, model.Place) {
	spec := &m.Spec.Metrics[i]
	t := world.TargetOf(spec)
	if t == nil || m.Sources[i].Kind == world.Missing {
		return "", model.Place{}
	}
	text := ""
	scale := func(q *resource.Quantity) *resource.Quantity {
		n := resource.NewMilliQuantity(q.MilliValue()*percent/100, q.Format)
		text = fmt.Sprintf("%s instead of %s", n, q)
		return n
	}
	switch {
	case t.AverageValue != nil:
		t.AverageValue = scale(t.AverageValue)
	case t.Value != nil:
		t.Value = scale(t.Value)
	case t.AverageUtilization != nil:
		n := int32(int64(*t.AverageUtilization) * percent / 100)
		text = fmt.Sprintf("%d%% instead of %d%%", n, *t.AverageUtilization)
		t.AverageUtilization = &n
	}
	return fmt.Sprintf("a target of %s for %s", text, MetricName(spec)), s.Sources[i].Place
}

func shorterWindow(m *world.Model, s *check.Scaling, i int) (string, model.Place) {
	src := &m.Sources[i]
	short := 4 * src.Interval // The least that rule/window does not warn about.
	if src.Kind != world.Scraped || src.Column != nil || src.Span <= short {
		return "", model.Place{}
	}
	old := src.Span
	src.Span = short
	return fmt.Sprintf("a range of %s instead of %s in the query of %s", Elapsed(short), Elapsed(old),
		MetricName(&m.Spec.Metrics[i])), s.Sources[i].Place
}

func moreScrapes(m *world.Model, s *check.Scaling, i int) (string, model.Place) {
	src := &m.Sources[i]
	if src.Kind != world.Scraped || src.Interval < 10*time.Second {
		return "", model.Place{}
	}
	old := src.Interval
	src.Interval /= 2
	return fmt.Sprintf("scrapes every %s instead of %s for %s", Elapsed(src.Interval), Elapsed(old),
			MetricName(&m.Spec.Metrics[i])),
		s.Sources[i].Place
}
