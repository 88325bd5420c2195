package world

import (
	"math"
	"time"
)

// operator is what the operator of KEDA remembers of a ScaledObject.
type operator struct {
	*KEDA
	next    time.Duration
	created time.Duration
	// active is when a trigger was last active. It counts if wasActive is set.
	active    time.Duration
	wasActive bool
}

func newOperator(k *KEDA, at time.Duration) *operator {
	if k == nil {
		return &operator{next: never}
	}
	return &operator{KEDA: k, next: firstAfter(at, k.PollingInterval, k.PollingInterval/2), created: at}
}

// poll asks the triggers, and returns the replicas that the operator sets (KEDA, pkg/scaling/executor/scale_scaledobjects.go,
// RequestScale).
func (o *operator) poll(w *World) int32 {
	o.next += o.PollingInterval
	current := int32(w.all)
	low := current > 0 && o.MinReplicas == 0
	switch active := o.AlwaysActive || o.isActive(w); {
	case active && (current == 0 || o.IdleReplicas != nil && current < o.MinReplicas):
		if o.StaysDown {
			return current
		}
		o.active, o.wasActive = w.now, true
		return max(1, o.MinReplicas)
	case active:
		o.active, o.wasActive = w.now, true
	case o.IdleReplicas != nil && current > *o.IdleReplicas || low:
		if o.cooled(w.now) && !o.StaysUp {
			if o.IdleReplicas != nil {
				return *o.IdleReplicas
			}
			return o.MinReplicas
		}
	case o.IdleReplicas == nil && current < o.MinReplicas:
		return o.MinReplicas
	}
	return current
}

func (o *operator) cooled(now time.Duration) bool {
	if !o.wasActive {
		return o.created+o.InitialCooldownPeriod < now
	}
	return o.active+o.CooldownPeriod < now
}

// isActive reports whether a metric is above its activation.
func (o *operator) isActive(w *World) bool {
	for i, above := range o.Activation {
		if r := w.total(i); (r.ok || math.IsInf(above, -1)) && r.value > above {
			return true
		}
	}
	return false
}
