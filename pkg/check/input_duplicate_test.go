package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestInputDuplicate(t *testing.T) {
	const service, secret = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n", "---\napiVersion: v1\nkind: Secret\nmetadata: {name: web}\n"
	runCases(t, inputDuplicate, []checkCase{
		{name: "none", text: hpaWeb + deploymentWeb + service + secret},
		{name: "scaler, of two versions", want: []string{
			`error: HorizontalPodAutoscaler web: is in the input twice; only the last one remains in the cluster; remove or rename one of them [input/duplicate]`,
		}, text: hpaWeb + hpaWith("v1", "  maxReplicas: 1\n")},
		{name: "workload and Service, thrice", want: []string{
			`error: Deployment web: is in the input twice; only the last one remains in the cluster; remove or rename one of them [input/duplicate]`,
			`error: Service web: is in the input twice; only the last one remains in the cluster; remove or rename one of them [input/duplicate]`,
		}, text: deploymentWeb + service + deploymentWeb + service + service},
		{name: "others", want: []string{
			`warning: Secret web: is in the input twice; only the last one remains in the cluster; remove or rename one of them [input/duplicate]`,
		}, text: secret + secret},
		{name: "in two namespaces", text: service + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: a}\n"},
		{name: "function configurations", text: strings.Repeat("---\napiVersion: krm-fn.dev/v1alpha1\nkind: RenderAPIs\nmetadata: {name: render}\n", 2)},
		{name: "hooks of Helm", text: service + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, annotations: {helm.sh/hook: test}}\n"},
	})
}

// An object in another file is named. Two directories can be for different clusters.
func TestInputDuplicateInFiles(t *testing.T) {
	for _, c := range []struct{ first, second, want string }{
		{"a.yaml", "b.yaml", "error: b.yaml: HorizontalPodAutoscaler web: is in the input twice, also in a.yaml; " +
			"only the last one remains in the cluster; remove or rename one of them [input/duplicate]"},
		{"production/a.yaml", "staging/a.yaml", "info: staging/a.yaml: HorizontalPodAutoscaler web: is in the input twice, " +
			"also in production/a.yaml; if both go to one cluster, only one of them remains [input/duplicate]"},
	} {
		items := itemsOf(t, hpaWeb+hpaWeb)
		items[0].Place.File, items[1].Place.File = c.first, c.second
		w, _ := newWorld(Input{Items: items})
		var ps model.Problems
		inputDuplicate(w, &ps)
		if len(ps) != 1 || ps[0].String() != c.want {
			t.Errorf("problems %v, want %s", ps, c.want)
		}
	}
}

// kubectl sends the last of several equal keys to the API server, so it is the one that counts.
func TestDuplicateKeys(t *testing.T) {
	const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: old}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: a, image: b, resources: {requests: {cpu: 1}}}]}}
  selector: {matchLabels: {app: web}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  maxReplicas: 0
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 2
`
	ps := Run(Input{Items: itemsOf(t, text)})
	var got []string
	for _, p := range ps {
		got = append(got, string(p.Severity)+" "+p.Place.Field+" "+string(p.ID))
	}
	want := []string{
		"warning spec.maxReplicas input/duplicate", "warning spec.selector input/duplicate",
		"warning spec.template.spec.containers[0].image input/duplicate",
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s\n%v", diff, ps)
	}
}
