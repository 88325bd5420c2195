//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
	"github.com/krm-fn/krm-fn/test/tools"
)

// TestGatewayAPI creates the routes of all golden cases on a real API server with the CRDs of the Gateway API, whose rules it
// evaluates. The objects that it returns have no field that is not rendered, so no program sees a difference later.
func TestGatewayAPI(t *testing.T) {
	c := start(t)
	kubectl(t, c, "", "apply", "--server-side", "-f", filepath.Join(gatewayModule(t), "config", "crd", "standard"))
	kubectl(t, c, "", "wait", "--for=condition=Established", "--timeout=5m", "crd", "httproutes.gateway.networking.k8s.io",
		"referencegrants.gateway.networking.k8s.io")
	routes, all := 0, gatewayObjects(t)
	var route *unstructured.Unstructured
	namespaces := map[string]bool{"default": true}
	for _, o := range all {
		namespace := o.GetNamespace()
		if namespace == "" {
			namespace = "default"
		}
		if !namespaces[namespace] {
			kubectl(t, c, "", "create", "namespace", namespace)
			namespaces[namespace] = true
		}
		got, err := createGatewayObject(t, c, o, namespace)
		if err != nil {
			t.Errorf("%s %s: %v", o.GetKind(), o.GetName(), err)
			continue
		}
		if diff := cmp.Diff(o.Object["spec"], got.Object["spec"]); diff != "" {
			t.Errorf("%s %s: the API server changes the spec (-rendered +stored):\n%s", o.GetKind(), o.GetName(), diff)
		}
		if o.GetKind() == "HTTPRoute" {
			routes, route = routes+1, o
		}
	}
	if routes == 0 {
		t.Fatal("no golden case has an HTTPRoute")
	}
	refuses(t, c, route)
	proved = fmt.Sprintf("an API server with the CRDs of the Gateway API accepts %d HTTPRoutes, and %d objects in all, unchanged", routes, len(all))
}

// refuses checks that the API server refuses what breaks a rule of the CRDs, so it evaluates them.
func refuses(t *testing.T, c *cluster.Cluster, route *unstructured.Unstructured) {
	t.Helper()
	for _, broken := range []struct {
		what, message string
		change        func(*gatewayv1.HTTPRouteSpec)
	}{
		{"17 rules", "must have at most 16 items", func(s *gatewayv1.HTTPRouteSpec) {
			for len(s.Rules) < 17 {
				s.Rules = append(s.Rules, s.Rules[0])
			}
		}},
		{"a path with two slashes", "must not contain '//'", func(s *gatewayv1.HTTPRouteSpec) {
			s.Rules[0].Matches[0].Path = &gatewayv1.HTTPPathMatch{Type: new(gatewayv1.PathMatchExact), Value: new("/a//b")}
		}},
		{"a replaced prefix without a prefix", "exactly one PathPrefix match must be specified", func(s *gatewayv1.HTTPRouteSpec) {
			s.Rules[0].Matches[0].Path = &gatewayv1.HTTPPathMatch{Type: new(gatewayv1.PathMatchExact), Value: new("/a")}
			s.Rules[0].Filters = []gatewayv1.HTTPRouteFilter{{
				Type: gatewayv1.HTTPRouteFilterURLRewrite,
				URLRewrite: &gatewayv1.HTTPURLRewriteFilter{Path: &gatewayv1.HTTPPathModifier{
					Type: gatewayv1.PrefixMatchHTTPPathModifier, ReplacePrefixMatch: new("/"),
				}},
			}}
		}},
	} {
		var typed gatewayv1.HTTPRoute
		text, err := yaml.Marshal(route.Object)
		if err == nil {
			err = yaml.UnmarshalStrict(text, &typed)
		}
		if err != nil {
			t.Fatal(err)
		}
		broken.change(&typed.Spec)
		typed.Name = "broken"
		if text, err = yaml.Marshal(map[string]any{
			"apiVersion": typed.APIVersion, "kind": typed.Kind, "metadata": map[string]any{"name": "broken"}, "spec": typed.Spec,
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Kubectl(t.Context(), string(text), "create", "-f", "-"); err == nil || !strings.Contains(err.Error(), broken.message) {
			t.Errorf("%s: the error is %v; it should contain %q", broken.what, err, broken.message)
		}
	}
}

func createGatewayObject(t *testing.T, c *cluster.Cluster, o *unstructured.Unstructured, namespace string) (*unstructured.Unstructured, error) {
	t.Helper()
	text, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.Kubectl(t.Context(), string(text), "apply", "--server-side", "--namespace", namespace, "-f", "-", "-o", "json")
	if err != nil {
		return nil, err
	}
	var got unstructured.Unstructured
	return &got, got.UnmarshalJSON([]byte(out))
}

// gatewayObjects returns the objects of the Gateway API in the golden cases.
func gatewayObjects(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(tools.Root(t), "testdata", "gateway-api*", "output.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	var all []*unstructured.Unstructured
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var list unstructured.UnstructuredList
		if text, err = yaml.YAMLToJSON(text); err == nil {
			err = list.UnmarshalJSON(text)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range list.Items {
			if list.Items[i].GroupVersionKind().Group == gatewayv1.GroupName {
				all = append(all, &list.Items[i])
			}
		}
	}
	return all
}

// gatewayModule returns the directory of the module of the Gateway API. There is no network.
func gatewayModule(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", "{{.Module.Dir}}", "sigs.k8s.io/gateway-api/apis/v1")
	cmd.Dir, cmd.Env = tools.Root(t), append(os.Environ(), "GOPROXY=off")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(cmd.Args, " "), err)
	}
	return strings.TrimSpace(string(out))
}
