package autoscaler

import (
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// normalize applies stabilization, policies, and bounds.
func (a *Autoscaler) normalize(now time.Duration, current, wanted int32) Decision {
	defer a.recommend(wanted, now)
	if a.spec.Behavior == nil {
		return a.withoutBehavior(now, current, wanted)
	}
	return a.withBehavior(now, current, wanted)
}

// withoutBehavior follows horizontal.go, stabilizeRecommendation and convertDesiredReplicasWithRules.
func (a *Autoscaler) withoutBehavior(now time.Duration, current, wanted int32) Decision {
	highest := a.highest.since(now-a.flags.DownscaleStabilization, wanted)
	d := Decision{Replicas: highest, Wanted: wanted}
	if d.Replicas != wanted {
		d.Limit = Stabilized
	}
	switch doubled := int32(min(max(2*int64(current), 4), math.MaxInt32)); {
	case d.Replicas < a.min:
		d.Replicas, d.Limit = a.min, BoundLimit
	case d.Replicas > a.spec.MaxReplicas && a.spec.MaxReplicas <= doubled:
		d.Replicas, d.Limit = a.spec.MaxReplicas, BoundLimit
	case d.Replicas > doubled:
		d.Replicas, d.Limit = doubled, PolicyLimit
	}
	return d
}

// withBehavior follows horizontal.go, stabilizeRecommendationWithBehaviors and convertDesiredReplicasWithBehaviorRate.
func (a *Autoscaler) withBehavior(now time.Duration, current, wanted int32) Decision {
	b := a.spec.Behavior
	upCutoff := now - seconds(*b.ScaleUp.StabilizationWindowSeconds)
	downCutoff := now - a.flags.DownscaleStabilization.Truncate(time.Second)
	if s := b.ScaleDown.StabilizationWindowSeconds; s != nil {
		downCutoff = now - seconds(*s)
	}
	// Those at the cutoff do not count.
	up, down := -a.lowest.since(upCutoff+1, -wanted), a.highest.since(downCutoff+1, wanted)
	d := Decision{Replicas: min(max(current, up), down), Wanted: wanted}
	if d.Replicas != wanted {
		d.Limit = Stabilized
	}
	switch {
	case d.Replicas > current:
		limit := max(a.limit(now, current, b.ScaleUp, true), current)
		if d.Replicas > min(limit, a.spec.MaxReplicas) {
			d = d.bounded(limit, a.spec.MaxReplicas, a.spec.MaxReplicas > limit)
		}
	case d.Replicas < current:
		limit := min(a.limit(now, current, b.ScaleDown, false), current)
		if d.Replicas < max(limit, a.min) {
			d = d.bounded(limit, a.min, a.min < limit)
		}
	}
	return d
}

// bounded sets the replicas to the limit of the policies if these decide, else to the bound.
func (d Decision) bounded(limit, bound int32, policies bool) Decision {
	if policies {
		return Decision{limit, d.Wanted, PolicyLimit}
	}
	return Decision{bound, d.Wanted, BoundLimit}
}

// recent finds the highest of recent recommendations. It keeps those that no later one is above: the controller keeps all, and goes
// through them at every look.
type recent []change

func (r *recent) add(c change) {
	for n := len(*r); n > 0 && (*r)[n-1].replicas <= c.replicas; n-- {
		*r = (*r)[:n-1]
	}
	*r = append(*r, c)
}

// since returns the highest recommendation from a time on, or another number if that is higher. The time must not be before that of
// an earlier call.
func (r *recent) since(cutoff time.Duration, other int32) int32 {
	for len(*r) > 0 && (*r)[0].at < cutoff {
		*r = (*r)[1:]
	}
	if len(*r) == 0 {
		return other
	}
	return max(other, (*r)[0].replicas)
}

// recommend remembers a recommendation.
func (a *Autoscaler) recommend(replicas int32, at time.Duration) {
	a.highest.add(change{replicas, at})
	a.lowest.add(change{-replicas, at})
}

// limit is how far the policies of a direction let the replicas go (horizontal.go, calculateScaleUpLimitWithScalingRules and
// calculateScaleDownLimitWithBehaviors).
func (a *Autoscaler) limit(now time.Duration, current int32, rules *autoscalingv2.HPAScalingRules, up bool) int32 {
	if *rules.SelectPolicy == autoscalingv2.DisabledPolicySelect {
		return current
	}
	larger := (*rules.SelectPolicy != autoscalingv2.MinChangePolicySelect) == up
	result := int32(math.MaxInt32)
	if larger {
		result = math.MinInt32
	}
	for _, p := range rules.Policies {
		start := current - changed(a.ups, now, p.PeriodSeconds) + changed(a.downs, now, p.PeriodSeconds)
		n := apply(p, start, up)
		if larger {
			result = max(result, n)
		} else {
			result = min(result, n)
		}
	}
	return result
}

// apply returns the replicas that a policy allows, from those at the start of its period.
func apply(p autoscalingv2.HPAScalingPolicy, start int32, up bool) int32 {
	switch {
	case p.Type == autoscalingv2.PodsScalingPolicy && up:
		return start + p.Value
	case p.Type == autoscalingv2.PodsScalingPolicy:
		return start - p.Value
	case up:
		return ceil(float64(start) * (1 + float64(p.Value)/100))
	}
	return int32(float64(start) * (1 - float64(p.Value)/100))
}

// changed returns the sum of changes in the period before now.
func changed(events []change, now time.Duration, period int32) (sum int32) {
	for _, e := range events {
		if e.at > now-seconds(period) {
			sum += e.replicas
		}
	}
	return sum
}

// remember stores a change of replicas. It replaces one that is older than the longest period of the policies for its direction
// (horizontal.go, storeScaleEvent).
func (a *Autoscaler) remember(now time.Duration, before, after int32) {
	if a.spec.Behavior == nil {
		return
	}
	events, rules, n := &a.ups, a.spec.Behavior.ScaleUp, after-before
	if n < 0 {
		events, rules, n = &a.downs, a.spec.Behavior.ScaleDown, -n
	}
	longest := int32(0)
	for _, p := range rules.Policies {
		longest = max(longest, p.PeriodSeconds)
	}
	old := -1
	for i, e := range *events {
		if e.at < now-seconds(longest) {
			old = i
		}
	}
	*events = replace(*events, old, change{n, now})
}

// replace stores a change in place of an old one, or at the end if old is -1.
func replace(list []change, old int, c change) []change {
	if old < 0 {
		return append(list, c)
	}
	list[old] = c
	return list
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }
