package orchestrators

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/schema"
	"github.com/krm-fn/krm-fn/test/tools"
)

// TestExamplesAreOneScenario checks that the examples differ only in how they call krm-fn: a file that two of
// them have is the same, and the OpenAPI document is that of the ConfigMap.
func TestExamplesAreOneScenario(t *testing.T) {
	examples := filepath.Join(tools.Root(t), "examples")
	original := filepath.Join(examples, "products-privatejet")
	shared := map[string][]string{
		"kustomize-transformer": {"api.yaml", "backend.yaml", "controller-config.yaml", "hpa-configs.yaml"},
		"kustomize-generator":   {"backend.yaml", "controller-config.yaml", "hpa-configs.yaml"},
		"kpt":                   {"api.yaml", "backend.yaml", "controller-config.yaml", "hpa-configs.yaml", "swagger.yaml"},
	}
	_, document, found := strings.Cut(read(t, filepath.Join(original, "swagger.yaml")), "  swagger.yaml: |\n")
	if !found {
		t.Fatal("products-privatejet/swagger.yaml has no key swagger.yaml")
	}
	for example, files := range shared {
		for _, file := range files {
			if diff := cmp.Diff(read(t, filepath.Join(original, file)), read(t, filepath.Join(examples, example, file))); diff != "" {
				t.Errorf("%s of %s (-products-privatejet +%s):\n%s", file, example, example, diff)
			}
		}
		if example == "kpt" {
			continue
		}
		var indented strings.Builder
		for line := range strings.Lines(read(t, filepath.Join(examples, example, "swagger.yaml"))) {
			indented.WriteString("    " + line)
		}
		if diff := cmp.Diff(document, indented.String()); diff != "" {
			t.Errorf("swagger.yaml of %s (-products-privatejet +%s):\n%s", example, example, diff)
		}
	}
}

// TestExamplesRenderTheSame checks that it makes no difference for the manifests how krm-fn is called. What comes out is in
// testdata/products.yaml.
func TestExamplesRenderTheSame(t *testing.T) {
	t.Parallel()
	rendered := run(t, tools.Root(t), krmFn(t), "render", "examples/products-privatejet")
	want := contents(t, parse(t, rendered.stdout))
	ways := map[string]func(t *testing.T) []object{
		"kustomize transformer": func(t *testing.T) []object {
			t.Helper()
			o := kustomizeBuild(t, example(t, "kustomize-transformer"), ".")
			golden(t, "products.yaml", o.stdout)
			return parse(t, o.stdout)
		},
		"kustomize transformer without name hashes": func(t *testing.T) []object {
			t.Helper()
			dir := example(t, "kustomize-transformer")
			appendTo(t, filepath.Join(dir, "kustomization.yaml"), "generatorOptions: {disableNameSuffixHash: true}\n")
			return mustBuild(t, dir, ".")
		},
		"kustomize generator": func(t *testing.T) []object {
			t.Helper()
			o := kustomizeBuild(t, example(t, "kustomize-generator"), ".")
			golden(t, "products.yaml", o.stdout)
			return parse(t, o.stdout)
		},
		"command line with the generator's configuration": func(t *testing.T) []object {
			t.Helper()
			o := run(t, tools.Root(t), krmFn(t), "render", "examples/kustomize-generator")
			if o.code != 0 {
				t.Fatalf("exit code %d\n%s", o.code, o.stderr)
			}
			return parse(t, o.stdout)
		},
		"kpt": func(t *testing.T) []object {
			t.Helper()
			dir := example(t, "kpt")
			mustRender(t, dir)
			return renderedIn(t, tree(t, dir))
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := way(t)
			if diff := cmp.Diff(want, contents(t, objects)); diff != "" {
				t.Errorf("manifests (-krm-fn render +%s):\n%s", name, diff)
			}
			sound(t, objects)
		})
	}
}

// sound validates manifests: they contain nothing for orchestrators, all references resolve, and Kubernetes accepts them.
func sound(t *testing.T, objects []object) {
	t.Helper()
	for _, s := range leftovers(objects) {
		t.Errorf("must not be in the output: %s", s)
	}
	for _, s := range breaks(t, objects) {
		t.Error(s)
	}
	valid(t, objects)
}

// valid checks manifests against the schema of the newest Kubernetes.
func valid(t *testing.T, objects []object) {
	t.Helper()
	var stream strings.Builder
	for _, o := range objects {
		stream.WriteString("---\n" + string(o.text) + "\n")
	}
	violations, err := schema.New(t).Check(schema.Newest, []byte(stream.String()))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Error(v)
	}
}

// TestOtherExamplesInKustomize checks that the examples without a kustomization render the same in one, and valid manifests when it
// renames and labels them.
func TestOtherExamplesInKustomize(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"inventory-sidecar", "petstore-shared", "store-operations"} {
		for _, r := range renamings {
			if r.name != "nothing" && r.name != "all at once" && r.name != "commonLabels app" {
				continue
			}
			t.Run(name+" "+r.name, func(t *testing.T) {
				t.Parallel()
				dir := example(t, name)
				want := contents(t, parse(t, run(t, dir, krmFn(t), "render", ".").stdout))
				var resources strings.Builder
				for _, file := range slices.Sorted(maps.Keys(tree(t, dir))) {
					resources.WriteString("- " + file + "\n")
				}
				fields := "resources:\n" + resources.String() + "transformers: [function.yaml]\n" + strings.ReplaceAll(r.fields, "VALUE", "in")
				write(t, dir, map[string]string{"kustomization.yaml": fields, "function.yaml": functionNamed("render-apis")})
				got := mustBuild(t, dir, ".")
				sound(t, got)
				if r.name == "nothing" {
					if diff := cmp.Diff(want, contents(t, got)); diff != "" {
						t.Errorf("manifests (-krm-fn render +kustomize):\n%s", diff)
					}
				}
			})
		}
	}
}
