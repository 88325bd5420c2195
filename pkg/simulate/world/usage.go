package world

import "time"

// fresh is the least age of a container whose use metrics-server derives from its start (metrics-server, pkg/storage/node.go and
// pod.go, freshContainerMinMetricsResolution).
const fresh = 10 * time.Second

// usage is what metrics-server measures of all pods, and when.
type usage struct {
	next time.Duration
}

// measured is the last measurement of a cohort.
type measured struct {
	at      time.Duration
	cpu     float64
	samples int
	// average is the mean of cores since the measurement before, over window.
	average float64
	window  time.Duration
	memory  float64
}

// cpuTime returns the CPU time of a pod, in seconds.
func (w *World) cpuTime(c *cohort) float64 {
	if !c.isUp {
		return w.m.Pods.CPU * (w.now - c.running).Seconds()
	}
	idle, requests := w.m.Pods.CPU*(w.now-c.running).Seconds(), w.m.Pods.CPUOfRequest*(w.served-c.before)
	return float64(idle) + float64(requests) + w.cpu - c.cpuBefore
}

// cores returns what a ready pod uses now.
func (w *World) cores() float64 {
	return w.m.Pods.CPU + float64(w.m.Pods.CPUOfRequest*w.share) + w.cpuShare
}

// warm measures a cohort that is ready for long.
func (u *usage) warm(w *World, c *cohort) {
	at := u.next - w.m.Resolution
	c.usage = measured{at: at, samples: 2, window: w.m.Resolution, average: w.cores()}
	c.usage.cpu = w.cpuTime(c) - float64(c.usage.average*(w.now-at).Seconds())
	c.usage.memory = w.memory(c)
}

// memory returns what a pod uses now.
func (w *World) memory(c *cohort) float64 {
	if !c.isUp {
		return w.m.Pods.Memory
	}
	return w.m.Pods.Memory + float64(w.m.Pods.MemoryOfRequest*w.share) + w.memoryShare
}

// measure measures all pods that run.
func (u *usage) measure(w *World) {
	u.next += w.m.Resolution
	for _, c := range w.cohorts {
		if !c.started {
			continue
		}
		m := measured{at: w.now, cpu: w.cpuTime(c), samples: c.usage.samples + 1, memory: w.memory(c)}
		switch age := w.now - c.running; {
		case age >= fresh && age < w.m.Resolution:
			m.samples, m.window = 2, age
			m.average = m.cpu / age.Seconds()
		case c.usage.samples > 0:
			m.window = w.now - c.usage.at
			m.average = (m.cpu - c.usage.cpu) / m.window.Seconds()
		}
		c.usage = m
	}
}
