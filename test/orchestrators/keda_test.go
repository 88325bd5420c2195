package orchestrators

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// TestKEDANamesInAnOuterKustomization renames a rendered package with the configuration of docs/keda.md, and without it.
func TestKEDANamesInAnOuterKustomization(t *testing.T) {
	t.Parallel()
	rendered := run(t, tools.Root(t), krmFn(t), "render", filepath.Join("examples", "products-keda"))
	if rendered.code != 0 {
		t.Fatal(rendered.stderr)
	}
	for configuration, want := range map[string]string{"": "products", "configurations: [keda.yaml]\n": "out-products"} {
		dir := t.TempDir()
		write(t, dir, map[string]string{
			"base/all.yaml": rendered.stdout, "base/kustomization.yaml": "resources: [all.yaml]\n",
			"keda.yaml":          readPage(t, "keda.md").blocks["yaml keda.yaml"],
			"kustomization.yaml": "namePrefix: out-\nresources: [base]\n" + configuration,
		})
		built := kustomizeBuild(t, dir, ".")
		if _, scaler, ok := strings.Cut(built.stdout, "kind: ScaledObject\n"); !ok || built.code != 0 ||
			!strings.Contains(scaler, "scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: "+want+"\n") {
			t.Errorf("with %q, the target is not %s: exit code %d\n%s%s", configuration, want, built.code, scaler, built.stderr)
		}
	}
}
