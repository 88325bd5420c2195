package krm

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func testDeployment() *appsv1.Deployment {
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "b", Annotations: map[string]string{"x": "1"}},
		Spec: appsv1.DeploymentSpec{
			MinReadySeconds: 3,
			Selector:        &metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}},
		},
	}
}

func TestItemsOfTypedObjects(t *testing.T) {
	it := NewObject(func() Object { return testDeployment() })
	if diff := cmp.Diff(model.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "b", Name: "a"}, it.Place.Object); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for path, want := range map[[2]string]string{
		{"metadata", "name"}:          `"a"`,
		{"spec", "minReadySeconds"}:   "3",
		{"spec", "selector"}:          `{"matchLabels":{"app":"a"}}`,
		{"spec", "replicas"}:          "",
		{"spec", "paused"}:            "",
		{"spec", "noSuchField"}:       "",
		{"metadata", "annotations"}:   `{"x":"1"}`,
		{"apiVersion", "noMap"}:       "",
		{"metadata", "managedFields"}: "",
	} {
		got := ""
		if n := it.Field(path[0], path[1]); n != nil {
			got = mustText(t, n)
		}
		if got != want {
			t.Errorf("%v is %s, not %s", path, got, want)
		}
	}
	var spec *appsv1.DeploymentSpec
	if !it.Spec(&spec) || spec.MinReadySeconds != 3 {
		t.Errorf("the spec is %v", spec)
	}
	if !it.Has("spec", "minReadySeconds") || it.Has("spec", "replicas") || it.Has("spec", "none") || it.Has("spec", "paused", "x") {
		t.Error("the fields that there are are not those that the item says")
	}
	var other *corev1.ServiceSpec
	if it.Spec(&other) {
		t.Error("a Deployment has the spec of a Service")
	}
	c := it.Clone()
	c.Annotate("y", "2")
	c.Annotate("x", "3")
	if it.Annotations["y"] != "" || it.Annotations["x"] != "1" {
		t.Error("the annotations of the item changed with those of its copy")
	}
	want := "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  namespace: b\n  annotations:\n    x: \"3\"\n    y: \"2\"\n" +
		"spec:\n  selector:\n    matchLabels:\n      app: a\n  template:\n    metadata: {}\n    spec:\n      containers: null\n  minReadySeconds: 3\n"
	if diff := cmp.Diff(want, string(c.Text())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if Text(c.Node(), "metadata", "annotations", "y") != "2" {
		t.Error("the annotation is not in the nodes")
	}
}

func TestItemsOfFilesAreReadAgain(t *testing.T) {
	var p Package
	var ps model.Problems
	p.readText("# top\napiVersion: v1\nkind: ConfigMap # beside\n---\napiVersion: v1\nkind: Secret\nspec: {a: 1}\n", "f.yaml", true, &ps)
	if len(ps) > 0 || len(p.Items) != 2 {
		t.Fatalf("%d items, %v", len(p.Items), ps)
	}
	first, second := p.Items[0], p.Items[1]
	for _, it := range p.Items {
		if _, ok := it.body.(*documentBody); !ok {
			t.Error("nodes are kept")
		}
	}
	if got := mustText(t, second.Field("spec", "a")); got != "1" {
		t.Errorf("the field is %s", got)
	}
	first.Annotate("k", "v")
	if Text(first.Node(), "metadata", "annotations", "k") != "v" || first.Annotations["k"] != "v" {
		t.Error("the annotation is missing")
	}
	want := "# top\napiVersion: v1\nkind: ConfigMap # beside\nmetadata:\n  annotations:\n    k: \"v\"\n"
	if diff := cmp.Diff(want, string(first.Text())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	second.body = &documentBody{text: "]"}
	if _, err := second.AppendTo(nil); err == nil || err.Error() != "f.yaml: Secret cannot be read again: [error: is not valid YAML: did not find expected node content [input/syntax]]" {
		t.Errorf("got error %v", err)
	}
}

func TestParallelCallsOnceForEachNumber(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		var calls atomic.Int64
		got := make([]int, n)
		Parallel(n, func(i int) {
			calls.Add(1)
			got[i] = i + 1
			if i == 0 {
				time.Sleep(2 * oneCore) // Others have to join in.
			}
		})
		if int(calls.Load()) != n || slices.Contains(got, 0) {
			t.Errorf("%d calls for %d numbers", calls.Load(), n)
		}
	}
}
