package simulate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/picture"
	"github.com/krm-fn/krm-fn/pkg/simulate/world"
)

const jump = "step:from=15,to=150,at=10m,for=20m"

// TestDirections has that each delay that manifests set matters, in the direction that it must: more requests, or fewer, find no pod.
func TestDirections(t *testing.T) {
	base := workload + hpa(byRequests)
	const policy = "  behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}\n"
	excess := func(text string, set func(o *Options), replace ...string) float64 {
		return simulated(t, scalingOf(t, text, replace...), jump, func(o *Options) {
			if o.Capacity = 12; set != nil {
				set(o)
			}
		}).Summary.Excess
	}
	normal := excess(base, nil)
	for name, worse := range map[string]float64{
		"a longer window":              excess(base, nil, "[2m]", "[10m]"),
		"a longer scrape interval":     excess(base, nil, "interval: 30s", "interval: 60s"),
		"a slower policy":              excess(base+policy, nil),
		"a probe with a delay":         excess(base, nil, "periodSeconds: 5}", "periodSeconds: 5, initialDelaySeconds: 90}"),
		"a probe with a long period":   excess(base, nil, "periodSeconds: 5}", "periodSeconds: 60, initialDelaySeconds: 7}"),
		"a probe with more successes":  excess(base, nil, "periodSeconds: 5}", "periodSeconds: 20, successThreshold: 4}"),
		"a startup probe":              excess(base, nil, "        readinessProbe:", "        startupProbe: {tcpSocket: {port: http}, periodSeconds: 60, initialDelaySeconds: 61}\n        readinessProbe:"),
		"stabilization of scaling up":  excess(base+"  behavior: {scaleUp: {stabilizationWindowSeconds: 120}}\n", nil),
		"fewer replicas at most":       excess(base, nil, "maxReplicas: 20", "maxReplicas: 9"),
		"a slower controller":          excess(base, func(o *Options) { o.Flags.SyncPeriod = 2 * time.Minute }),
		"containers that start slowly": excess(base, func(o *Options) { o.PodStart = time.Minute }),
		"a process that starts slowly": excess(base, func(o *Options) { o.AppStart = time.Minute }),
	} {
		if worse <= normal {
			t.Errorf("%s: %v requests over capacity, without it %v", name, worse, normal)
		}
	}
	for name, better := range map[string]float64{
		"a shorter window and interval": excess(base, nil, "[2m]", "[20s]", "interval: 30s", "interval: 5s"),
		"more replicas at least":        excess(base, nil, "minReplicas: 2", "minReplicas: 10"),
		"a lower target":                excess(base, nil, `averageValue: "10"`, `averageValue: "5"`),
	} {
		if better >= normal {
			t.Errorf("%s: %v requests over capacity, without it %v", name, better, normal)
		}
	}
}

// TestReadyAfter has when pods are ready, by their probes.
func TestReadyAfter(t *testing.T) {
	for probes, want := range map[string]time.Duration{
		"readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 5}":                      10,
		"readinessProbe: {httpGet: {path: /, port: http}}":                                        10, // Every 10 seconds; the process serves after 6.
		"readinessProbe: {httpGet: {path: /, port: http}, initialDelaySeconds: 20}":               20,
		"readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 4, successThreshold: 3}": 16,
		"startupProbe: {tcpSocket: {port: http}, periodSeconds: 30}":                              30,
		"lifecycle: {}": 0,
		"readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 3, initialDelaySeconds: 1}": 7,
	} {
		s := scalingOf(t, workload+hpa(byRequests), "readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}", probes)
		o := DefaultOptions()
		o.Load, o.PodStart, o.AppStart = loadOf(t, jump), 2*time.Second, 6*time.Second
		m, _ := New(s, &o)
		if got := m.Pods.Ready - 2*time.Second; got != want*time.Second || m.Pods.Start != 2*time.Second {
			t.Errorf("%s: ready after %s, want %ds", probes, got, want)
		}
	}
}

// TestProblems has what does not follow from manifests and load, with its ID and place.
func TestProblems(t *testing.T) {
	const kafka = "spec.triggers[0]"
	cpu := func(o *Options) { o.CPUOfRequest = 0.01 }
	for name, c := range map[string]struct {
		text    string
		replace []string
		load    string
		set     func(o *Options)
		want    []string
	}{
		"nothing":        {text: workload + hpa(byRequests)},
		"a gauge":        {text: workload + hpa(byGauge), want: []string{"error spec.metrics[0] in_flight is a gauge; add a column in_flight to the load, or set --per-request in_flight=NUMBER [simulate/metric]"}},
		"a gauge, given": {text: workload + hpa(byGauge), set: func(o *Options) { o.PerRequest = map[string]float64{"in_flight": 0.5} }},
		"a gauge, in a column": {
			text: workload + hpa(byGauge), load: "time,requests,in_flight\n0s,10,5\n30m,20,8\n",
		},
		"cpu":             {text: workload + hpa(byCPU), want: []string{"error spec.metrics[0] --cpu-per-request [simulate/metric]"}},
		"cpu, given":      {text: workload + hpa(byCPU), set: cpu},
		"cpu in a column": {text: workload + hpa(byCPU), load: "time,requests,cpu\n0s,10,5\n30m,20,8\n"},
		"memory":          {text: workload + hpa(byMemory), want: []string{"error spec.metrics[0] --memory [simulate/metric]"}},
		"memory, given":   {text: workload + hpa(byMemory), set: func(o *Options) { o.Memory = 1e8 }},
		"memory in a column": {
			text: workload + hpa(byMemory), load: "time,requests,memory\n0s,10,5e8\n30m,20,8e8\n",
		},
		"another resource": {
			text: workload + hpa(byCPU), replace: []string{"name: cpu, target", "name: nvidia.com/gpu, target"},
			want: []string{"error spec.metrics[0] is about nvidia.com/gpu; only cpu and memory can be simulated [simulate/metric]"},
		},
		"no workload": {
			text: workload + hpa(byCPU), replace: []string{"name: web}\n  minReplicas", "name: other}\n  minReplicas"}, set: cpu,
			want: []string{
				"info spec.scaleTargetRef names a workload that is not in the input [simulate/assumed]",
				"error spec.metrics[0] is a percentage of what the pods request [simulate/metric]",
			},
		},
		"no probe": {
			text: workload + hpa(byRequests), replace: []string{"readinessProbe", "livenessProbe"},
			want: []string{"info spec.scaleTargetRef names pods without a readiness probe [simulate/assumed]"},
		},
		"no scrape": {
			text: workload + hpa(byRequests), replace: []string{"kind: ServiceMonitor", "kind: Other"},
			want: []string{"info spec.metrics[0] is scraped every [simulate/assumed]"},
		},
		"no rule": {
			text: workload + hpa(byRequests), replace: []string{"name: http_requests_per_second", "name: other"},
			want: []string{"error spec.metrics[0] no rule in the input serves the metric [simulate/metric]"},
		},
		"kafka":        {text: workload + scaledObject("", byKafka), want: []string{"error " + kafka + " KEDA reads it by a trigger of type kafka [simulate/metric]"}},
		"kafka, given": {text: workload + scaledObject("", byKafka), load: "time,requests,s0-kafka\n0s,10,5\n30m,20,8\n"},
		"paused": {
			text: workload + scaledObject("", byQuery), replace: []string{"note: none", `autoscaling.keda.sh/paused: "true"`},
			want: []string{
				"error  is paused, so there is nothing to simulate; remove the annotation that pauses it [keda/paused]",
				"info spec.triggers[0] is scraped every 30s [simulate/assumed]",
			},
		},
		"nothing wakes it": {
			text: workload + scaledObject("", byQuery),
			want: []string{
				"info spec.triggers[0] is scraped every 30s [simulate/assumed]",
				"info  scales to 0 and reads only metrics of its own pods, so no request wakes it [simulate/assumed]",
			},
		},
		"a long look back": {
			text: workload + hpa(byRequests), replace: []string{"[2m]", "[10000w]"},
			want: []string{"error spec.metrics[0] has a query that looks back [input/limit]"},
		},
		"a long load": {
			text: workload + hpa(byRequests), replace: []string{"interval: 30s", "interval: 1ms", "[2m]", "[1s]"}, load: "constant:end=24h",
			want: []string{"error  would take too long to simulate: it has 86411520 scrapes, evaluations, measurements, and looks, and at most 10000000 are possible; use a shorter load or longer intervals [input/limit]"},
		},
		"too much work": {
			text: workload + hpa(byGauge), load: "time,in_flight\n0s,10\n6h,20\n",
			replace: []string{"sum(<<.Series>>{<<.LabelMatchers>>})", "sum(avg_over_time(<<.Series>>{<<.LabelMatchers>>}[150h]))", "interval: 30s", "interval: 6s"},
			set:     func(o *Options) { o.Flags.SyncPeriod = time.Second },
			want:    []string{"error  takes too long to simulate; use a shorter load, or shorter ranges in queries [input/limit]"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.load == "" {
				c.load = jump
			}
			_, ps := under(t, scalingOf(t, c.text, c.replace...), c.load, c.set)
			for i, p := range ps {
				got := fmt.Sprintf("%s %s %s [%s]", p.Severity, p.Place.Field, p.Message, p.ID)
				if i >= len(c.want) {
					t.Errorf("also: %s", got)
					continue
				}
				// What is wanted are the severity and the place, words of the message, and the ID.
				words := strings.SplitN(c.want[i], " ", 3)
				rest, id := words[2][:strings.LastIndex(words[2], " [")], words[2][strings.LastIndex(words[2], " ["):]
				if !strings.HasPrefix(got, words[0]+" "+words[1]+" ") || !strings.Contains(got, rest) || !strings.HasSuffix(got, id) {
					t.Errorf("got  %s\nwant %s", got, c.want[i])
				}
			}
			if len(ps) < len(c.want) {
				t.Errorf("got %v, want %v", ps, c.want)
			}
		})
	}
}

// TestModel has what manifests say about requests, limits, and KEDA.
func TestModel(t *testing.T) {
	o := DefaultOptions()
	o.Load, o.CPU, o.CPUOfRequest = loadOf(t, jump), 0.1, 0.02
	const two = "      - {name: side, image: registry.example.com/side:1, resources: {requests: {cpu: 50m}, limits: {cpu: 100m}}}\n"
	const container = `{type: ContainerResource, containerResource: {name: cpu, container: web, target: {type: Utilization, averageUtilization: 50}}}`
	for name, c := range map[string]struct {
		text     string
		replace  []string
		request  int64
		capacity float64
	}{
		"a container":           {workload + hpa(byCPU), nil, 200, 20},
		"two containers":        {workload + hpa(byCPU), []string{"      containers:\n", "      containers:\n" + two}, 250, 25},
		"one of two":            {workload + hpa(container), []string{"      containers:\n", "      containers:\n" + two}, 200, 25},
		"no request":            {workload + hpa(byCPU), []string{"requests: {cpu: 200m, memory: 100Mi}, limits: {cpu: 500m}", "limits: {memory: 1Gi}"}, 0, 0},
		"of the pod":            {workload + hpa(byCPU), []string{"      containers:\n", "      resources: {requests: {cpu: 2}, limits: {cpu: 3}}\n      containers:\n"}, 2000, 145},
		"a limit of too little": {workload + hpa(byCPU), []string{"limits: {cpu: 500m}", "limits: {cpu: 50m}", "cpu: 200m", "cpu: 20m"}, 20, 0},
	} {
		m, _ := New(scalingOf(t, c.text, c.replace...), &o)
		if m.Sources[0].Request != c.request || m.Pods.Capacity < c.capacity-1e-9 || m.Pods.Capacity > c.capacity+1e-9 {
			t.Errorf("%s: request %d, capacity %v", name, m.Sources[0].Request, m.Pods.Capacity)
		}
	}
	raw, _ := New(scalingOf(t, workload+hpa(strings.Replace(byCPU, "type: Utilization, averageUtilization: 50", "type: AverageValue, averageValue: 100m", 1))), &o)
	if raw.Sources[0].Request != 0 || MetricName(&autoscalingv2.MetricSpec{}) != "" {
		t.Errorf("a raw value: %+v", raw.Sources[0])
	}
	m, _ := New(scalingOf(t, workload+scaledObject("  pollingInterval: 20\n", strings.Replace(byQuery, "{type", "{useCachedMetrics: true, type", 1))), &o)
	if m.KEDA.PollingInterval != 20*time.Second || m.Sources[0].Evaluation == 0 || !m.Sources[0].NoneIsZero {
		t.Errorf("KEDA: %+v, %+v", m.KEDA, m.Sources[0])
	}
	// Requests may be missing in the load.
	o.Load = loadOf(t, "time,http_requests_per_second\n0s,10\n10m,100\n")
	if m, ps := New(scalingOf(t, workload+hpa(byRequests)), &o); ps.HasErrors() || len(m.Requests) != 2 || m.Sources[0].Factor != 1 {
		t.Errorf("%v, %+v", ps, m)
	}
}

// awake is a load whose metric does not come from the pods themselves, so that it can wake them.
const awake = "time,requests,s0-prometheus\n0s,0,0\n10m,35,35\n20m,0,0\n30m,0,0\n40m,0,0\n"

// TestKEDAFromManifests scales to zero and back. A query about the pods themselves never wakes them.
func TestKEDAFromManifests(t *testing.T) {
	object := workload + scaledObject("  cooldownPeriod: 60\n", byQuery)
	if s := simulated(t, scalingOf(t, object), "step:from=0,to=35,at=10m,for=10m", nil); s.Summary.Most != 0 || s.Summary.Excess != 21_000 {
		t.Errorf("asleep: %+v", s.Summary)
	}
	s := simulated(t, scalingOf(t, object), awake, nil)
	if s.Summary.Least != 0 || s.Summary.Most != 4 || s.Rows[0].Replicas != 0 || s.Rows[len(s.Rows)-1].Replicas != 0 {
		t.Errorf("got %+v", s.Summary)
	}
}

// TestSummary has changes and flaps.
func TestSummary(t *testing.T) {
	minute := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	r := &world.Result{}
	for i, n := range []int32{2, 4, 3, 3, 5, 6, 6} {
		r.Rows = append(r.Rows, world.Row{At: minute(i), Replicas: n})
	}
	r.Rows = append(r.Rows, world.Row{At: minute(40), Replicas: 5})
	got := summaryOf(&world.Model{Spec: &scalingOf(t, workload+hpa(byRequests)).Spec}, r)
	if got.Least != 2 || got.Most != 6 || got.Changes != 5 || got.Flaps != 2 {
		t.Errorf("got %+v", got)
	}
}

// TestReaction has that the parts add up to the whole, and that each cause appears.
func TestReaction(t *testing.T) {
	base := workload + hpa(byRequests)
	for want, replace := range map[string][]string{
		"window":   {"[2m]", "[10m]"},
		"start":    {"periodSeconds: 5}", "periodSeconds: 5, initialDelaySeconds: 120}"},
		"policies": {"  maxReplicas: 20\n", "  maxReplicas: 20\n  behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}\n"},
		"bound":    {"maxReplicas: 20", "maxReplicas: 5"},
		"scrape":   {"interval: 30s", "interval: 60s"},
	} {
		s := simulated(t, scalingOf(t, base, replace...), jump, nil)
		if s.Reaction == nil {
			t.Fatalf("%s: no reaction", want)
		}
		sum := s.Reaction.Rest
		largest := Part{}
		for _, p := range s.Reaction.Parts {
			if sum += p.Time; p.Time > largest.Time {
				largest = p
			}
			if p.Time <= 0 || partNames[p.Name] == "" {
				t.Errorf("%s: part %+v", want, p)
			}
		}
		if sum != s.Reaction.Time || s.Reaction.Time != s.Summary.Longest {
			t.Errorf("%s: the parts are %s of %s, the longest time %s: %+v", want, sum, s.Reaction.Time, s.Summary.Longest, s.Reaction)
		}
		if largest.Name != want && want != "scrape" {
			t.Errorf("%s: got %+v", want, s.Reaction)
		}
	}
	// Of days, the state before the longest time matters.
	days := simulated(t, scalingOf(t, workload+scaledObject("", byQuery)), "day:days=2", nil)
	sum := days.Reaction.Rest
	for _, p := range days.Reaction.Parts {
		sum += p.Time
	}
	if sum != days.Reaction.Time || sum != days.Summary.Longest || len(days.Reaction.Parts) == 0 {
		t.Errorf("days: %+v", days.Reaction)
	}
	if s := simulated(t, scalingOf(t, base), "constant:requests=20", nil); s.Reaction != nil || s.Summary.Over != 0 {
		t.Errorf("a constant load: %+v", s.Reaction)
	}
	k := simulated(t, scalingOf(t, workload+scaledObject("  pollingInterval: 120\n", byQuery)), awake, nil)
	if k.Reaction == nil || !slices.ContainsFunc(k.Reaction.Parts, func(p Part) bool { return p.Name == "sync" }) {
		t.Errorf("polls: %+v", k.Reaction)
	}
}

// TestChart has the panels of a picture.
func TestChart(t *testing.T) {
	give := func(o *Options) { o.CPUOfRequest, o.Memory, o.Capacity = 0.01, 8e7, 12 }
	s := simulated(t, scalingOf(t, workload+hpa(byRequests, byCPU, byMemory)), jump, give)
	other := simulated(t, scalingOf(t, workload+hpa(byRequests)), jump, give)
	c := Chart("title", []*Simulation{s}, nil)
	if len(c.Panels) != 5 || len(c.Panels[0].Series) != 2 || len(c.Panels[1].Series) != 2 || len(c.Panels[1].Bands) == 0 || c.Panels[3].Unit != "cores of a pod" || c.Panels[4].Lines[0].Value != 50 {
		t.Errorf("got %+v", c)
	}
	both := Chart("title", []*Simulation{s, other}, []string{"new", "old"})
	if len(both.Panels[0].Series) != 1 || both.Panels[1].Series[1].Name != "old" || len(both.Panels[3].Series) != 1 {
		t.Errorf("got %+v", both.Panels)
	}
	if svg := string(picture.Plot(both, picture.Options{})); !strings.HasPrefix(svg, "<svg") {
		t.Errorf("got %.100s", svg)
	}
	if v := other.Value(0, 1); v == v {
		t.Errorf("a metric that is not there: %v", v)
	}
	if v := other.Value(0, 0); v != other.Values[0] {
		t.Errorf("got %v", v)
	}
	if s.At(90*time.Second) != "1m30s" {
		t.Error(s.At(90 * time.Second))
	}
	s.Start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if s.At(90*time.Second) != "2026-01-02T03:05:35Z" {
		t.Error(s.At(90 * time.Second))
	}
}

// TestDeterminism simulates twice.
func TestDeterminism(t *testing.T) {
	text := func() string {
		s := simulated(t, scalingOf(t, workload+hpa(byRequests, byCPU)), jump, func(o *Options) { o.CPUOfRequest = 0.02 })
		return fmt.Sprintf("%+v %+v %+v", s.Result, s.Reaction, s.Advice)
	}
	if first, second := text(), text(); first != second {
		t.Error("two runs differ")
	}
}
