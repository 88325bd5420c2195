package orchestrators

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree returns the texts of all files below dir by their slash-separated paths.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// renderedIn returns the objects in files that krm-fn has rendered and that go into a cluster.
func renderedIn(t *testing.T, files map[string]string) []object {
	t.Helper()
	var objects []object
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(name) != ".yaml" {
			continue
		}
		for _, o := range parse(t, files[name]) {
			if o.Metadata.Annotations[ownerAnnotation] != "" && o.Metadata.Annotations["config.kubernetes.io/local-config"] != "true" {
				objects = append(objects, o)
			}
		}
	}
	return objects
}

// only returns the part of files that keep selects.
func only(files map[string]string, keep func(name string) bool) map[string]string {
	some := maps.Clone(files)
	maps.DeleteFunc(some, func(name, _ string) bool { return !keep(name) })
	return some
}

func isRendered(name string) bool { return strings.Contains("/"+name, "/rendered/") }

// paths lists files in order, one a line.
func paths(files map[string]string) string {
	return strings.Join(slices.Sorted(maps.Keys(files)), "\n") + "\n"
}

// These are the files that krm-fn adds to examples/kpt.
const (
	filesOfAdapter = "rendered/configmap_custom-metrics_adapter-config.yaml\n"
	filesOfAPI     = `rendered/deployment_shop_products-api.yaml
rendered/horizontalpodautoscaler_shop_products-api.yaml
rendered/service_shop_products-api-metrics.yaml
rendered/service_shop_products-api.yaml
rendered/servicemonitor_shop_products-api.yaml
`
	filesOfBackend = `rendered/deployment_shop_products-privatejet.yaml
rendered/horizontalpodautoscaler_shop_products-privatejet.yaml
rendered/service_shop_products-privatejet.yaml
rendered/servicemonitor_shop_products-privatejet.yaml
`
)

// foreign is a user file that is not for krm-fn. kpt itself indents with two spaces and keeps comments.
const foreign = `# Who may be disturbed by whom.
apiVersion: policy/v1
kind: PodDisruptionBudget # one at a time
metadata:
  name: products-api
  namespace: shop
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app: "products-api"} # the gateway
`

// kptPackage is a copy of examples/kpt with another file, rendered once.
func kptPackage(t *testing.T) string {
	t.Helper()
	dir := example(t, "kpt")
	write(t, dir, map[string]string{"budget.yaml": foreign})
	mustRender(t, dir)
	return dir
}

func TestKptFirstRender(t *testing.T) {
	t.Parallel()
	dir := example(t, "kpt")
	write(t, dir, map[string]string{"budget.yaml": foreign})
	before := tree(t, dir)
	mustRender(t, dir)
	after := tree(t, dir)

	if diff := cmp.Diff(sortedLines(filesOfAdapter+filesOfAPI+filesOfBackend), paths(only(after, isRendered))); diff != "" {
		t.Errorf("new files (-want +got):\n%s", diff)
	}
	for name, text := range before {
		want := text
		if name != "Kptfile" && name != "budget.yaml" {
			want = markedLocal(t, text)
		}
		if diff := cmp.Diff(want, after[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// markedLocal is an input as kpt keeps it: byte for byte as it was, with one more annotation. None of the examples' inputs
// has annotations.
func markedLocal(t *testing.T, text string) string {
	t.Helper()
	before, after, found := strings.Cut(text, "\nspec:\n")
	separator := "\nspec:\n"
	if !found {
		before, after, found = strings.Cut(text, "\ndata:\n")
		separator = "\ndata:\n"
	}
	if !found {
		t.Fatalf("neither spec nor data in:\n%s", text)
	}
	return before + "\n  annotations:\n    config.kubernetes.io/local-config: \"true\"" + separator + after
}

func sortedLines(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestKptSecondRenderChangesNothing(t *testing.T) {
	t.Parallel()
	dir := kptPackage(t)
	before := tree(t, dir)
	mustRender(t, dir)
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("files (-first +second render):\n%s", diff)
	}
}

func TestKptRemovesWhatIsNoLongerRendered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		removed []string
		left    string
	}{
		{"the API and its document", []string{"api.yaml", "swagger.yaml"}, filesOfAdapter + filesOfBackend},
		{"the API alone", []string{"api.yaml"}, filesOfAdapter + filesOfBackend},
		{"everything that is rendered from", []string{"api.yaml", "swagger.yaml", "backend.yaml"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			after := afterRemoval(t, kptPackage, tt.removed...)
			if diff := cmp.Diff(sortedLines(tt.left), strings.TrimPrefix(paths(only(after, isRendered)), "\n")); diff != "" {
				t.Errorf("rendered files (-want +got):\n%s", diff)
			}
		})
	}
}

// afterRemoval returns the files of a package that was rendered, lost inputs and was rendered again. All that is rendered must be
// as in a package that never had them.
func afterRemoval(t *testing.T, rendered func(*testing.T) string, removed ...string) map[string]string {
	t.Helper()
	dir, never := rendered(t), rendered(t)
	for name := range only(tree(t, never), isRendered) {
		remove(t, never, name)
	}
	for _, name := range removed {
		remove(t, dir, name)
		remove(t, never, name)
	}
	mustRender(t, dir)
	mustRender(t, never)
	after := tree(t, dir)
	if diff := cmp.Diff(tree(t, never), after); diff != "" {
		t.Errorf("files (-of a package that never had the inputs +got):\n%s", diff)
	}
	return after
}

// TestKptRendersChanges checks that a change of an input reaches the manifests, in the file where the user has put them and in
// no other.
func TestKptRendersChanges(t *testing.T) {
	t.Parallel()
	dir := kptPackage(t)
	const before, after = "rendered/deployment_shop_products-api.yaml", "gateway/run.yaml"
	write(t, dir, map[string]string{after: tree(t, dir)[before]})
	remove(t, dir, before)
	edit(t, filepath.Join(dir, "api.yaml"), "products-api:v1", "products-api:v2")
	want := tree(t, dir)
	want[after] = strings.Replace(want[after], "products-api:v1", "products-api:v2", 1)
	mustRender(t, dir)
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestKptRestoresWhatUsersChange checks that a manifest is rendered again after a user has edited or deleted it.
func TestKptRestoresWhatUsersChange(t *testing.T) {
	t.Parallel()
	dir := kptPackage(t)
	want := tree(t, dir)
	edit(t, filepath.Join(dir, "rendered", "horizontalpodautoscaler_shop_products-api.yaml"), "maxReplicas: 5", "maxReplicas: 50")
	remove(t, dir, "rendered/service_shop_products-api.yaml")
	mustRender(t, dir)
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestKptMutatorAfterTheFunction checks that another function can change what is rendered, render after render.
func TestKptMutatorAfterTheFunction(t *testing.T) {
	t.Parallel()
	dir := example(t, "kpt")
	edit(t, filepath.Join(dir, "Kptfile"), "    configPath: render-apis.yaml\n", "    configPath: render-apis.yaml\n  - exec: sed s/mgw$/gateway/\n")
	for range 2 {
		mustRender(t, dir)
		deployment := read(t, filepath.Join(dir, "rendered", "deployment_shop_products-api.yaml"))
		if !strings.Contains(deployment, "      - name: gateway\n") {
			t.Errorf("not changed:\n%s", deployment)
		}
	}
}

func TestKptShowsProblemsAndWritesNothing(t *testing.T) {
	t.Parallel()
	dir := kptPackage(t)
	edit(t, filepath.Join(dir, "backend.yaml"), "maxReplicas: 6", "maxReplica: 6")
	edit(t, filepath.Join(dir, "api.yaml"), "- products-api-swagger", "- product-api-swagger")
	before := tree(t, dir)
	o := kptRender(t, dir)
	if o.code != 1 {
		t.Errorf("exit code %d, want 1", o.code)
	}
	for _, want := range []string{
		`error: backend.yaml (standard input:`,
		`[error] wso2.com/v1alpha1/API/shop/products-api spec.definition.swaggerConfigmapNames[0]: the input has no ` +
			`ConfigMap "product-api-swagger" in namespace shop; did you mean "products-api-swagger"? [input/reference]`,
		`[error] wso2.com/v1alpha1/TargetEndpoint/shop/products-privatejet spec.deploy.maxReplica: unknown field "maxReplica"; ` +
			`did you mean "maxReplicas"? [input/field]`,
		`): TargetEndpoint shop/products-privatejet: spec.deploy.maxReplica: unknown field "maxReplica"; ` +
			`did you mean "maxReplicas"? [input/field]`,
	} {
		if !strings.Contains(o.stderr, want) {
			t.Errorf("standard error does not show\n%s\nbut\n%s", want, o.stderr)
		}
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("files changed in spite of errors (-before +after):\n%s", diff)
	}
}
