package argocd

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// comparison is an object in git next to the one in the cluster.
type comparison struct {
	Target object `json:"target"`
	Live   object `json:"live"`
}

// outOfSync lists the objects that Argo CD shows as OutOfSync, with what it would change.
func outOfSync(t *testing.T, application string, comparisons []comparison) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argoCD(t), "compare", "--application", application)
	cmd.Stdin = bytes.NewReader(encode(t, comparisons))
	var verdicts []struct {
		OutOfSync       bool
		Live, Predicted json.RawMessage
	}
	if err := json.Unmarshal([]byte(must(t, cmd)), &verdicts); err != nil {
		t.Fatal(err)
	}
	if len(verdicts) != len(comparisons) {
		t.Fatalf("%d verdicts on %d objects", len(verdicts), len(comparisons))
	}
	var names []string
	for i, v := range verdicts {
		if !v.OutOfSync {
			continue
		}
		names = append(names, comparisons[i].Target.name())
		t.Logf("%s:\nlive      %s\npredicted %s", comparisons[i].Target.name(), v.Live, v.Predicted)
	}
	slices.Sort(names)
	return names
}

// stored returns objects as an API server keeps them. Versions of Kubernetes differ in how they store HorizontalPodAutoscalers.
func stored(t *testing.T, objects []object, autoscaling string) []object {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argoCD(t), "stored", "--autoscaling", autoscaling)
	cmd.Stdin = bytes.NewReader(encode(t, objects))
	var kept []object
	if err := json.Unmarshal([]byte(must(t, cmd)), &kept); err != nil {
		t.Fatal(err)
	}
	return kept
}

// set sets a field.
func (o object) set(value any, path ...string) {
	m := map[string]any(o)
	for _, field := range path[:len(path)-1] {
		next, ok := m[field].(map[string]any)
		if !ok {
			next = map[string]any{}
			m[field] = next
		}
		m = next
	}
	m[path[len(path)-1]] = value
}

// inCluster returns each object next to what it becomes in a cluster: the API server has stored it, controllers have done
// their part, and the autoscaler has scaled every Deployment to four replicas. Argo CD applies either by kubectl's way, which
// notes the manifest in an annotation, or on the server, which does not.
func inCluster(t *testing.T, objects []object, autoscaling string, noted bool) []comparison {
	t.Helper()
	all := make([]comparison, len(objects))
	for i, live := range stored(t, objects, autoscaling) {
		target := objects[i]
		if noted {
			live.set(string(encode(t, target)), "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
		}
		live.set("11111111-2222-3333-4444-555555555555", "metadata", "uid")
		live.set("1", "metadata", "resourceVersion")
		live.set("2026-01-01T00:00:00Z", "metadata", "creationTimestamp")
		switch live["kind"] {
		case "Deployment":
			live.set(4, "spec", "replicas")
			live.set("2", "metadata", "annotations", "deployment.kubernetes.io/revision")
			live.set(map[string]any{"replicas": 4, "readyReplicas": 4, "observedGeneration": 7}, "status")
		case "HorizontalPodAutoscaler":
			live.set(map[string]any{
				"currentReplicas": 4, "desiredReplicas": 4, "lastScaleTime": "2026-01-02T00:00:00Z",
				"conditions": []any{map[string]any{"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"}},
				"currentMetrics": []any{map[string]any{"type": "Resource", "resource": map[string]any{
					"name": "cpu", "current": map[string]any{"averageUtilization": 61, "averageValue": "610m"},
				}}},
			}, "status")
		case "Service":
			live.set("10.96.0.10", "spec", "clusterIP")
			live.set([]any{"10.96.0.10"}, "spec", "clusterIPs")
			live.set([]any{"IPv4"}, "spec", "ipFamilies")
			live.set("SingleStack", "spec", "ipFamilyPolicy")
			if target.at("spec", "clusterIP") == "None" {
				live.set("None", "spec", "clusterIP")
				live.set([]any{"None"}, "spec", "clusterIPs")
			}
		}
		all[i] = comparison{target, live}
	}
	return all
}

// ofKind returns the objects of a kind.
func ofKind(objects []object, kind string) []object {
	return slices.DeleteFunc(slices.Clone(objects), func(o object) bool { return o["kind"] != kind })
}

// TestRenderedStaysInSync scales what the examples render.
func TestRenderedStaysInSync(t *testing.T) {
	t.Parallel()
	application := example(t, "argocd", "rendered", "application.yaml")
	for _, name := range []string{"products-privatejet", "inventory-sidecar", "petstore-shared", "store-operations"} {
		objects := rendered(t, example(t, name))
		if len(ofKind(objects, "Deployment")) == 0 || len(ofKind(objects, "HorizontalPodAutoscaler")) == 0 {
			t.Fatalf("%s renders nothing to scale", name)
		}
		for _, noted := range []bool{true, false} {
			if names := outOfSync(t, application, inCluster(t, objects, "v2", noted)); names != nil {
				t.Errorf("%s, manifests noted: %v: OutOfSync: %v", name, noted, names)
			}
		}
	}
}

// TestChangesAreOutOfSync checks that the comparison sees what differs.
func TestChangesAreOutOfSync(t *testing.T) {
	t.Parallel()
	change := map[any]func(live object){
		"Deployment": func(live object) {
			live.at("spec", "template", "spec", "containers").([]any)[0].(map[string]any)["image"] = "registry.example.com/other:v1"
		},
		"HorizontalPodAutoscaler": func(live object) { live.set(99, "spec", "maxReplicas") },
		"Service":                 func(live object) { live.at("spec", "ports").([]any)[0].(map[string]any)["port"] = 99 },
		"ServiceMonitor":          func(live object) { live.set("other", "spec", "selector", "matchLabels", "krm-fn.dev/metrics") },
		"ConfigMap":               func(live object) { live.set("rules: []", "data", "config.yaml") },
	}
	comparisons := inCluster(t, rendered(t, example(t, "products-privatejet")), "v2", true)
	var want []string
	for _, c := range comparisons {
		change[c.Target["kind"]](c.Live)
		want = append(want, c.Target.name())
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, outOfSync(t, example(t, "argocd", "rendered", "application.yaml"), comparisons)); diff != "" {
		t.Errorf("OutOfSync (-want +got):\n%s", diff)
	}
}

// TestReplicasDrift checks that replicas in a manifest next to a HorizontalPodAutoscaler are drift, and what the page says against
// it.
func TestReplicasDrift(t *testing.T) {
	t.Parallel()
	objects := ofKind(rendered(t, example(t, "products-privatejet")), "Deployment")
	for _, o := range objects {
		o.set(1, "spec", "replicas")
	}
	application := example(t, "argocd", "rendered", "application.yaml")
	const want = "Deployment shop/products-api, Deployment shop/products-privatejet"
	for _, noted := range []bool{true, false} {
		comparisons := inCluster(t, objects, "v2", noted)
		if names := strings.Join(outOfSync(t, application, comparisons), ", "); names != want {
			t.Errorf("OutOfSync: %s, want %s", names, want)
		}
		if names := outOfSync(t, ignoringReplicas(t), comparisons); names != nil {
			t.Errorf("with ignoreDifferences: OutOfSync: %v", names)
		}
	}
}

// ignoringReplicas is the Application of the example with what the page says about replicas.
func ignoringReplicas(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "application.yaml")
	write(t, file, read(t, example(t, "argocd", "rendered", "application.yaml")))
	ignore, options, found := strings.Cut(readPage(t).blocks["yaml keep replicas"], "  syncPolicy:\n")
	if !found {
		t.Fatal("the page has no syncPolicy next to ignoreDifferences")
	}
	edit(t, file, "  syncPolicy:\n", ignore+"  syncPolicy:\n"+options)
	return file
}

// TestOrderOfMetrics checks that metrics are rendered in the order in which the API server returns them. Before Kubernetes 1.27
// it moves cpu to the end.
func TestOrderOfMetrics(t *testing.T) {
	t.Parallel()
	application := example(t, "argocd", "rendered", "application.yaml")
	hpas := func(kubernetesVersion string) []object {
		dir := filepath.Join(t.TempDir(), "apis")
		copyTo(t, dir, example(t, "products-privatejet"))
		write(t, filepath.Join(dir, "krm-fn.yaml"), strings.Replace(read(t, example(t, "argocd", "plugin", "krm-fn.yaml")), `"1.31"`, `"`+kubernetesVersion+`"`, 1))
		found := ofKind(parse(t, must(t, exec.CommandContext(t.Context(), tools.KrmFn(t), "render", dir))), "HorizontalPodAutoscaler")
		if len(found) != 2 || len(found[0].at("spec", "metrics").([]any)) != 2 {
			t.Fatalf("not two HorizontalPodAutoscalers with two metrics: %v", found)
		}
		return found
	}
	for _, tt := range []struct {
		rendersFor, stores string
		outOfSync          int
	}{
		{"1.31", "v2", 0},
		{"1.26", "v1", 0},
		{"1.31", "v1", 2},
	} {
		if names := outOfSync(t, application, inCluster(t, hpas(tt.rendersFor), tt.stores, true)); len(names) != tt.outOfSync {
			t.Errorf("rendered for %s, stored as %s: OutOfSync: %v, want %d", tt.rendersFor, tt.stores, names, tt.outOfSync)
		}
	}
}
