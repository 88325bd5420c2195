package orchestrators

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var fleetEnvironments = []string{"staging", "production"}

// fleet copies one half of examples/fleet: kustomize or kpt.
func fleet(t *testing.T, half string) string {
	t.Helper()
	return filepath.Join(example(t, "fleet"), half)
}

// clean checks that krm-fn check finds nothing to say about manifests.
func clean(t *testing.T, manifests string) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"manifests.yaml": manifests})
	if o := run(t, dir, krmFn(t), "check", "manifests.yaml"); o.code != 0 || o.stdout != "" || strings.Contains(o.stderr, "broken") {
		t.Errorf("krm-fn check: exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}

// TestFleetInKustomize checks that both environments are valid, and that they differ only in namespaces, images, and replica
// limits: testdata/fleet.txt lists the fields that do, with those of staging first. Its namespaces count as those of production.
func TestFleetInKustomize(t *testing.T) {
	t.Parallel()
	dir := fleet(t, "kustomize")
	var fields [2]map[string]string
	for i, env := range fleetEnvironments {
		o := kustomizeBuild(t, dir, env)
		if o.code != 0 || o.stderr != "" {
			t.Fatalf("%s: exit code %d\n%s", env, o.code, o.stderr)
		}
		clean(t, o.stdout)
		sound(t, parse(t, o.stdout))
		fields[i] = leaves(t, parse(t, strings.ReplaceAll(o.stdout, "-"+env, "-ENV")))
	}
	var text strings.Builder
	all := maps.Clone(fields[0])
	maps.Copy(all, fields[1])
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if a, b := fields[0][name], fields[1][name]; a != b {
			fmt.Fprintf(&text, "%s: %s, %s\n", name, a, b)
		}
	}
	golden(t, "fleet.txt", text.String())
}

// leaves are the values of all fields of manifests.
func leaves(t *testing.T, objects []object) map[string]string {
	t.Helper()
	all := map[string]string{}
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, v := range v {
				walk(name+"."+k, v)
			}
		case []any:
			for i, v := range v {
				walk(fmt.Sprintf("%s[%d]", name, i), v)
			}
		default:
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = string(text)
		}
	}
	for name, v := range contents(t, objects) {
		walk(name+": ", v)
	}
	return all
}

// TestFleetInKpt checks that the packages for kpt render what the kustomizations do, and that a second render changes nothing.
func TestFleetInKpt(t *testing.T) {
	t.Parallel()
	for _, env := range fleetEnvironments {
		t.Run(env, func(t *testing.T) {
			t.Parallel()
			want := contents(t, mustBuild(t, fleet(t, "kustomize"), env))
			dir := filepath.Join(fleet(t, "kpt"), env)
			mustRender(t, dir)
			first := tree(t, dir)
			if diff := cmp.Diff(want, contents(t, renderedIn(t, first))); diff != "" {
				t.Errorf("manifests (-kustomize +kpt):\n%s", diff)
			}
			mustRender(t, dir)
			if diff := cmp.Diff(first, tree(t, dir)); diff != "" {
				t.Errorf("files (-first +second render):\n%s", diff)
			}
		})
	}
}

// newAPI are the files of the API that docs/fleet.md adds to team catalog, by their paths below teams/catalog/base.
func newAPI(p page) map[string]string {
	files := map[string]string{}
	for name, text := range p.blocks {
		if file, ok := strings.CutPrefix(name, "yaml teams/catalog/base/"); ok {
			files[file] = text
		}
	}
	return files
}

// changed are the names of what is in only one of two renderings, or different in them.
func changed[V any](before, after map[string]V) []string {
	all := map[string]bool{}
	for name := range before {
		all[name] = true
	}
	for name := range after {
		all[name] = true
	}
	maps.DeleteFunc(all, func(name string, _ bool) bool {
		a, was := before[name]
		b, is := after[name]
		return was && is && cmp.Equal(a, b)
	})
	return slices.Sorted(maps.Keys(all))
}

// addedInKustomize checks that one more API changes no object but the rules of the adapter.
func addedInKustomize(t *testing.T, p page, block string) {
	t.Helper()
	for _, env := range fleetEnvironments {
		dir := fleet(t, "kustomize")
		before := contents(t, mustBuild(t, dir, env))
		base := filepath.Join(dir, "teams", "catalog", "base")
		files := newAPI(p)
		edit(t, filepath.Join(base, "kustomization.yaml"), "resources:\n- products\n", files["kustomization.yaml"])
		delete(files, "kustomization.yaml")
		write(t, base, files)
		o := kustomizeBuild(t, dir, env)
		clean(t, o.stdout)
		want := strings.ReplaceAll(p.blocks[block], "-production/", "-"+env+"/")
		if diff := cmp.Diff(want, strings.Join(changed(before, contents(t, parse(t, o.stdout))), "\n")+"\n"); diff != "" {
			t.Errorf("%s: objects that changed (-page +got):\n%s", env, diff)
		}
	}
}

// TestFleetInKptGetsAnAPI checks the same for files: only those of the new API, and that of the rules.
func TestFleetInKptGetsAnAPI(t *testing.T) {
	t.Parallel()
	files := newAPI(readPage(t, "fleet.md"))
	document := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: reviews-swagger\ndata:\n  swagger.yaml: |\n"
	for line := range strings.Lines(files["reviews/swagger.yaml"]) {
		document += "    " + line
	}
	dir := filepath.Join(fleet(t, "kpt"), "production")
	mustRender(t, dir)
	before := tree(t, dir)
	inNamespace := func(text string) string {
		return strings.ReplaceAll(text, "metadata:\n", "metadata:\n  namespace: catalog-production\n")
	}
	write(t, filepath.Join(dir, "catalog", "reviews"), map[string]string{
		"api.yaml": inNamespace(files["reviews/api.yaml"]), "swagger.yaml": inNamespace(document),
	})
	mustRender(t, dir)
	got := changed(before, tree(t, dir))
	rest := slices.DeleteFunc(slices.Clone(got), func(name string) bool { return strings.HasPrefix(name, "catalog/reviews/") })
	if diff := cmp.Diff([]string{"rendered/configmap_custom-metrics_adapter-config.yaml"}, rest); diff != "" || len(got) != 12 {
		t.Errorf("%d files changed, among them (-want +got):\n%s", len(got), diff)
	}
}

func fleetBuilds(t *testing.T, p page, block string) {
	t.Helper()
	proved := "6 HorizontalPodAutoscalers, 11 metrics: 11 proved\n"
	if o := shell(t, p, block, fleet(t, "kustomize")); o.stdout != "" || o.stderr != proved+proved {
		t.Errorf("%s%s", o.stdout, o.stderr)
	}
}

// layout checks that every directory and file of a drawing exists.
func layout(half string) func(t *testing.T, p page, block string) {
	return func(t *testing.T, p page, block string) {
		t.Helper()
		dir, parent := fleet(t, half), ""
		for line := range strings.Lines(p.blocks[block]) {
			name := strings.Fields(line)[0]
			if strings.HasPrefix(line, " ") {
				name = parent + name
			} else {
				parent = name
			}
			if matches, err := filepath.Glob(filepath.Join(dir, name)); err != nil || len(matches) != 1 {
				t.Errorf("%s is not there", name)
			}
		}
	}
}

// oneCluster checks both environments in one cluster, and what there is to decide with team checkout.
func oneCluster(t *testing.T, p page, block string) {
	t.Helper()
	dir := fleet(t, "kustomize")
	file := filepath.Join(dir, "cluster", "kustomization.yaml")
	write(t, dir, map[string]string{"cluster/kustomization.yaml": p.blocks["yaml cluster/kustomization.yaml"]})
	o := kustomizeBuild(t, dir, "cluster")
	if o.code != 0 {
		t.Fatalf("exit code %d\n%s", o.code, o.stderr)
	}
	clean(t, o.stdout)
	sound(t, parse(t, o.stdout))
	edit(t, file, "- ../teams/warehouse/production\n", "- ../teams/warehouse/production\n- ../teams/checkout/production\n- ../teams/checkout/staging\n")
	if o := kustomizeBuild(t, dir, "cluster"); o.code != 1 || !strings.Contains(o.stderr, p.blocks[block]) {
		t.Errorf("exit code %d\n%s", o.code, o.stderr)
	}
}

func fleetRenders(t *testing.T, p page, block string) {
	t.Helper()
	dir := fleet(t, "kpt")
	shell(t, p, "sh kpt", dir)
	files := tree(t, filepath.Join(dir, "production"))
	for name := range strings.Lines(p.blocks[block]) {
		if files[strings.TrimSuffix(name, "\n")] == "" {
			t.Errorf("there is no %s", name)
		}
	}
}
