package check

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestScalingKEDA reads ScaledObjects.
func TestScalingKEDA(t *testing.T) {
	const (
		selector = `"selector":{"matchLabels":{"scaledobject.keda.sh/name":"web"}}`
		query    = `sum(rate(requests_total{pod=~"web-.*"}[2m]))`
		cpu      = "  - {type: cpu, metricType: Utilization, metadata: {value: \"80\"}}\n"
		cpu80    = `{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}`
	)
	external := func(name, target string) string {
		return `{"type":"External","external":{"metric":{"name":"` + name + `",` + selector + `},"target":` + target + `}}`
	}
	named := strings.Replace(onQuery(query, ""), "prometheus\n", "prometheus\n    name: load\n", 1)
	modified := func(formula string) string {
		return "  advanced: {scalingModifiers: {formula: " + formula + ", target: \"2.5\", activationTarget: \"1\"}}\n"
	}
	never := math.Inf(1)
	spec := func(text string) string { // What follows of the scale target, at the end of which the metrics are.
		return `{"scaleTargetRef":{"kind":"Deployment","name":"web","apiVersion":"apps/v1"},` + text + `}`
	}
	for name, c := range map[string]struct {
		text, spec, keda string
		activation       []float64
		sources          []string
	}{
		"defaults": {
			text: scaledWith(onQuery(query, "")),
			spec: `"minReplicas":1,"maxReplicas":100,"metrics":[` + external("s0-prometheus", `{"type":"AverageValue","averageValue":"10"}`) + `]`,
			keda: `30s 5m0s 0s 0 -`, activation: []float64{0},
			sources: []string{"prometheus rate requests_total 2m sum every 30s?"},
		},
		"all": {
			text: scaledWith("  minReplicaCount: 2\n  maxReplicaCount: 9\n  idleReplicaCount: 0\n  pollingInterval: 5\n  cooldownPeriod: 60\n  initialCooldownPeriod: 10\n" +
				onQuery(query, "      activationThreshold: \"3\"\n    metricType: Value\n    useCachedMetrics: true\n") + cpu),
			spec: `"minReplicas":2,"maxReplicas":9,"metrics":[` + external("s0-prometheus", `{"type":"Value","value":"10"}`) + "," + cpu80 + `]`,
			keda: `5s 1m0s 10s 2 0`, activation: []float64{3, never},
			sources: []string{"prometheus rate requests_total 2m sum every 30s? cached", "resources"},
		},
		"sorted by type": {
			text: scaledWith("  minReplicaCount: 1\n" + onCPU + "  - {type: redis, metadata: {listName: a, activationListLength: \"2\"}}\n  - {type: redis, metadata: {listName: b, listLength: \"7\"}}\n" +
				"  - {type: memory, metricType: Utilization, metadata: {value: \"70\", containerName: main}}\n"),
			spec: `"minReplicas":1,"maxReplicas":100,"metrics":[{"type":"ContainerResource","containerResource":{"name":"memory","target":{"type":"Utilization","averageUtilization":70},"container":"main"}},` +
				external("s1-redis", `{"type":"AverageValue","averageValue":"5"}`) + "," + external("s2-redis", `{"type":"AverageValue","averageValue":"7"}`) + "," + cpu80 + `]`,
			keda: `30s 5m0s 0s 1 -`, activation: []float64{never, 2, 0, never},
			sources: []string{
				"resources: memory does not follow from the number of requests", "elsewhere: KEDA reads it by a trigger of type redis",
				"elsewhere: KEDA reads it by a trigger of type redis", "resources",
			},
		},
		"only cpu": {
			text: scaledWith("  minReplicaCount: 1\n" + onCPU), keda: `30s 5m0s 0s 1 -`,
			spec:       `"minReplicas":1,"maxReplicas":100,"metrics":[` + cpu80 + `]`,
			activation: []float64{-never}, sources: []string{"resources"},
		},
		"cron": {
			text: scaledWith("  triggers:\n  - {type: cron, metadata: {timezone: Europe/Rome, start: 0 8 * * *, end: 0 18 * * *, desiredReplicas: \"5\"}}\n"),
			spec: `"minReplicas":1,"maxReplicas":100,"metrics":[` + external("s0-cron", `{"type":"AverageValue","averageValue":"1"}`) + `]`,
			keda: `30s 5m0s 0s 0 -`, activation: []float64{0},
			sources: []string{`elsewhere: the trigger is 5 from "0 8 * * *" to "0 18 * * *" in Europe/Rome, and 0 otherwise`},
		},
		"a formula": {
			text: scaledWith(modified("load * 2") + named + cpu),
			spec: `"minReplicas":1,"maxReplicas":100,"metrics":[` + cpu80 + "," + external("composite-metric", `{"type":"AverageValue","averageValue":"2500m"}`) + `]`,
			keda: `30s 5m0s 0s 0 -`, activation: []float64{never, 1},
			sources: []string{"resources", "elsewhere: a formula makes the metric"},
		},
		"a formula of one trigger": {
			text: scaledWith(strings.Replace(modified("load"), "target:", "metricType: Value, target:", 1) + named),
			spec: `"minReplicas":1,"maxReplicas":100,"metrics":[` + external("composite-metric", `{"type":"Value","value":"2500m"}`) + `]`,
			keda: `30s 5m0s 0s 0 -`, activation: []float64{1},
			sources: []string{"prometheus rate requests_total 2m sum every 30s?"},
		},
		"a formula without a target": {
			text: scaledWith("  advanced: {scalingModifiers: {formula: load}}\n" + named),
			spec: `"minReplicas":1,"maxReplicas":100,"metrics":[` + external("s0-prometheus", `{"type":"AverageValue","averageValue":"10"}`) + `]`,
			keda: `30s 5m0s 0s 0 -`, activation: []float64{0},
			sources: []string{"prometheus rate requests_total 2m sum every 30s?"},
		},
		"not PromQL": {
			text: scaledWith("  pollingInterval: 0\n  cooldownPeriod: -1\n" + onQuery("sum(", "")),
			spec: `"minReplicas":1,"maxReplicas":100,"metrics":[` + external("s0-prometheus", `{"type":"AverageValue","averageValue":"10"}`) + `]`,
			keda: `30s 5m0s 0s 0 -`, activation: []float64{0}, sources: []string{"prometheus every 30s?: the query is not PromQL"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := scaled(t, c.text)
			if diff := cmp.Diff(spec(c.spec), asJSON(t, s.Spec)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.keda, drawKEDA(s.KEDA)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.activation, s.KEDA.Activation); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.sources, lines([]Scaling{s})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// drawKEDA writes times, replicas, and switches.
func drawKEDA(k *KEDAScaling) string {
	text := []string{k.PollingInterval.String(), k.CooldownPeriod.String(), k.InitialCooldownPeriod.String(), fmt.Sprint(k.MinReplicas), "-"}
	if k.IdleReplicas != nil {
		text[4] = fmt.Sprint(*k.IdleReplicas)
	}
	for _, s := range []struct {
		set  bool
		name string
	}{{k.Paused, "paused"}, {k.ForceActivation, "forced"}, {k.PausedIn, "paused in"}, {k.PausedOut, "paused out"}} {
		if s.set {
			text = append(text, s.name)
		}
	}
	return strings.Join(text, " ")
}

func TestScalingPaused(t *testing.T) {
	with := func(annotation string) string {
		return strings.Replace(scaledWith("  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: {stabilizationWindowSeconds: 5}}}}\n"+onQueue),
			"namespace: shop}", "namespace: shop, annotations: {autoscaling.keda.sh/"+annotation+"}}", 1)
	}
	for annotation, want := range map[string]string{
		`paused: "true"`:            "paused Max Max 5",
		`paused: "false"`:           "Max Max 5",
		`paused-replicas: "4"`:      "paused Max Max 5",
		`paused-replicas: four`:     "paused Max Max 5",
		`paused-scale-in: "true"`:   "paused in Max Disabled 5",
		`paused-scale-out: "true"`:  "paused out Disabled Max 5",
		`force-activation: "maybe"`: "forced Max Max 5",
	} {
		s := scaled(t, with(annotation))
		b := s.Spec.Behavior
		got := strings.TrimPrefix(drawKEDA(s.KEDA), "30s 5m0s 0s 0 -") + " " + string(*b.ScaleUp.SelectPolicy) + " " + string(*b.ScaleDown.SelectPolicy) + " " +
			asJSON(t, b.ScaleDown.StabilizationWindowSeconds)
		if strings.TrimSpace(got) != want {
			t.Errorf("%s: got %s, want %s", annotation, got, want)
		}
	}
	s := scaled(t, strings.Replace(scaledWith(onQueue), "namespace: shop}", "namespace: shop, annotations: {autoscaling.keda.sh/paused-scale-in: \"\"}}", 1))
	if *s.Spec.Behavior.ScaleDown.SelectPolicy != "Disabled" || *s.Spec.Behavior.ScaleUp.SelectPolicy != "Max" {
		t.Errorf("got %s", asJSON(t, s.Spec.Behavior))
	}
}
