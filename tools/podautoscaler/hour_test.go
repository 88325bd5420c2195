package podautoscaler

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestHour measures both with one HorizontalPodAutoscaler for an hour.
func TestHour(t *testing.T) {
	m := random(rand.New(rand.NewPCG(8, 0)))
	for len(m.Times) > 0 && m.End < time.Hour {
		n := len(m.Times)
		for i := range n {
			m.Times, m.Requests = append(m.Times, m.End+m.Times[i]), append(m.Requests, m.Requests[i])
		}
		if m.CPU != nil {
			m.CPU = append(m.CPU, m.CPU[:n]...)
		}
		m.End *= 2
	}
	at := time.Now()
	want := controller(t, m)
	theirs := time.Since(at)
	at = time.Now()
	got := simulation(m)
	ours := time.Since(at)
	if !slices.Equal(want, got) {
		t.Errorf("the controller and the simulation differ:\n%v\n%v", want, got)
	}
	t.Logf("an hour: the controller %.3f s, the simulation %.6f s", theirs.Seconds(), ours.Seconds())
}
