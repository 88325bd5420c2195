package simulate

import (
	"math"
	"slices"
	"time"

	"github.com/krm-fn/krm-fn/pkg/picture"
	"github.com/krm-fn/krm-fn/pkg/simulate/world"
)

// Chart returns the picture of simulations of one scaler, or of the same load by two, of which the first is described. Labels
// tell them apart.
func Chart(title string, sims []*Simulation, labels []string) picture.Chart {
	s := sims[0]
	c := picture.Chart{Title: title, Start: s.Start, End: s.Model.End}
	for _, text := range s.Sentences() {
		c.Desc += text + " "
	}
	c.Panels = []picture.Panel{
		{Title: "Load", Unit: "requests/s", Series: s.loads(labels)},
		replicasPanel(sims, labels),
	}
	for i := range s.Model.Sources {
		c.Panels = append(c.Panels, metricPanel(sims, labels, i))
	}
	return c
}

// points returns a value of each row.
func (s *Simulation) points(of func(i int) float64) []picture.Point {
	out := make([]picture.Point, len(s.Rows))
	for i := range s.Rows {
		out[i] = picture.Point{At: s.Rows[i].At, Value: of(i)}
	}
	return out
}

func (s *Simulation) loads(labels []string) []picture.Series {
	out := []picture.Series{{Name: "requests", Step: true, Points: s.points(func(i int) float64 { return s.Rows[i].Requests })}}
	if c := s.Model.Pods.Capacity; c > 0 && len(labels) < 2 && s.nearCapacity() {
		out = append(out, picture.Series{
			Name: "capacity", Step: true, Style: picture.Muted,
			Points: s.points(func(i int) float64 { return float64(s.Rows[i].Ready) * c }),
		})
	}
	return out
}

// nearCapacity reports whether the requests ever reach half of what the pods can serve. If not, the capacity only makes the rest
// small.
func (s *Simulation) nearCapacity() bool {
	return slices.ContainsFunc(s.Rows, func(r world.Row) bool { return r.Requests*2 >= float64(r.Ready)*s.Model.Pods.Capacity })
}

var strokes = []picture.Stroke{picture.Primary, picture.Secondary}

func replicasPanel(sims []*Simulation, labels []string) picture.Panel {
	p := picture.Panel{Title: "Replicas"}
	for k, s := range sims {
		name := "replicas"
		if len(sims) > 1 {
			name = labels[k]
		} else {
			p.Series = append(p.Series, picture.Series{
				Name: "ready", Step: true, Style: picture.Muted,
				Points: s.points(func(i int) float64 { return float64(s.Rows[i].Ready) }),
			})
		}
		p.Series = append(p.Series, picture.Series{
			Name: name, Step: true, Style: strokes[k],
			Points: s.points(func(i int) float64 { return float64(s.Rows[i].Replicas) }),
		})
	}
	p.Lines = []picture.Line{{Label: "max", Value: float64(sims[0].Model.Spec.MaxReplicas)}}
	for _, span := range sims[0].Spans {
		p.Bands = append(p.Bands, picture.Band{From: span.From, To: span.To, Label: "over target"})
	}
	return p
}

func metricPanel(sims []*Simulation, labels []string, i int) picture.Panel {
	spec := &sims[0].Model.Spec.Metrics[i]
	goal, scale, unit := world.GoalOf(sims[0].Model, i), 1.0, ""
	switch {
	case sims[0].Model.Sources[i].Kind == world.CPU:
		unit = "cores of a pod"
	case sims[0].Model.Sources[i].Kind == world.Memory:
		scale, unit = 1.0/(1<<20), "MiB of a pod"
	case !goal.Total:
		unit = "per pod"
	}
	p := picture.Panel{Title: MetricName(spec), Unit: unit, Lines: []picture.Line{{Label: "target", Value: goal.Value * scale}}}
	for k, s := range sims {
		name := "as the scaler sees it"
		if len(sims) > 1 {
			name = labels[k]
		}
		if i >= len(s.Model.Sources) {
			continue
		}
		n := len(s.Model.Sources)
		p.Series = append(p.Series, picture.Series{
			Name: name, Step: true, Style: strokes[k],
			Points: s.points(func(row int) float64 { return s.Values[row*n+i] * scale }),
		})
	}
	return p
}

// Value returns a metric of a row, or NaN.
func (s *Simulation) Value(row, metric int) float64 {
	n := len(s.Model.Sources)
	if metric >= n {
		return math.NaN()
	}
	return s.Values[row*n+metric]
}

// At returns the time of a row as a clock shows it, or since the start.
func (s *Simulation) At(d time.Duration) string {
	if s.Start.IsZero() {
		return Elapsed(d)
	}
	return s.Start.Add(d).Format(time.RFC3339)
}
