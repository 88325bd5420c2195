package orchestrators

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// monitored is the functionConfig of a package; release shows which options were used.
const monitored = `apiVersion: krm-fn.dev/v1alpha1
kind: RenderAPIs
metadata:
  name: render-apis
spec:
  metrics:
    monitorLabels:
      release: RELEASE
`

// releases are the monitor labels of all ServiceMonitors in files.
func releases(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, o := range renderedIn(t, files) {
		if o.Kind == "ServiceMonitor" {
			all[o.ref().String()] = o.Metadata.Labels["release"]
		}
	}
	return all
}

// packages is a package that calls krm-fn, with one that does so, too, and one that does not, inside it. The functions of
// both have the same name, as in packages that are copies of each other.
func packages(t *testing.T) string {
	t.Helper()
	dir := filepath.Dir(example(t, "kpt"))
	inventory := filepath.Join(tools.Root(t), "examples", "inventory-sidecar")
	if err := os.CopyFS(filepath.Join(dir, "inventory"), os.DirFS(inventory)); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{
		"Kptfile":              read(t, filepath.Join(dir, "kpt", "Kptfile")),
		"render-apis.yaml":     strings.Replace(monitored, "RELEASE", "parent", 1),
		"kpt/render-apis.yaml": strings.Replace(monitored, "RELEASE", "products", 1),
		"inventory/Kptfile":    "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: inventory\n",
	})
	return dir
}

// TestKptSubPackages checks that every package is rendered once: by its own function if it has one, otherwise by the function of
// the package around it.
func TestKptSubPackages(t *testing.T) {
	t.Parallel()
	dir := packages(t)
	mustRender(t, dir)
	first := tree(t, dir)
	want := map[string]string{
		"shop/products-api": "products", "shop/products-privatejet": "products", "warehouse/inventory-api": "parent",
	}
	if diff := cmp.Diff(want, releases(t, first)); diff != "" {
		t.Errorf("whose options the ServiceMonitors have (-want +got):\n%s", diff)
	}
	files := filesOfAdapter + prefixed("kpt/", filesOfAdapter+filesOfAPI+filesOfBackend) + prefixed("inventory/rendered/", `deployment_warehouse_inventory-api.yaml
horizontalpodautoscaler_warehouse_inventory-api.yaml
service_warehouse_inventory-api-metrics.yaml
service_warehouse_inventory-api.yaml
servicemonitor_warehouse_inventory-api.yaml
`)
	if diff := cmp.Diff(sortedLines(files), paths(only(first, isRendered))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	sound(t, renderedIn(t, first))
	contents(t, renderedIn(t, first)) // fails if the adapter rules appear more than once

	mustRender(t, dir)
	if diff := cmp.Diff(first, tree(t, dir)); diff != "" {
		t.Errorf("files (-first +second render):\n%s", diff)
	}
}

// TestKptSubPackageLosesAnAPI checks that only the manifests of removed inputs disappear, regardless of their package.
func TestKptSubPackageLosesAnAPI(t *testing.T) {
	t.Parallel()
	for _, removed := range []string{"kpt/api.yaml", "inventory/api.yaml"} {
		t.Run(removed, func(t *testing.T) {
			t.Parallel()
			afterRemoval(t, func(t *testing.T) string {
				t.Helper()
				dir := packages(t)
				mustRender(t, dir)
				return dir
			}, removed)
		})
	}
}

func prefixed(prefix, lines string) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		b.WriteString(prefix + line)
	}
	return b.String()
}

// TestKptSubPackageInShortForm checks functions that are configured in the Kptfile: kpt uses the same name for all of them, and
// no place. The parent does not know the API of the package inside it, and must leave its manifests alone.
func TestKptSubPackageInShortForm(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(example(t, "kustomize-generator"))
	sub := filepath.Join(dir, "kustomize-generator")
	for _, name := range []string{"kustomization.yaml", "render-apis.yaml"} {
		remove(t, sub, name)
	}
	const kptfile = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: shop\npipeline:\n  mutators:\n  - exec: krm-fn\n    configMap:\n"
	write(t, dir, map[string]string{
		"Kptfile":                        kptfile + "      scrapeInterval: 30s\n",
		"kustomize-generator/.krmignore": "swagger.yaml\n",
		"kustomize-generator/Kptfile": kptfile + `      name: products-api
      namespace: shop
      image: registry.example.com/shop/products-api:v1
      swaggerFiles: swagger.yaml
`,
	})
	mustRender(t, dir)
	first := tree(t, dir)
	if diff := cmp.Diff(sortedLines(filesOfAdapter+prefixed("kustomize-generator/", filesOfAdapter+filesOfAPI+filesOfBackend)), paths(only(first, isRendered))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for name, text := range only(first, isRendered) {
		if strings.Contains(text, "interval: 30s") {
			t.Errorf("%s has an option of the parent", name)
		}
	}
	mustRender(t, dir)
	if diff := cmp.Diff(first, tree(t, dir)); diff != "" {
		t.Errorf("files (-first +second render):\n%s", diff)
	}
}
