package simulate

import (
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/simulate/world"
)

// Reaction is the longest time in which a metric was over its target, split into what it was due to: by how much each part shortens
// it if this part, and those before it, take no time.
type Reaction struct {
	At, Time time.Duration
	Parts    []Part
	// Rest is what remains without all of them: what the arithmetic itself takes.
	Rest time.Duration
}

// Part is a part of a reaction.
type Part struct {
	// Name is one of bound, start, policies, sync, window, recording, and scrape.
	Name string
	Time time.Duration
}

// parts remove one cause of delay from a model. What takes no time takes a step.
var parts = []struct {
	name   string
	remove func(m *world.Model, step time.Duration)
}{
	{"bound", func(m *world.Model, _ time.Duration) { m.Spec.MaxReplicas = max(m.Spec.MaxReplicas, 1_000_000) }},
	{"start", func(m *world.Model, _ time.Duration) { m.Pods.Start, m.Pods.Ready = 0, 0 }},
	{"policies", func(m *world.Model, _ time.Duration) { freeToScaleUp(m.Spec) }},
	{"sync", func(m *world.Model, step time.Duration) {
		m.Flags.SyncPeriod = min(m.Flags.SyncPeriod, step)
		if m.KEDA != nil {
			m.KEDA.PollingInterval = min(m.KEDA.PollingInterval, step)
		}
	}},
	{"window", func(m *world.Model, _ time.Duration) {
		eachScraped(m, func(s *world.Source) { s.Span, s.Offset = min(s.Span, 2*s.Interval), 0 })
	}},
	{"recording", func(m *world.Model, step time.Duration) {
		eachScraped(m, func(s *world.Source) { s.Evaluation = min(s.Evaluation, step) })
	}},
	{"scrape", func(m *world.Model, step time.Duration) {
		m.Resolution = min(m.Resolution, step)
		eachScraped(m, func(s *world.Source) {
			if s.Interval <= step {
				return
			}
			if s.Fn != "" {
				s.Span = time.Duration(float64(s.Span) / float64(s.Interval) * float64(step))
			}
			s.Interval = step
		})
	}},
}

func eachScraped(m *world.Model, f func(s *world.Source)) {
	for i := range m.Sources {
		if m.Sources[i].Kind == world.Scraped {
			f(&m.Sources[i])
		}
	}
}

// freeToScaleUp removes what limits scaling up. What limits scaling down stays.
func freeToScaleUp(spec *autoscalingv2.HorizontalPodAutoscalerSpec) {
	old := spec.Behavior
	b := autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: &autoscalingv2.HPAScalingRules{
		StabilizationWindowSeconds: new(int32), SelectPolicy: new(autoscalingv2.MaxChangePolicySelect),
		Policies: []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PodsScalingPolicy, Value: 1_000_000, PeriodSeconds: 1}},
	}}
	if old == nil {
		b.ScaleDown = &autoscalingv2.HPAScalingRules{
			SelectPolicy: new(autoscalingv2.MaxChangePolicySelect),
			Policies: []autoscalingv2.HPAScalingPolicy{
				{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: 15},
			},
		}
	} else {
		b.ScaleDown, b.ScaleUp.Tolerance = old.ScaleDown, old.ScaleUp.Tolerance
	}
	spec.Behavior = &b
}

// mostSteps limits the steps in which a reaction is simulated. Of a time of days, seconds do not matter.
const mostSteps = 50_000

// around is how much of the load before and after a span is simulated again for its parts.
const around = 5 * time.Minute

// reactionOf splits the longest time over target.
func reactionOf(m *world.Model, r *world.Result) *Reaction {
	longest := r.Longest()
	if longest.To == longest.From {
		return nil
	}
	out := &Reaction{At: longest.From, Time: longest.To - longest.From}
	trial := m.Cut(longest, around)
	for _, row := range r.Rows {
		if row.At > max(longest.From-around, 0) {
			break
		}
		trial.Replicas = row.Replicas // If it is 0, they are those that the scaler settles on.
	}
	before, ok := longestOf(trial)
	if before != out.Time { // What was before the cut matters.
		trial = m.Copy()
		before, ok = longestOf(trial)
	}
	step := max(time.Second, (trial.End / mostSteps).Truncate(time.Second))
	for _, p := range parts {
		if !ok {
			break
		}
		p.remove(trial, step)
		var after time.Duration
		if after, ok = longestOf(trial); ok && after < before {
			out.Parts = append(out.Parts, Part{p.name, before - after})
			before = after
		}
	}
	out.Rest = before
	return out
}

func longestOf(m *world.Model) (time.Duration, bool) {
	r, err := world.Run(m)
	if err != nil {
		return 0, false
	}
	s := r.Longest()
	return s.To - s.From, true
}
