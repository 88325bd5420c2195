package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// release is what Helm gives to a post-renderer.
func release(t *testing.T) string {
	t.Helper()
	return "---\n# Source: shop/templates/orders.yaml\n" + read(t, filepath.Join("examples", "existing-workload", "orders.yaml")) +
		"---\n# Source: shop/templates/hpa.yaml\n" + strings.Replace(read(t, filepath.Join("examples", "existing-workload", "hpa.yaml")),
		"  annotations:\n    krm-fn.dev/chain: rendered\n", "", 1)
}

// TestPostRender adds the monitor, and leaves everything else as it is, byte for byte.
func TestPostRender(t *testing.T) {
	values := filepath.Join(t.TempDir(), "values.yaml")
	in := release(t)
	for _, text := range []string{in, strings.TrimSuffix(in, "\n")} {
		got := run(t, ".", text, "post-render", "--all-scalers", "--adapter-values", values)
		added, ok := strings.CutPrefix(got.stdout, in)
		if got.code != exitOK || got.stderr != "" || !ok {
			t.Fatalf("got %v", got)
		}
		golden(t, filepath.Join(testdata, "post-render", "added.yaml"), added)
	}
	got := run(t, ".", in, "post-render", "--all-scalers")
	const want = "info: the adapter needs rules for http_requests_total_per_second, which are not a part of the release; write them with " +
		"--adapter-values FILE, and give them to the release of the adapter [adapter/config]\n"
	if got.code != exitOK || got.stderr != want {
		t.Errorf("without --adapter-values: %v", got)
	}
	if got := run(t, ".", in, "post-render"); got.stdout != in || !strings.Contains(got.stderr, "nothing is rendered") {
		t.Errorf("without --all-scalers: %v", got)
	}
	if got := run(t, ".", "", "post-render"); got.code != exitOK || got.stdout != "" {
		t.Errorf("nothing: %v", got)
	}
}

// TestPostRenderReplaces renders an API, a configuration file, and the rules of an adapter that is a part of the release. The inputs
// must not reach a cluster.
func TestPostRenderReplaces(t *testing.T) {
	dir := writeFiles(t, map[string]string{"config.yaml": "apiVersion: krm-fn.dev/v1alpha1\nkind: RenderAPIs\nmetadata: {name: all}\nspec: {scalers: all}\n"})
	const (
		adapter = "---\n# Source: adapter\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: adapter-config\n  namespace: custom-metrics\n" +
			"data:\n  config.yaml: |\n    # mine\n    rules: []\n"
		last = "---\n# Source: last\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n"
	)
	in := release(t) + "---\n" + apiItem + "---\n" + swaggerConfigMap + "---\n" + hpaConfigs + adapter + last
	got := run(t, ".", in, "post-render", "--config", filepath.Join(dir, "config.yaml"))
	added, ok := strings.CutPrefix(got.stdout, release(t)+last+"---\n")
	if got.code != exitOK || !ok {
		t.Fatalf("got %v", got)
	}
	for _, want := range []string{"kind: Deployment\n", "kind: ServiceMonitor\n", "# mine\n", "as: http_requests_total_per_second\n"} {
		if !strings.Contains(added, want) {
			t.Errorf("no %q in\n%s", want, added)
		}
	}
	if strings.Contains(got.stdout, "wso2.com/v1alpha1\n") || strings.Contains(got.stderr, "not a part of the release") {
		t.Errorf("got %v", got)
	}
}

func TestPostRenderErrors(t *testing.T) {
	list := "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: shop}\n- apiVersion: wso2.com/v1alpha1\n" +
		"  kind: TargetEndpoint\n  metadata: {name: orders, namespace: shop}\n  spec:\n    applicationProtocol: http\n" +
		"    ports: [{name: http, port: 80, targetPort: 8080}]\n"
	for name, tc := range map[string]struct{ in, want string }{
		"no YAML":         {"a: [\n", "is not valid YAML"},
		"no object":       {"a: b\n", "is not a Kubernetes resource"},
		"broken chain":    {strings.Replace(release(t), "name: metrics\n          containerPort: 9100", "name: admin\n          containerPort: 9100", 1), "set the annotation krm-fn.dev/metrics-port to one of http, admin"},
		"a configuration": {configYAML, "is a configuration in standard input, whose files are unknown; use --config FILE"},
		"a List":          {list, "is in a document with other objects"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, ".", tc.in, "post-render", "--all-scalers")
			if got.code != exitProblems || got.stdout != "" || !strings.Contains(got.stderr, tc.want) {
				t.Errorf("got %v", got)
			}
		})
	}
}

// TestRenderReadsAStream renders what Helm prints.
func TestRenderReadsAStream(t *testing.T) {
	got := run(t, ".", release(t), "render", "--all-scalers", "-")
	if got.code != exitOK || got.stderr != "" || !strings.Contains(got.stdout, "kind: ServiceMonitor\n") || strings.Contains(got.stdout, "kind: Deployment\n") {
		t.Errorf("got %v", got)
	}
	broken := run(t, ".", strings.Replace(release(t), "name: http_requests_total_per_second", "name: http-requests", 1), "render", "--all-scalers", "-")
	if broken.code != exitProblems || !strings.HasPrefix(broken.stderr, "error: -:") {
		t.Errorf("got %v", broken)
	}
}
