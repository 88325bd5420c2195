package orchestrators

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// TestFailures checks that problems end a build, that all of them are shown as one line each, and that no manifest comes out.
func TestFailures(t *testing.T) {
	t.Parallel()
	// kustomize adds this line to what a function prints, with a space at its end after transformers.
	const failed = "Error: couldn't execute function: exit status 1\n"
	for _, tt := range []struct {
		name, example       string
		file, before, after string
		want                string
	}{
		{
			"misspelt field", "kustomize-transformer", "backend.yaml", "maxReplicas: 6", "maxReplica: 6",
			`error: standard input:57:7: TargetEndpoint shop/products-privatejet: spec.deploy.maxReplica: unknown field "maxReplica"; did you mean "maxReplicas"? [input/field]` + "\n",
		},
		{
			"two problems", "kustomize-transformer", "hpa-configs.yaml", `mgwMaxReplicas: "5"`, `mgwMaxReplicas: "0"
  targetEndpointMaxReplica: "5"`,
			`error: standard input:91:5: ConfigMap shop/hpa-configs: data.mgwMaxReplicas: is 0; use a number of at least 1 [hpa/bounds]` + "\n" +
				`error: standard input:106:5: ConfigMap shop/hpa-configs: data.targetEndpointMaxReplica: unknown key "targetEndpointMaxReplica"; did you mean "targetEndpointMaxReplicas"? [input/field]` + "\n",
		},
		{
			"no such backend", "kustomize-transformer", "swagger.yaml", "- products-privatejet", "- products",
			`error: standard input:150:11: ConfigMap shop/products-api-swagger: data["swagger.yaml"].x-wso2-production-endpoints.urls[0]: the input has no TargetEndpoint "products" in namespace shop [input/reference]` + "\n",
		},
		{
			"document in another namespace", "kustomize-transformer", "kustomization.yaml", "namespace: shop\n", "",
			`error: standard input:24:9: API shop/products-api: spec.definition.swaggerConfigmapNames[0]: the input has no ConfigMap "products-api-swagger" in namespace shop; one sets no namespace, add namespace: shop to it [input/reference]` + "\n",
		},
		{
			"no such file", "kustomize-generator", "render-apis.yaml", "- swagger.yaml", "- openapi.yaml",
			"error: standard input:46:9: RenderAPIs render-apis: spec.apis[0].swaggerFiles[0]: cannot read openapi.yaml: no such file or directory [input/file]\n",
		},
		{
			"file outside of the kustomization", "kustomize-generator", "render-apis.yaml", "- swagger.yaml", "- ../swagger.yaml",
			"error: standard input:46:9: RenderAPIs render-apis: spec.apis[0].swaggerFiles[0]: cannot read ../swagger.yaml: it is outside the package [input/file]\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := example(t, tt.example)
			edit(t, filepath.Join(dir, tt.file), tt.before, tt.after)
			o := kustomizeBuild(t, dir, ".")
			if o.code != 1 || o.stdout != "" {
				t.Errorf("exit code %d, standard output %q", o.code, o.stdout)
			}
			if diff := cmp.Diff(tt.want+failed, strings.ReplaceAll(o.stderr, " \n", "\n")); diff != "" {
				t.Errorf("standard error (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRemarksDoNotFail checks that warnings and infos are shown and the manifests come out.
func TestRemarksDoNotFail(t *testing.T) {
	t.Parallel()
	dir := example(t, "kustomize-transformer")
	edit(t, filepath.Join(dir, "kustomization.yaml"), "- hpa-configs.yaml\n", "")
	o := kustomizeBuild(t, dir, ".")
	want := "info: the input has no ConfigMap hpa-configs; the default is at most 5 replicas at 50% CPU [hpa/config]\n"
	if o.code != 0 || o.stderr != want {
		t.Errorf("exit code %d, standard error\n%s\nwant 0 and\n%s", o.code, o.stderr, want)
	}
	sound(t, parse(t, o.stdout))
}

// TestFlagsOfKustomize shows what docs/kustomize.md warns of.
func TestFlagsOfKustomize(t *testing.T) {
	t.Parallel()
	kustomize := tools.Build(t, "kustomize")
	t.Run("without --enable-exec the function is left out in silence", func(t *testing.T) {
		t.Parallel()
		o := run(t, example(t, "kustomize-transformer"), kustomize, "build", "--enable-alpha-plugins", ".")
		if o.code != 0 || o.stderr != "" {
			t.Errorf("exit code %d\n%s", o.code, o.stderr)
		}
		want := []string{"API shop/products-api", "TargetEndpoint shop/products-privatejet"}
		if diff := cmp.Diff(want, leftovers(parse(t, o.stdout))); diff != "" {
			t.Errorf("inputs in the output (-want +got):\n%s", diff)
		}
	})
	t.Run("without --enable-alpha-plugins the build fails", func(t *testing.T) {
		t.Parallel()
		o := run(t, example(t, "kustomize-transformer"), kustomize, "build", "--enable-exec", ".")
		want := outcome{stderr: "Error: external plugins disabled; unable to load external plugin 'RenderAPIs'\n", code: 1}
		if o != want {
			t.Errorf("got %+v, want %+v", o, want)
		}
	})
	t.Run("without krm-fn on the PATH the build fails", func(t *testing.T) {
		t.Parallel()
		dir := example(t, "kustomize-transformer")
		edit(t, filepath.Join(dir, "render-apis.yaml"), "path: krm-fn", "path: krm-fn-not-installed")
		o := kustomizeBuild(t, dir, ".")
		want := outcome{stderr: "Error: couldn't execute function: exec: \"krm-fn-not-installed\": executable file not found in $PATH \n", code: 1}
		if o != want {
			t.Errorf("got %+v, want %+v", o, want)
		}
	})
}
