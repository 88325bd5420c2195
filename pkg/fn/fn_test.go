package fn_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/krm-fn/krm-fn/pkg/fn"
)

const (
	settings = `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings # of the team
data:
  color: 'blue'
`
	backend = `# The service behind the API.
apiVersion: wso2.com/v1alpha1
kind: TargetEndpoint
metadata:
  name: products
  namespace: shop
  labels: {app: products} # in flow style
spec:
  applicationProtocol: http
  ports:
  - {name: http, port: 80, targetPort: 8080}
  deploy:
    name: products
    dockerImage: registry.example.com/shop/products:1.0.0
  mode: privateJet
  # The end.
`
)

func TestProcessKeepsWhatItDoesNotChange(t *testing.T) {
	earlier := &framework.Result{Message: "of a function before", Severity: framework.Warning}
	rl := &framework.ResourceList{
		Items:   []*kyaml.RNode{kyaml.MustParse(settings), kyaml.MustParse(backend)},
		Results: framework.Results{earlier},
	}
	foreign, input := rl.Items[0], rl.Items[1]
	before := kyaml.MustParse(backend).MustString()
	if err := (fn.Processor{}).Process(rl); err != nil {
		t.Fatal(err)
	}
	if rl.Items[0] != foreign {
		t.Error("the node of a foreign item was replaced")
	}
	if diff := cmp.Diff(settings, foreign.MustString()); diff != "" {
		t.Errorf("foreign item (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, input.MustString()); diff != "" {
		t.Errorf("the node of the input changed (-want +got):\n%s", diff)
	}
	marked := strings.Replace(before, "metadata:\n", "metadata:\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\n", 1)
	if diff := cmp.Diff(marked, rl.Items[1].MustString()); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
	if got, want := kinds(rl.Items), "ConfigMap TargetEndpoint Deployment Service HorizontalPodAutoscaler"; got != want {
		t.Errorf("items are %s, want %s", got, want)
	}
	if len(rl.Results) != 2 || rl.Results[0] != earlier || rl.Results[1].Severity != framework.Info {
		t.Errorf("results are %v", rl.Results)
	}
}

// TestProcessNodesOfPrograms gives the processor what programs make: nodes without tags, and one node in two places.
func TestProcessNodesOfPrograms(t *testing.T) {
	port := kyaml.NewMapRNode(&map[string]string{"name": "http"})
	for _, key := range []string{"port", "targetPort"} {
		number := kyaml.NewScalarRNode("8080")
		number.YNode().Tag = kyaml.NodeTagInt
		if err := port.PipeE(kyaml.SetField(key, number)); err != nil {
			t.Fatal(err)
		}
	}
	labels := kyaml.NewMapRNode(&map[string]string{"team": "shop"})
	it := kyaml.MustParse(backend)
	for _, field := range []string{"labels", "annotations"} {
		if err := it.PipeE(kyaml.Get("metadata"), kyaml.SetField(field, labels)); err != nil {
			t.Fatal(err)
		}
	}
	if err := it.PipeE(kyaml.Lookup("spec"), kyaml.SetField("ports", kyaml.NewListRNode())); err != nil {
		t.Fatal(err)
	}
	if err := it.PipeE(kyaml.Lookup("spec", "ports"), kyaml.Append(port.YNode())); err != nil {
		t.Fatal(err)
	}
	rl := &framework.ResourceList{Items: []*kyaml.RNode{it}}
	if err := (fn.Processor{}).Process(rl); err != nil {
		t.Fatal(err)
	}
	service := rl.Items[2].MustString()
	if want := "    port: 8080\n"; rl.Items[2].GetKind() != "Service" || !strings.Contains(service, want) {
		t.Errorf("there is no %q in\n%s", want, service)
	}
	if got := it.GetAnnotations(); len(got) != 1 {
		t.Errorf("annotations of the input became %v", got)
	}
}

func TestProcessReadsFilesBelowDir(t *testing.T) {
	config := kyaml.MustParse("apiVersion: krm-fn.dev/v1alpha1\nkind: RenderAPIs\nmetadata: {name: render}\nspec: {resourceFiles: [backend.yaml]}\n")
	for dir, want := range map[string]string{
		testdata + "/render-apis-swagger-files": "",
		"": "[error] krm-fn.dev/v1alpha1/RenderAPIs/render spec.resourceFiles[0]: " +
			"cannot read backend.yaml: no such file or directory [input/file]",
	} {
		rl := &framework.ResourceList{FunctionConfig: config}
		got := ""
		if err := (fn.Processor{Dir: dir}).Process(rl); err != nil {
			got, _, _ = strings.Cut(err.Error(), "\n")
		}
		if got != want {
			t.Errorf("in %q, the error is\n%s\nwant\n%s", dir, got, want)
		}
	}
}

func kinds(items []*kyaml.RNode) string {
	var all []string
	for _, it := range items {
		all = append(all, it.GetKind())
	}
	return strings.Join(all, " ")
}
