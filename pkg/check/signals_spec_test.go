package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
			if len(s.Sources) != len(s.Spec.Metrics) || s.Workload != nil {
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
				`"Requests":null,"Limits":null}`,
		},
		"all": {
			workload(deployment, "", "resources: {limits: {cpu: 2}}, "+
				"initContainers: [{name: i, image: i}, {name: s, image: s, restartPolicy: Always}], containers: [{name: a, image: a, "+
				"resources: {requests: {cpu: 100m}, limits: {cpu: 1, memory: 1Gi}}, startupProbe: {periodSeconds: 2, failureThreshold: 30, timeoutSeconds: 3, successThreshold: 1}}]"),
			`{"Containers":[{"Name":"a","Requests":{"cpu":"100m","memory":"1Gi"},"Limits":{"cpu":"1","memory":"1Gi"},"Readiness":null,"Startup":{"timeoutSeconds":3,"periodSeconds":2,"successThreshold":1,"failureThreshold":30}},` +
				`{"Name":"s","Requests":null,"Limits":null,"Readiness":null,"Startup":null}],` +
				`"Requests":{"cpu":"2"},"Limits":{"cpu":"2"}}`,
		},
		"a LimitRange": {
			workload(deployment, "", "containers: [{name: a, image: a, resources: {requests: {cpu: 1}}}]") +
				"---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: shop}\nspec: {limits: [{type: Pod, max: {cpu: 8}}, " +
				"{type: Container, defaultRequest: {memory: 1Gi}, default: {memory: 2Gi}, max: {cpu: 4}, min: {ephemeral-storage: 1Gi}}]}\n",
			`{"Containers":[{"Name":"a","Requests":{"cpu":"1","ephemeral-storage":"1Gi","memory":"1Gi"},"Limits":{"cpu":"4","memory":"2Gi"},"Readiness":null,"Startup":null}],` +
				`"Requests":null,"Limits":null}`,
		},
		"hostile numbers": {
			workload(deployment, "", "containers: [{name: a, image: a, resources: {requests: {cpu: -1, memory: 9223372036854775807Ei}}}]"),
			`{"Containers":[{"Name":"a","Requests":{"cpu":"-1","memory":"9223372036854775807"},"Limits":null,"Readiness":null,"Startup":null}],` +
				`"Requests":null,"Limits":null}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := scaled(t, hpa+c.text)
			if diff := cmp.Diff(c.want, asJSON(t, s.Workload)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("another kind", func(t *testing.T) {
		text := strings.Replace(hpa, "apiVersion: apps/v1, kind: Deployment", "apiVersion: example.com/v1, kind: Fleet", 1)
		s := scaled(t, text+workload("example.com/v1\nkind: Fleet", "", "containers: [{name: a, image: a}]"))
		if s.Workload == nil {
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
		if s := scaled(t, list); s.Workload == nil {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("no containers", func(t *testing.T) {
		if s := scaled(t, hpa+workload(deployment, "", "")); s.Workload != nil {
			t.Errorf("got %+v", s)
		}
	})
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
	want := "info: ScaledJob jobs: makes Jobs, so it is not simulated; only HorizontalPodAutoscalers and ScaledObjects are [keda/job]\n"
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
