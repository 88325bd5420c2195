package check

import (
	"strings"
	"testing"

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

func TestInputDuplicateNamesTheOtherFile(t *testing.T) {
	items := itemsOf(t, hpaWeb+hpaWeb)
	items[0].Place.File, items[1].Place.File = "a.yaml", "b.yaml"
	w, _ := newWorld(Input{Items: items})
	var ps model.Problems
	inputDuplicate(w, &ps)
	const want = "error: b.yaml: HorizontalPodAutoscaler web: is in the input twice, also in a.yaml; " +
		"only the last one remains in the cluster; remove or rename one of them [input/duplicate]"
	if len(ps) != 1 || ps[0].String() != want {
		t.Errorf("problems %v, want %s", ps, want)
	}
}
