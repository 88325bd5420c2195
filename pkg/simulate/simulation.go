// Package simulate shows what a scaler would do under a load: the arithmetic of the HorizontalPodAutoscaler controller and of
// KEDA in simulated time, with the delays that the manifests themselves set.
//
// New makes a Model of what pkg/check finds about a scaler. A World is its pods, requests, scrapes, and measurements. Run lets an
// autoscaler look at a world until the end of a load, and Simulate also says what to change.
package simulate

import (
	"time"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
	"github.com/krm-fn/krm-fn/pkg/simulate/world"
)

// Simulation is what a scaler does under a load.
type Simulation struct {
	Scaling *check.Scaling
	// Load is the name of the load, Start the time of its beginning, or zero.
	Load  string
	Start time.Time
	Model *world.Model
	world.Result
	Summary Summary
	// Reaction is nil if no metric was ever over its target.
	Reaction *Reaction
	// Advice are settings that would help, best first.
	Advice []Trial
}

// Summary is a simulation in numbers.
type Summary struct {
	// Least and Most are the fewest and the most replicas.
	Least, Most int32
	// Changes counts the changes of replicas, Flaps those against the direction of the one before within flapTime.
	Changes, Flaps int
	// PodHours is the time of all pods.
	PodHours float64
	// Over is how long a metric was over its target by more than the tolerance, Longest the longest such time.
	Over, Longest time.Duration
	// AtMost is how long maxReplicas kept the scaler from what its metrics called for, Wanted the most that they called for then.
	AtMost time.Duration
	Wanted int32
	// Requests is how many arrived. Excess is how many of them no pod could serve, Overload how long that was so.
	Requests, Excess float64
	Overload         time.Duration
}

// flapTime is the longest time between two changes of replicas in opposite directions that counts as a flap.
const flapTime = 10 * time.Minute

// Simulate runs the simulation of a scaler, and finds what would help.
func Simulate(s *check.Scaling, o *Options) (*Simulation, model.Problems) {
	m, ps := New(s, o)
	if ps.HasErrors() {
		return nil, ps
	}
	r, err := world.Run(m)
	if err != nil {
		ps.Errorf(model.InputLimit, s.Place, "%v", err)
		return nil, ps
	}
	out := &Simulation{Scaling: s, Load: o.Load.Name, Start: o.Load.Start, Model: m, Result: *r, Summary: summaryOf(m, r)}
	out.Reaction = reactionOf(m, r)
	out.Advice = advise(s, m, &out.Summary)
	return out, ps
}

func summaryOf(m *world.Model, r *world.Result) Summary {
	s := Summary{
		PodHours: r.PodTime.Hours(), Over: r.Over, Requests: r.Requests, Excess: r.Excess, Overload: r.Overload,
	}
	longest := r.Longest()
	s.Longest = longest.To - longest.From
	direction, last := int32(0), time.Duration(0)
	for i, row := range r.Rows {
		if i == 0 {
			s.Least, s.Most = row.Replicas, row.Replicas
			continue
		}
		s.Least, s.Most = min(s.Least, row.Replicas), max(s.Most, row.Replicas)
		if row.Limit == autoscaler.BoundLimit && row.Wanted > row.Replicas && row.Replicas == m.Spec.MaxReplicas {
			s.AtMost += row.At - r.Rows[i-1].At
			s.Wanted = max(s.Wanted, row.Wanted)
		}
		change := row.Replicas - r.Rows[i-1].Replicas
		if change == 0 {
			continue
		}
		s.Changes++
		if (change > 0) != (direction > 0) && direction != 0 && row.At-last <= flapTime {
			s.Flaps++
		}
		direction, last = change, row.At
	}
	return s
}

// ChangedRows returns the numbers of the rows in which the replicas change, and that of the first.
func (s *Simulation) ChangedRows() []int {
	var out []int
	for i := range s.Rows {
		if i == 0 || s.Rows[i].Replicas != s.Rows[i-1].Replicas {
			out = append(out, i)
		}
	}
	return out
}
