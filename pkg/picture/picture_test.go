package picture

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

var update = flag.Bool("update", false, "write the expected pictures again, and fail")

// chainOf is a chain whose monitor is broken, with texts that need several lines.
func chainOf() *Node {
	return &Node{
		Role: "scaler", Text: "HorizontalPodAutoscaler shop/orders, 2 to 10 replicas", At: "shop.yaml:52",
		Notes: []Note{{model.Warning, `has no behavior; scaling down waits 5 minutes [hpa/behavior]`, ""}},
		Children: []*Node{
			{Role: "target", Text: "Deployment shop/orders", At: "shop.yaml:3"},
			{Role: "metric", Text: "Pods orders_per_second at 5 a pod", At: "shop.yaml:65: spec.metrics[0]", Children: []*Node{
				{Role: "rule", Text: "rules[0] of ConfigMap custom-metrics/adapter-config", At: `shop.yaml:81: data["config.yaml"].rules[0]`, Children: []*Node{
					{Role: "query", Text: `sum(rate(orders_total{namespace="shop",pod=~"pod-a|pod-b",le="0.1",code=~"2..|3..",job="orders"}[1m])) by (pod,namespace,service)`},
				}},
				{Role: "monitor", Text: "none in the input", Broken: true, Notes: []Note{
					{model.Error, `"http" is the name of the container port; use the port name of Service orders, "web" [scrape/port]`, "monitors/orders.yaml:19:11: spec.endpoints[0].port"},
					{model.Info, `the interval is that of Prometheus`, ""},
				}},
				{Role: "api", Text: "APIService v1beta1.custom.metrics.k8s.io"},
			}},
		},
	}
}

// every samples a function at regular intervals.
func every(step, end time.Duration, f func(time.Duration) float64) []Point {
	var ps []Point
	for at := time.Duration(0); at <= end; at += step {
		ps = append(ps, Point{at, f(at)})
	}
	return ps
}

// scaling is what a simulation shows.
func scaling() Chart {
	const end = 40 * time.Minute
	load := func(at time.Duration) float64 {
		if at >= 5*time.Minute && at < 25*time.Minute {
			return 1200
		}
		return 130
	}
	pods := func(at time.Duration) float64 { return math.Ceil(load(max(0, at-2*time.Minute)) / 150) }
	unknown := func(at time.Duration) float64 {
		if at > 12*time.Minute && at < 14*time.Minute {
			return math.NaN()
		}
		return load(at) / pods(at)
	}
	return Chart{
		Title: "shop/orders under a step of the load", End: end,
		Panels: []Panel{
			{Title: "Load", Unit: "requests/s", Series: []Series{{Name: "requests", Points: every(15*time.Second, end, load), Step: true}}},
			{
				Title: "Pods", Series: []Series{
					{Name: "ready", Points: every(15*time.Second, end, pods), Step: true},
					{Name: "desired", Points: every(15*time.Second, end, func(at time.Duration) float64 { return pods(at + time.Minute) }), Step: true, Style: Secondary},
				},
				Lines: []Line{{"max", 10}, {"min", 1}},
			},
			{
				Title: "orders_per_second", Unit: "a pod", Series: []Series{
					{Name: "value", Points: every(15*time.Second, end, unknown)},
					{Name: "value that the HPA sees", Points: every(15*time.Second, end, func(at time.Duration) float64 { return load(at-time.Minute) / pods(at) }), Style: Tertiary},
				},
				Lines: []Line{{"target", 150}},
				Bands: []Band{{5 * time.Minute, 7 * time.Minute, "over target"}, {12 * time.Minute, 14 * time.Minute, "no value"}},
			},
		},
	}
}

// clock has an axis of the time of day, limits that are far off, series of all strokes, and some without values.
func clock() Chart {
	const end = 36 * time.Hour
	wave := func(shift float64) []Point {
		return every(time.Hour, end, func(at time.Duration) float64 { return shift + math.Sin(at.Hours()/6) })
	}
	return Chart{
		Title: "A title that is so long that it has several lines in a picture of this width <b>", Desc: "Waves & nothing.",
		Start: time.Date(2026, 11, 2, 9, 30, 0, 0, time.FixedZone("", 7200)), End: end,
		Panels: []Panel{
			{
				Title: "Waves", Unit: "queries/s", Series: []Series{
					{Name: "of the first", Points: wave(0)},
					{Name: "of the second with a name that is long", Points: wave(0.1), Style: Secondary},
					{Name: "of the third", Points: wave(0.2), Style: Tertiary},
					{Name: "of others", Points: wave(0.3), Style: Muted},
				},
				Lines: []Line{{"max", 100}, {"min", -100}, {"half", 0.5}, {"none", math.Inf(1)}},
				Bands: []Band{{20 * time.Hour, 24 * time.Hour, "over the limit"}, {0, time.Hour, "over the limit"}, {time.Hour, 2 * time.Hour, "over the limit"}, {5 * time.Hour, 7 * time.Hour, "without an answer of the server"}},
			},
			{Title: "Nothing", Series: []Series{{Name: "unknown", Points: []Point{{0, math.NaN()}}}}},
			{Title: "One", Series: []Series{{Name: "value", Points: []Point{{10 * time.Hour, 7000}}}}},
		},
	}
}

// week has 40,320 points, which jump, and one peak.
func week() Chart {
	const end = 7 * 24 * time.Hour
	wave := func(at time.Duration) float64 {
		if at == 100*time.Hour {
			return 5000
		}
		return 1000 + 800*math.Sin(at.Hours()/24*2*math.Pi) + float64((at/time.Second*7919)%311)
	}
	return Chart{
		Title: "A week", Start: time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC), End: end,
		Panels: []Panel{
			{Title: "Load", Unit: "requests/s", Series: []Series{{Name: "requests", Points: every(15*time.Second, end, wave)}}},
			{Title: "Pods", Series: []Series{
				{Name: "ready", Points: every(15*time.Second, end, func(at time.Duration) float64 { return math.Ceil(wave(at) / 100) }), Step: true},
				{Name: "desired", Points: every(15*time.Second, end, func(at time.Duration) float64 { return math.Ceil(wave(at) / 90) }), Step: true, Style: Secondary},
			}, Lines: []Line{{"max", 1000}}},
		},
	}
}

func TestGolden(t *testing.T) {
	for name, got := range map[string][]byte{
		"chain":   Tree(chainOf(), Options{Prefix: "chain"}),
		"chains":  Forest("The chains of two scalers", []*Node{{Role: "scaler", Text: "ScaledObject shop/web"}, chainOf()}, Options{Width: 520}),
		"scaling": Plot(scaling(), Options{Prefix: "scaling"}),
		"clock":   Plot(clock(), Options{Prefix: "clock", Width: 640}),
	} {
		inert(t, got)
		file := filepath.Join("testdata", name+".svg")
		want, _ := os.ReadFile(file)
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			t.Errorf("%s is not up to date; run go test ./pkg/picture -update\n%s", file, diff)
		}
	}
}

func TestWeekIsSmallAndKeepsItsPeak(t *testing.T) {
	got := Plot(week(), Options{})
	inert(t, got)
	if len(got) > 100<<10 {
		t.Errorf("it has %d bytes", len(got))
	}
	if !strings.Contains(string(got), "requests: 200 to 5k requests/s") {
		t.Errorf("%s", got[:3000])
	}
}
