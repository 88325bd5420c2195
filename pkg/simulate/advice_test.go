package simulate

import (
	"strings"
	"testing"
	"time"
)

// TestAdvice has cases in which one setting is obviously to blame.
func TestAdvice(t *testing.T) {
	base := workload + hpa(byRequests)
	waves := "time,requests\n"
	for _, at := range []string{"0s,100", "10m,20", "12m,100", "14m,20", "16m,100", "18m,20", "20m,100", "22m,20", "24m,100", "40m,100"} {
		waves += at + "\n"
	}
	behavior := func(text string) []string {
		return []string{"  maxReplicas: 20\n", "  maxReplicas: 20\n  behavior: {" + text + "}\n"}
	}
	for name, c := range map[string]struct {
		text        string
		replace     []string
		load        string
		want, field string
		saves       bool
	}{
		"maxReplicas is too low":     {base, []string{"maxReplicas: 20", "maxReplicas: 8"}, jump, "maxReplicas: 16 instead of 8", "spec.maxReplicas", false},
		"maxReplicas is far too low": {base, []string{"maxReplicas: 20", "maxReplicas: 3"}, jump, "maxReplicas: 15 instead of 3", "spec.maxReplicas", false},
		"maxReplicaCount is too low": {workload + scaledObject("", byQuery), []string{"maxReplicaCount: 20", "maxReplicaCount: 8"}, jump, "maxReplicaCount: 16 instead of 8", "spec.maxReplicaCount", false},
		"policies are slow": {
			base, behavior("scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 120}]}"), jump, "scaleUp.policies: the default", "spec.behavior.scaleUp.policies", false,
		},
		"policies of KEDA are slow": {
			workload + scaledObject("  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 120}]}}}}\n", byQuery), nil, jump,
			"scaleUp.policies: the default", "spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleUp.policies", false,
		},
		"scaling up is stabilized": {
			base, behavior("scaleUp: {stabilizationWindowSeconds: 600}"), jump, "scaleUp.stabilizationWindowSeconds: 0 instead of 600", "spec.behavior.scaleUp.stabilizationWindowSeconds", false,
		},
		"the window is long": {base, []string{"[2m]", "[20m]"}, jump, "a range of 2m instead of 20m in the query of http_requests_per_second", "spec.metrics[0]", false},
		"it flaps": {
			base, behavior("scaleDown: {stabilizationWindowSeconds: 0}"), waves, "scaleDown.stabilizationWindowSeconds: 300 instead of 0", "spec.behavior.scaleDown.stabilizationWindowSeconds", false,
		},
		"minReplicas is too high": {base, []string{"minReplicas: 2", "minReplicas: 9"}, "constant:requests=10", "minReplicas: 8 instead of 9", "spec.minReplicas", true},
		"pods start slowly":       {base, []string{"periodSeconds: 5}", "periodSeconds: 5, initialDelaySeconds: 600}"}, jump, "pods that are ready after", "spec.scaleTargetRef", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := simulated(t, scalingOf(t, c.text, c.replace...), c.load, nil)
			var all []string
			for i := range s.Advice {
				a := &s.Advice[i]
				all = append(all, a.Place.Field+": "+a.Sentence(&s.Summary))
				if strings.HasPrefix(a.Change, c.want) && a.Place.Field == c.field && a.Saves == c.saves {
					return
				}
			}
			t.Errorf("%+v\ngot %s\nwant %s: %s", s.Summary, strings.Join(all, "\n    "), c.field, c.want)
		})
	}
	// There is nothing to change in bounds that are equal, in windows of 0, and in pods that are ready at once.
	s := simulated(t, scalingOf(t, base, "minReplicas: 2\n  maxReplicas: 20\n", "minReplicas: 3\n  maxReplicas: 3\n"), jump, func(o *Options) { o.Replicas = 4 })
	for _, a := range s.Advice {
		if strings.HasPrefix(a.Change, "minReplicas: 3 ") {
			t.Errorf("equal bounds: %s", a.Change)
		}
	}
	s = simulated(t, scalingOf(t, base, append(behavior("scaleDown: {stabilizationWindowSeconds: 0}"), "readinessProbe", "livenessProbe")...), jump,
		func(o *Options) { o.PodStart, o.AppStart = time.Second, 0 })
	for _, a := range s.Advice {
		if strings.Contains(a.Change, "instead of 0") || strings.Contains(a.Change, "ready after") {
			t.Errorf("nothing to change: %s", a.Change)
		}
	}
	s = simulated(t, scalingOf(t, base), "constant:requests=20", nil)
	for _, a := range s.Advice {
		if !a.Saves {
			t.Errorf("nothing is wrong, and yet: %s", a.Change)
		}
	}
}

// TestTargetsOfTrials scales targets of all types.
func TestTargetsOfTrials(t *testing.T) {
	object := `{type: Object, object: {metric: {name: http_requests_per_second}, describedObject: {apiVersion: v1, kind: Service, name: web}, target: {type: Value, value: "40"}}}`
	s := scalingOf(t, workload+hpa(byRequests, byCPU, object))
	o := DefaultOptions()
	o.Load = loadOf(t, jump)
	m, _ := New(s, &o)
	for i, want := range []string{"a target of 8 instead of 10 for http_requests_per_second", "a target of 40% instead of 50% for cpu", "a target of 32 instead of 40 for http_requests_per_second"} {
		trial := m.Copy()
		trial.Sources[i].Kind = 0
		if got, at := scaledTarget(trial, s, i, 80); got != want || at.Field == "" {
			t.Errorf("got %s at %s, want %s", got, at.Field, want)
		}
	}
}

func TestExpectations(t *testing.T) {
	s := &Simulation{Summary: Summary{
		Least: 2, Most: 5, Changes: 7, Flaps: 1, PodHours: 3.25, Over: 90 * time.Second, Longest: time.Minute,
		AtMost: 0, Excess: 12, Overload: 30 * time.Second,
	}}
	for text, want := range map[string]string{
		"replicas<=5": "", "replicas<5": "replicas is 5", "replicas>=2": "", "replicas > 2": "replicas is 2", "replicas==5": "replicas is 2",
		"replicas==2": "replicas is 5", "changes==7": "", "flaps<1": "flaps is 1", "pod-hours<3": "pod-hours is 3.25", "over-target<2m": "",
		"over-target<=1m": "over-target is 1m30s", "longest-over-target<1m": "longest-over-target is 1m", "at-max==0": "", "overload<=0s": "overload is 30s",
		"excess<=11.5": "excess is 12", "excess>12": "excess is 12", "over-target>=0": "",
	} {
		e, err := ParseExpectation(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := e.Unmet(s); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"replicas":        `"replicas" has none of <=, >=, ==, <, >; write a condition such as replicas<=5`,
		"pods<=5":         `"pods" is not one of replicas, changes,`,
		"replicas<=x":     `"x" is not a number of 0 or more`,
		"replicas<=-1":    `"-1" is not a number of 0 or more`,
		"replicas<=NaN":   `"NaN" is not a number of 0 or more`,
		"over-target<60":  `"60" is not a duration such as 60s`,
		"over-target<-5s": `"-5s" is not a duration such as 60s`,
		"replicas<=5<=6":  `"5<=6" is not a number`,
		"":                `"" has none of`,
	} {
		if _, err := ParseExpectation(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestTexts(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 250 * time.Millisecond: "250ms", 1234 * time.Millisecond: "1.23s", 90 * time.Second: "1m30s", 2 * time.Minute: "2m", 2 * time.Hour: "2h",
		2*time.Hour + time.Second: "2h0m1s", 100*time.Second + 400*time.Millisecond: "1m40s",
	} {
		if got := Elapsed(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
	for x, want := range map[float64]string{0: "0", 7: "7", 1234567: "1,234,567", 100.4: "100", 12.345: "12.3", 1.234: "1.23", 0.12345: "0.123", 0.00001: "0", 999: "999", 1000: "1,000"} {
		if got := number(x); got != want {
			t.Errorf("%v: got %s, want %s", x, got, want)
		}
	}
}

// TestSentences has what a simulation says.
func TestSentences(t *testing.T) {
	s := simulated(t, scalingOf(t, workload+hpa(byRequests), "maxReplicas: 20", "maxReplicas: 8"), jump, func(o *Options) { o.Capacity = 12 })
	text := strings.Join(s.Sentences(), "\n")
	for _, want := range []string{"It runs 2 to 8 pods, ", "A metric is over its target for ", "its metrics call for more pods than the maximum of 8.", "No pod can serve ", "the causes are: ", " maxReplicas"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	s = simulated(t, scalingOf(t, workload+hpa(byRequests)), "constant:requests=20", func(o *Options) { o.Capacity = 12 })
	if text := strings.Join(s.Sentences(), " "); !strings.Contains(text, "No metric is ever over its target by more than the tolerance. The pods can serve all 36,000 requests.") ||
		!strings.Contains(text, "with 0 changes and 0 flaps") {
		t.Error(text)
	}
	if got := plural(1, "flap", "flaps"); got != "1 flap" {
		t.Error(got)
	}
	trial := Trial{Change: "x", Summary: Summary{Over: time.Minute, PodHours: 2, Excess: 0}}
	now := &Summary{Over: time.Minute, Flaps: 2, Excess: 10, PodHours: 1}
	if got := trial.Sentence(now); got != "x: over target as long, 0 flaps instead of 2, 0 requests over capacity instead of 10, for 2 pod hours instead of 1" {
		t.Error(got)
	}
}
