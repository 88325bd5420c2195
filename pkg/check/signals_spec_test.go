package check

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// scaled returns the only scaling of manifests.
func scaled(t *testing.T, text string) Scaling {
	t.Helper()
	got, _ := Scalings(Input{Items: objects(t, text)})
	if len(got) != 1 {
		t.Fatalf("got %d scalings", len(got))
	}
	return got[0]
}

// TestScalingSpec reads HorizontalPodAutoscalers of all versions.
func TestScalingSpec(t *testing.T) {
	const (
		ref   = `"scaleTargetRef":{"kind":"Deployment","name":"shop","apiVersion":"apps/v1"},"minReplicas":1,"maxReplicas":5,"metrics":[`
		cpu50 = `{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}}`
		load  = `{"type":"Pods","pods":{"metric":{"name":"load"},"target":{"type":"AverageValue","averageValue":"5"}}}`
		up    = `"scaleUp":{"stabilizationWindowSeconds":0,"selectPolicy":"Max","policies":[{"type":"Pods","value":4,"periodSeconds":15},{"type":"Percent","value":100,"periodSeconds":15}]}`
	)
	hpa := func(version, more string) string {
		return "---\napiVersion: autoscaling/" + version + "\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: shop\n" + more +
			"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}\n  maxReplicas: 5\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"no metrics": {
			hpa("v2", "spec:\n"), strings.Replace(cpu50, "50", "80", 1) + "]",
		},
		"v1": {hpa("v1", "spec:\n  targetCPUUtilizationPercentage: 50\n"), cpu50 + "]"},
		"v1 with annotations": {
			hpa("v1", `  annotations:
    autoscaling.alpha.kubernetes.io/metrics: '[{"type":"Pods","pods":{"metricName":"load","targetAverageValue":"5"}}]'
    autoscaling.alpha.kubernetes.io/behavior: '{"ScaleDown":{"SelectPolicy":"Disabled"}}'
spec:
  targetCPUUtilizationPercentage: 50
`),
			load + "," + cpu50 + `],"behavior":{` + up + `,"scaleDown":{"selectPolicy":"Disabled","policies":[{"type":"Percent","value":100,"periodSeconds":15}]}}`,
		},
		"v2beta1": {hpa("v2beta1", "spec:\n  metrics: [{type: Pods, pods: {metricName: load, targetAverageValue: 5}}]\n"), load + "]"},
		"v2beta2": {
			hpa("v2beta2", "spec:\n  metrics: [{type: Pods, pods: {metric: {name: load}, target: {type: AverageValue, averageValue: 5}}}]\n"),
			load + "]",
		},
		"a behavior": {
			hpa("v2", "spec:\n  behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}, scaleDown: {stabilizationWindowSeconds: 60, tolerance: 50m}}\n"),
			strings.Replace(cpu50, "50", "80", 1) + `],"behavior":{"scaleUp":{"stabilizationWindowSeconds":0,"selectPolicy":"Max","policies":[{"type":"Pods","value":1,"periodSeconds":60}]},` +
				`"scaleDown":{"stabilizationWindowSeconds":60,"selectPolicy":"Max","policies":[{"type":"Percent","value":100,"periodSeconds":15}],"tolerance":"50m"}}`,
		},
		"an empty behavior": {
			hpa("v2", "spec:\n  behavior: {}\n"),
			strings.Replace(cpu50, "50", "80", 1) + `],"behavior":{` + up + `,"scaleDown":{"selectPolicy":"Max","policies":[{"type":"Percent","value":100,"periodSeconds":15}]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := scaled(t, c.text)
			if diff := cmp.Diff("{"+ref+c.want+"}", asJSON(t, s.Spec)); diff != "" {
				t.Error(diff)
			}
			if len(s.Sources) != len(s.Spec.Metrics) || s.Replicas != 1 || s.Workload != nil {
				t.Errorf("got %+v", s)
			}
		})
	}
}

// TestScalingKeepsInput changes what Scalings completes, which the objects of a run share.
func TestScalingKeepsInput(t *testing.T) {
	items := objects(t, shop+asking(podsMetric("load"))+"  behavior: {scaleUp: {}}\n")
	first, _ := Scalings(Input{Items: items})
	want := asJSON(t, first)
	first[0].Spec.Behavior.ScaleUp.Policies[0].Value = 7
	first[0].Workload.Containers[0].Requests = nil
	again, _ := Scalings(Input{Items: items})
	if diff := cmp.Diff(want, asJSON(t, again)); diff != "" {
		t.Error(diff)
	}
}

func TestScalingPods(t *testing.T) {
	hpa := asking(podsMetric("load"))
	workload := func(kind, spec, pod string) string {
		return "---\napiVersion: " + kind + "\nmetadata: {name: shop, namespace: shop}\nspec:\n  replicas: 3\n" + spec +
			"  template: {metadata: {labels: {app: shop}}, spec: {" + pod + "}}\n"
	}
	const deployment = "apps/v1\nkind: Deployment"
	for name, c := range map[string]struct{ text, want string }{
		"defaults": {
			workload(deployment, "", "containers: [{name: a, image: a, readinessProbe: {tcpSocket: {port: 1}}}]"),
			`{"Containers":[{"Name":"a","Requests":null,"Limits":null,"Readiness":{"tcpSocket":{"port":1},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"Startup":null}],` +
				`"Requests":null,"Limits":null,"MinReadySeconds":0,"TerminationGracePeriod":30000000000}`,
		},
		"all": {
			workload(deployment, "  minReadySeconds: 7\n", "terminationGracePeriodSeconds: 60, resources: {limits: {cpu: 2}}, "+
				"initContainers: [{name: i, image: i}, {name: s, image: s, restartPolicy: Always}], containers: [{name: a, image: a, "+
				"resources: {requests: {cpu: 100m}, limits: {cpu: 1, memory: 1Gi}}, startupProbe: {periodSeconds: 2, failureThreshold: 30, timeoutSeconds: 3, successThreshold: 1}}]"),
			`{"Containers":[{"Name":"a","Requests":{"cpu":"100m","memory":"1Gi"},"Limits":{"cpu":"1","memory":"1Gi"},"Readiness":null,"Startup":{"timeoutSeconds":3,"periodSeconds":2,"successThreshold":1,"failureThreshold":30}},` +
				`{"Name":"s","Requests":null,"Limits":null,"Readiness":null,"Startup":null}],` +
				`"Requests":{"cpu":"2"},"Limits":{"cpu":"2"},"MinReadySeconds":7,"TerminationGracePeriod":60000000000}`,
		},
		"a LimitRange": {
			workload(deployment, "", "terminationGracePeriodSeconds: -1, containers: [{name: a, image: a, resources: {requests: {cpu: 1}}}]") +
				"---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: shop}\nspec: {limits: [{type: Pod, max: {cpu: 8}}, " +
				"{type: Container, defaultRequest: {memory: 1Gi}, default: {memory: 2Gi}, max: {cpu: 4}, min: {ephemeral-storage: 1Gi}}]}\n",
			`{"Containers":[{"Name":"a","Requests":{"cpu":"1","ephemeral-storage":"1Gi","memory":"1Gi"},"Limits":{"cpu":"4","memory":"2Gi"},"Readiness":null,"Startup":null}],` +
				`"Requests":null,"Limits":null,"MinReadySeconds":0,"TerminationGracePeriod":1000000000}`,
		},
		"hostile numbers": {
			workload(deployment, "  minReadySeconds: -5\n", "terminationGracePeriodSeconds: 9223372036854775807, containers: [{name: a, image: a, resources: {requests: {cpu: -1, memory: 9223372036854775807Ei}}}]"),
			`{"Containers":[{"Name":"a","Requests":{"cpu":"-1","memory":"9223372036854775807"},"Limits":null,"Readiness":null,"Startup":null}],` +
				`"Requests":null,"Limits":null,"MinReadySeconds":-5,"TerminationGracePeriod":9223372036000000000}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := scaled(t, hpa+c.text)
			if diff := cmp.Diff(c.want, asJSON(t, s.Workload)); diff != "" || s.Replicas != 3 {
				t.Errorf("%d replicas: %s", s.Replicas, diff)
			}
		})
	}
	t.Run("another kind", func(t *testing.T) {
		text := strings.Replace(hpa, "apiVersion: apps/v1, kind: Deployment", "apiVersion: example.com/v1, kind: Fleet", 1)
		s := scaled(t, text+workload("example.com/v1\nkind: Fleet", "", "containers: [{name: a, image: a}]"))
		if s.Workload == nil || s.Replicas != 3 {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("a List", func(t *testing.T) {
		list := "apiVersion: v1\nkind: List\nitems:\n"
		for text := range strings.SplitSeq(hpa+workload(deployment, "", "containers: [{name: a, image: a}]"), "---\n") {
			if text != "" {
				list += "- " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
			}
		}
		if s := scaled(t, list); s.Workload == nil || s.Replicas != 3 {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("no containers", func(t *testing.T) {
		if s := scaled(t, hpa+workload(deployment, "", "")); s.Workload != nil || s.Replicas != 3 {
			t.Errorf("got %+v", s)
		}
	})
}

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
			keda: `30s 5m0s 0s 0 - load * 2`, activation: []float64{never, 1},
			sources: []string{"resources", "elsewhere: a formula makes the metric"},
		},
		"a formula of one trigger": {
			text: scaledWith(strings.Replace(modified("load"), "target:", "metricType: Value, target:", 1) + named),
			spec: `"minReplicas":1,"maxReplicas":100,"metrics":[` + external("composite-metric", `{"type":"Value","value":"2500m"}`) + `]`,
			keda: `30s 5m0s 0s 0 - load`, activation: []float64{1},
			sources: []string{"prometheus rate requests_total 2m sum every 30s?"},
		},
		"a formula without a target": {
			text: scaledWith("  advanced: {scalingModifiers: {formula: load}}\n" + named),
			spec: `"minReplicas":1,"maxReplicas":100,"metrics":[` + external("s0-prometheus", `{"type":"AverageValue","averageValue":"10"}`) + `]`,
			keda: `30s 5m0s 0s 0 -`, activation: []float64{0},
			sources: []string{"prometheus rate requests_total 2m sum every 30s?"},
		},
		"not PromQL": {
			text: scaledWith(onQuery("sum(", "")),
			spec: `"minReplicas":1,"maxReplicas":100,"metrics":[` + external("s0-prometheus", `{"type":"AverageValue","averageValue":"10"}`) + `]`,
			keda: `30s 5m0s 0s 0 -`, activation: []float64{0}, sources: []string{"prometheus: the query is not PromQL"},
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

// drawKEDA writes times, replicas, switches, and the formula.
func drawKEDA(k *KEDAScaling) string {
	text := []string{k.PollingInterval.String(), k.CooldownPeriod.String(), k.InitialCooldownPeriod.String(), resource.NewQuantity(int64(k.MinReplicas), resource.DecimalSI).String(), "-"}
	if k.IdleReplicas != nil {
		text[4] = resource.NewQuantity(int64(*k.IdleReplicas), resource.DecimalSI).String()
	}
	for _, s := range []struct {
		set  bool
		name string
	}{{k.Paused, "paused"}, {k.ForceActivation, "forced"}, {k.PausedIn, "paused in"}, {k.PausedOut, "paused out"}, {k.Formula != "", k.Formula}} {
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
		`paused: "true"`:            "paused Max Max 5 1",
		`paused: "false"`:           "Max Max 5 1",
		`paused-replicas: "4"`:      "paused Max Max 5 4",
		`paused-replicas: four`:     "paused Max Max 5 1",
		`paused-scale-in: "true"`:   "paused in Max Disabled 5 1",
		`paused-scale-out: "true"`:  "paused out Disabled Max 5 1",
		`force-activation: "maybe"`: "forced Max Max 5 1",
	} {
		s := scaled(t, with(annotation))
		b := s.Spec.Behavior
		got := strings.TrimPrefix(drawKEDA(s.KEDA), "30s 5m0s 0s 0 -") + " " + string(*b.ScaleUp.SelectPolicy) + " " + string(*b.ScaleDown.SelectPolicy) + " " +
			asJSON(t, b.ScaleDown.StabilizationWindowSeconds) + " " + asJSON(t, s.Replicas)
		if strings.TrimSpace(got) != want {
			t.Errorf("%s: got %s, want %s", annotation, got, want)
		}
	}
	s := scaled(t, strings.Replace(scaledWith(onQueue), "namespace: shop}", "namespace: shop, annotations: {autoscaling.keda.sh/paused-scale-in: \"\"}}", 1))
	if *s.Spec.Behavior.ScaleDown.SelectPolicy != "Disabled" || *s.Spec.Behavior.ScaleUp.SelectPolicy != "Max" {
		t.Errorf("got %s", asJSON(t, s.Spec.Behavior))
	}
}

func TestScalingsProblems(t *testing.T) {
	got, ps := Scalings(Input{Items: objects(t, jobWith(onQueue)+scaledWith(onQueue)+asking(podsMetric("load")))})
	var order []string
	for _, s := range got {
		order = append(order, s.Place.Object.Kind)
	}
	if diff := cmp.Diff([]string{"HorizontalPodAutoscaler", "ScaledObject"}, order); diff != "" {
		t.Error(diff)
	}
	want := "info: ScaledJob jobs: makes Jobs, which simulations do not know; use a ScaledObject to see its scaling [keda/job]\n"
	if diff := cmp.Diff(want, verdict(ps)); diff != "" {
		t.Error(diff)
	}
	_, ps = Scalings(Input{Items: objects(t, strings.Replace(asking(podsMetric("load")), "maxReplicas: 5", "maxReplicas: five", 1))})
	if len(ps) != 1 || ps[0].ID != model.InputType {
		t.Errorf("got %v", ps)
	}
}

// TestScalingsCost reads large inputs. The work for each API must not depend on their number.
func TestScalingsCost(t *testing.T) {
	for _, f := range fleets {
		if !slices.Contains([]string{"one namespace", "prometheus", "keda", "one target"}, f.name) {
			continue
		}
		each := func(n int) float64 {
			in := f.input(t, n)
			return testing.AllocsPerRun(1, func() { Scalings(in) }) / float64(n)
		}
		if few, many := each(50), each(100); many > 1.05*few {
			t.Errorf("%s: an API takes %.0f allocations among 100, and %.0f among 50", f.name, many, few)
		}
	}
}
