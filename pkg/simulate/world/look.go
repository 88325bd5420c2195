package world

import (
	"math"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
)

// Look returns what the controller sees now. The next call changes it.
func (w *World) Look() *autoscaler.Look {
	l := &w.look
	l.Now, l.Replicas, l.Groups = w.now, int32(w.all), l.Groups[:0]
	for _, c := range w.cohorts {
		g := autoscaler.Group{Count: c.count, Pending: !c.started, Started: c.running, Ready: c.isUp, Changed: c.running}
		if c.isUp {
			g.Changed = c.ready
		}
		l.Groups = append(l.Groups, g)
	}
	for i := range l.Metrics {
		w.read(i, &l.Metrics[i])
	}
	return l
}

// read sets what the metrics APIs return for a metric.
func (w *World) read(i int, m *autoscaler.Metric) {
	s := &w.m.Sources[i]
	m.Readings, m.Request, m.Known = m.Readings[:0], s.Request, false
	switch w.m.Spec.Metrics[i].Type {
	case autoscalingv2.ObjectMetricSourceType, autoscalingv2.ExternalMetricSourceType:
		r := w.total(i)
		m.Total, m.Known = thousandths(r.value), r.ok
		return
	}
	for _, c := range w.cohorts {
		m.Readings = append(m.Readings, w.ofPod(i, c))
	}
}

// total returns the value of a metric over all pods.
func (w *World) total(i int) reading {
	switch s := w.series[i]; s.Kind {
	case Scraped:
		r := s.ofAll(w)
		r.ok = r.ok || s.NoneIsZero && s.Column == nil
		return r
	case Direct:
		value := w.m.Requests[w.row] * s.PerRequest
		if s.Column != nil {
			value = s.Column[w.row]
		}
		return reading{value * s.Factor, !math.IsNaN(value)}
	}
	return reading{}
}

// ofPod returns what a metrics API returns for a metric of each pod of a cohort.
func (w *World) ofPod(i int, c *cohort) autoscaler.Reading {
	switch s := w.series[i]; s.Kind {
	case CPU, Memory:
		u := c.usage
		if u.samples < 2 {
			return autoscaler.Reading{}
		}
		// metrics-server counts in nanocores and bytes; Quantity.MilliValue rounds up.
		value := int64(math.Ceil(math.Round(u.average*1e9) / 1e6))
		if s.Kind == Memory {
			value = int64(u.memory) * 1000
		}
		return autoscaler.Reading{Known: true, Value: value, At: u.at, Window: u.window}
	case Scraped:
		r := s.ofPod(w, i, c)
		return autoscaler.Reading{Known: r.ok, Value: thousandths(r.value), At: w.now}
	case Direct:
		r := w.total(i)
		return autoscaler.Reading{Known: r.ok && c.isUp, Value: thousandths(r.value / float64(max(w.ready, 1))), At: w.now}
	}
	return autoscaler.Reading{}
}

// thousandths converts a value as prometheus-adapter and KEDA do (pkg/custom-provider/provider.go; pkg/scalers/scaler.go,
// GenerateMetricInMili).
func thousandths(x float64) int64 {
	if math.IsNaN(x) {
		return 0
	}
	return int64(max(-1e15, min(1e15, x*1000)))
}

// seen returns the value of a metric in the last look, in its own unit, as it is compared with the target: of a pod, or over all
// pods.
func (w *World) seen(i int) float64 {
	m := &w.look.Metrics[i]
	if len(m.Readings) == 0 {
		switch {
		case !m.Known:
			return math.NaN()
		case w.goals[i].Total:
			return float64(m.Total) / 1000
		}
		return float64(m.Total) / 1000 / float64(max(w.look.Replicas, 1))
	}
	total, count := int64(0), int64(0)
	for k, r := range m.Readings {
		if r.Known {
			total += r.Value * w.look.Groups[k].Count
			count += w.look.Groups[k].Count
		}
	}
	if count == 0 {
		return math.NaN()
	}
	return float64(total) / 1000 / float64(count)
}
