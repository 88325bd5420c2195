package hpa

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// FuzzRead checks what holds for any input: no panic, the same result each time, only registered problems, and a policy
// without errors that is accepted again, unchanged, when it is written in the shape of v2.
func FuzzRead(f *testing.F) {
	for _, seed := range [][4]string{
		{"v2", "5", allTypes, "{scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 15}]}, scaleDown: {tolerance: 0.1}}"},
		{"V2beta1 ", "5", allTypesFlat, ""},
		{"", " 2147483648", cpu50, "scaleUp: {policies: []}"},
		{"v2beta2", "five", "- type: Pods\n  pods: {metricName: x, targetAverageValue: 1}", "[]"},
		{"v2beta1", "0", "- {type: Object, object: {target: {type: Value, value: 1}, describedObject: {}, metricName: x}}", "x"},
		{"v2", "", "- &a {type: External, external: {metric: {name: a%b, selector: {matchLabels: {a: }}}, target: 5}}\n- *a\n-\n- x", "{"},
		{"v2", "+1", "[{\"type\": \"Resource\", \"resource\": {\"name\": \"\", \"name\": \"cpu\", \"target\": {\"value\": 1e-2000000000}}}]", "scaleDown: {policies: [~]}"},
		{"v2", "1", "- type: \x00", "\xff"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, version, maximum, metrics, behavior string) {
		data := map[string]string{
			"hpaVersion": version, "mgwMaxReplicas": maximum, "mgwMetrics": metrics, "mgwMetricsV2beta1": metrics,
			"mgwBehavior": behavior,
		}
		p, ps := Read(data, configs)
		again, psAgain := Read(data, configs)
		if diff := cmp.Diff(ps, psAgain); diff != "" {
			t.Fatalf("problems of the first and second run:\n%s", diff)
		}
		for _, problem := range ps {
			known := slices.ContainsFunc(model.Registry, func(e model.Entry) bool {
				return e.ID == problem.ID && slices.Contains(e.Severities, problem.Severity)
			})
			if !known {
				t.Fatalf("not in the registry: %s", problem)
			}
		}
		Render(Target{Scaling: &p.Gateway})
		if ps.HasErrors() {
			return
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Fatalf("policies of the first and second run:\n%s", diff)
		}
		data["hpaVersion"], data["mgwMetrics"], data["mgwBehavior"] = "v2", asJSON(t, p.Gateway.Metrics), asJSON(t, p.Gateway.Behavior)
		second, ps := Read(data, configs)
		if ps.HasErrors() {
			t.Fatalf("%v\nin what was accepted: %s", ps, data["mgwMetrics"])
		}
		p.Gateway.Places, second.Gateway.Places = Places{}, Places{}
		if diff := cmp.Diff(p.Gateway, second.Gateway); diff != "" {
			t.Fatalf("policies of the input and of its rendering:\n%s", diff)
		}
	})
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
