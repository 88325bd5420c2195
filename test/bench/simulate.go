package main

import (
	"errors"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
	"github.com/krm-fn/krm-fn/pkg/simulate/world"
	"github.com/krm-fn/krm-fn/test/tools"
)

// simulations is how many seconds simulations take: of one HorizontalPodAutoscaler for a week with a load that changes every 15
// s, and of a thousand for an hour. Real is the real controller with one for an hour of simulated time, Same the simulation of
// the same; 0 if it was not measured.
type simulations struct{ Week, Thousand, Real, Same float64 }

// simulate measures simulations, each as the fastest of several runs, because other programs only make them slower.
func (l *lab) simulate() (simulations, error) {
	var out simulations
	var err error
	if out.Week, err = fastest(func() error { return simulated(wave(7*24*time.Hour), 1) }); err != nil {
		return out, err
	}
	if out.Thousand, err = fastest(func() error { return simulated(wave(time.Hour), 1000) }); err != nil {
		return out, err
	}
	root, err := tools.FindRoot()
	if err != nil {
		return out, err
	}
	out.Real, out.Same, err = l.controller(root)
	return out, err
}

func fastest(f func() error) (float64, error) {
	best := math.Inf(1)
	for range 5 {
		at := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		best = min(best, time.Since(at).Seconds())
	}
	return best, nil
}

func simulated(m *world.Model, times int) error {
	for range times {
		if _, err := world.Run(m); err != nil {
			return err
		}
	}
	return nil
}

// wave is a load that rises and falls with the day and from minute to minute, and a scaler on a rate and on cpu.
func wave(end time.Duration) *world.Model {
	rate := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: resource.NewQuantity(10, "")}
	cpu := autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(60))}
	metrics := []autoscalingv2.MetricSpec{
		{
			Type: autoscalingv2.PodsMetricSourceType,
			Pods: &autoscalingv2.PodsMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: "requests"}, Target: rate},
		},
		{
			Type:     autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{Name: "cpu", Target: cpu},
		},
	}
	m := &world.Model{
		End: end, Flags: autoscaler.DefaultFlags(), Resolution: 15 * time.Second,
		Pods: world.Pods{Start: 3 * time.Second, Ready: 20 * time.Second, CPUOfRequest: 0.01},
		Spec: &autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: new(int32(2)), MaxReplicas: 40, Metrics: metrics},
		Sources: []world.Source{
			{Kind: world.Scraped, PerRequest: 1, Factor: 1, Interval: 30 * time.Second, Fn: "rate", Span: 2 * time.Minute},
			{Kind: world.CPU, Request: 250},
		},
	}
	for at := time.Duration(0); at < end; at += 15 * time.Second {
		day := math.Sin(2 * math.Pi * at.Hours() / 24)
		minute := math.Sin(2 * math.Pi * at.Minutes() / 17)
		m.Times, m.Requests = append(m.Times, at), append(m.Requests, 150+100*day+40*minute)
	}
	return m
}

var controllerTimes = regexp.MustCompile(`an hour: the controller ([0-9.]+) s, the simulation ([0-9.]+) s`)

// controller measures the real controller.
func (l *lab) controller(root string) (theirs, ours float64, err error) {
	fmt.Fprintln(l.progress, "the controller of Kubernetes in simulated time")
	cmd := exec.CommandContext(l.ctx, "go", "test", "-vet=off", "-count", "1", "-v", "-run", "^TestHour$", ".")
	cmd.Dir = filepath.Join(root, "tools", "podautoscaler")
	text, err := cmd.CombinedOutput()
	found := controllerTimes.FindSubmatch(text)
	if err == nil && found == nil {
		err = errors.New("no times")
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, text)
	}
	if theirs, err = strconv.ParseFloat(string(found[1]), 64); err != nil {
		return 0, 0, err
	}
	ours, err = strconv.ParseFloat(string(found[2]), 64)
	return theirs, ours, err
}

// simulationBars are the limits of simulations.
var simulationBars = []bar{
	{
		"time to simulate a HorizontalPodAutoscaler for a week, with a load that changes every 15 s", 0.1, " s",
		func(r results) (float64, bool) { return r.Week, r.Week > 0 },
	},
	{
		"time to simulate 1,000 HorizontalPodAutoscalers for an hour", 2, " s",
		func(r results) (float64, bool) { return r.Thousand, r.Thousand > 0 },
	},
	{
		"time of a simulated hour to that of the controller of Kubernetes in simulated time", 0.1, "",
		func(r results) (float64, bool) {
			return r.Same / r.Real, r.Real > 0
		},
	},
}

// table returns what was measured, for the page.
func (s simulations) table() string {
	if s.Real == 0 {
		return ""
	}
	return fmt.Sprintf("\n### Simulations, in seconds by the clock\n\n| | |\n| --- | --- |\n"+
		"| `krm-fn simulate`, a HorizontalPodAutoscaler for a week, with a load that changes every 15 s | %.3f |\n"+
		"| `krm-fn simulate`, 1,000 HorizontalPodAutoscalers for an hour | %.2f |\n"+
		"| `krm-fn simulate`, one for an hour | %.4f |\n| the controller of Kubernetes in simulated time, one for an hour | %.2f |\n",
		s.Week, s.Thousand, s.Same, s.Real)
}
