//go:build unix

package argocd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Annotations that depend on how manifests were generated, not on what they say.
const (
	ownerAnnotation    = "krm-fn.dev/owner"
	trackingAnnotation = "argocd.argoproj.io/tracking-id"
)

// pluginPackage is a package for the plugin: examples/products-privatejet, and the file by which the plugin knows it.
func pluginPackage(t *testing.T) func(dir string) {
	t.Helper()
	return func(dir string) {
		copyTo(t, filepath.Join(dir, "apis"), example(t, "products-privatejet"))
		write(t, filepath.Join(dir, "apis", "krm-fn.yaml"), read(t, example(t, "argocd", "plugin", "krm-fn.yaml")))
	}
}

// kustomization is examples/kustomize-transformer in a directory of a repository.
func kustomization(t *testing.T) func(dir string) {
	t.Helper()
	return func(dir string) { copyTo(t, filepath.Join(dir, "products"), example(t, "kustomize-transformer")) }
}

// changed is an Application of the examples with a text replaced.
func changed(t *testing.T, application, before, after string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "application.yaml")
	write(t, file, read(t, application))
	edit(t, file, before, after)
	return file
}

// kinds counts the kinds of manifests.
func kinds(objects []object) map[string]int {
	count := map[string]int{}
	for _, o := range objects {
		kind, _ := o["kind"].(string)
		count[kind]++
	}
	return count
}

// ofInputs are the kinds of objects in examples/products-privatejet.
var ofInputs = map[string]int{"API": 1, "ConfigMap": 3, "TargetEndpoint": 1}

// TestRendered asks a repo server for the manifests that the workflow commits. It runs nothing for them, not even an existing
// plugin.
func TestRendered(t *testing.T) {
	t.Parallel()
	plugins, log := sidecar(t, asIs)
	url, _ := apis(t, true)
	r := install(t, plugins).mustGenerate(t, example(t, "argocd", "rendered", "application.yaml"), url)
	want := byNameWithout(t, rendered(t, example(t, "products-privatejet")), ownerAnnotation)
	if diff := cmp.Diff(want, byNameWithout(t, r.objects(t), ownerAnnotation, trackingAnnotation)); diff != "" {
		t.Errorf("manifests (-krm-fn render +Argo CD):\n%s", diff)
	}
	if n := calls(t, log, "[a-zA-Z]+"); r.SourceType != "Directory" || r.Commands != nil || n != 0 {
		t.Errorf("%s, commands %v, %d calls of the plugin", r.SourceType, r.Commands, n)
	}
}

// TestPlugin asks a repo server with the plugin's sidecar for manifests.
func TestPlugin(t *testing.T) {
	t.Parallel()
	plugins, log := sidecar(t, asIs)
	argo := install(t, plugins)
	application := example(t, "argocd", "plugin", "application.yaml")
	const byName, byDiscovery = "    plugin:\n      name: krm-fn\n", "    plugin: {}\n"

	t.Run("gives what krm-fn render prints", func(t *testing.T) {
		fill := func(dir string) {
			pluginPackage(t)(dir)
			write(t, filepath.Join(dir, "apis", "other.yaml"), "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: other\n")
		}
		dir := t.TempDir()
		fill(dir)
		want := byNameWithout(t, rendered(t, filepath.Join(dir, "apis")))
		if len(want) != 10 {
			t.Fatalf("krm-fn renders %d manifests, not 10", len(want))
		}
		url := repository(t, fill)
		for way, file := range map[string]string{
			"the plugin's name":   application,
			"discovery":           changed(t, application, byName, byDiscovery),
			"no plugin mentioned": changed(t, application, byName, ""),
		} {
			r := argo.mustGenerate(t, file, url)
			if r.SourceType != "Plugin" {
				t.Errorf("%s: Argo CD treats the package as %s", way, r.SourceType)
			}
			if diff := cmp.Diff(want, byNameWithout(t, r.objects(t), trackingAnnotation)); diff != "" {
				t.Errorf("%s: manifests (-krm-fn render +Argo CD):\n%s", way, diff)
			}
		}
	})

	t.Run("shows problems of a package", func(t *testing.T) {
		url := repository(t, func(dir string) {
			pluginPackage(t)(dir)
			edit(t, filepath.Join(dir, "apis", "backend.yaml"), "maxReplicas: 6", "maxReplica: 6")
			edit(t, filepath.Join(dir, "apis", "api.yaml"), "- products-api-swagger", "- product-api-swagger")
		})
		_, message := argo.generate(t, application, url)
		want := "rpc error: code = Unknown desc = error generating manifests: `krm-fn render .` failed exit status 1: " +
			"error: api.yaml:13:7: API shop/products-api: spec.definition.swaggerConfigmapNames[0]: the input has no " +
			"ConfigMap \"product-api-swagger\" in namespace shop; did you mean \"products-api-swagger\"? [input/reference]\n" +
			"error: backend.yaml:19:5: TargetEndpoint shop/products-privatejet: spec.deploy.maxReplica: unknown field \"maxReplica\"; " +
			"did you mean \"maxReplicas\"? [input/field]"
		if diff := cmp.Diff("CMP processing failed for application \"products\": error generating manifests in cmp: "+want, message); diff != "" {
			t.Errorf("message (-want +got):\n%s", diff)
		}
	})

	t.Run("leaves other repositories alone", func(t *testing.T) {
		for name, tt := range map[string]struct {
			fill       func(dir string)
			sourceType string
		}{
			"manifests": {func(dir string) {
				write(t, filepath.Join(dir, "apis", "manifests.yaml"), read(t, example(t, "broken-chain", "manifests.yaml")))
			}, "Directory"},
			"a package without krm-fn.yaml": {func(dir string) { copyTo(t, filepath.Join(dir, "apis"), example(t, "products-privatejet")) }, "Directory"},
			"krm-fn.yaml of another folder": {func(dir string) {
				copyTo(t, filepath.Join(dir, "apis"), example(t, "products-privatejet"))
				write(t, filepath.Join(dir, "apis", "below", "krm-fn.yaml"), "kind: RenderAPIs\n")
				write(t, filepath.Join(dir, "krm-fn.yaml"), "kind: RenderAPIs\n")
			}, "Directory"},
			"a kustomization": {func(dir string) {
				write(t, filepath.Join(dir, "apis", "manifests.yaml"), read(t, example(t, "broken-chain", "manifests.yaml")))
				write(t, filepath.Join(dir, "apis", "kustomization.yaml"), "resources: [manifests.yaml]\n")
			}, "Kustomize"},
		} {
			url := repository(t, tt.fill)
			for _, source := range []string{byDiscovery, byName} {
				_, message := argo.generate(t, changed(t, application, byName, source), url)
				want := "could not find plugin supporting the given repository"
				if source == byName {
					want = "could not find cmp-server plugin with name \"krm-fn\" supporting the given repository"
				}
				if message != "CMP processing failed for application \"products\": "+want {
					t.Errorf("%s, with%s: %s", name, source, message)
				}
			}
			r := argo.mustGenerate(t, changed(t, application, byName, ""), url)
			if r.SourceType != tt.sourceType {
				t.Errorf("%s, without a plugin: Argo CD treats it as %s, not %s", name, r.SourceType, tt.sourceType)
			}
		}
	})

	t.Run("is asked again for the same commit by a hard refresh only", func(t *testing.T) {
		url := repository(t, pluginPackage(t))
		before := calls(t, log, "GenerateManifest")
		refreshed := argo
		refreshed.hardRefresh = true
		for i, tt := range []struct {
			argo installation
			want int
		}{{argo, 1}, {argo, 1}, {refreshed, 2}} {
			tt.argo.mustGenerate(t, application, url)
			if n := calls(t, log, "GenerateManifest") - before; n != tt.want {
				t.Errorf("after request %d it has been asked %d times, not %d", i, n, tt.want)
			}
		}
	})

	t.Run("reads no file outside of the package", func(t *testing.T) {
		url := repository(t, func(dir string) {
			pluginPackage(t)(dir)
			write(t, filepath.Join(dir, "swagger.yaml"), read(t, example(t, "kustomize-generator", "swagger.yaml")))
			write(t, filepath.Join(dir, "apis", "krm-fn.yaml"), read(t, filepath.Join(dir, "apis", "krm-fn.yaml"))+
				"  apis:\n  - name: other\n    namespace: shop\n    image: other:v1\n    swaggerFiles:\n    - ../swagger.yaml\n")
		})
		_, message := argo.generate(t, application, url)
		const want = "error: krm-fn.yaml:13:7: RenderAPIs render-apis: spec.apis[0].swaggerFiles[0]: cannot read ../swagger.yaml: " +
			"it is outside the package [input/file]"
		if !strings.HasSuffix(message, want) {
			t.Errorf("the message does not end with %s: %s", want, message)
		}
	})
}

// TestPluginAway shows why the examples name the plugin: without a name, Argo CD treats the inputs as manifests when no
// sidecar answers, and would delete what was rendered.
func TestPluginAway(t *testing.T) {
	t.Parallel()
	argo := install(t, shortTempDir(t))
	application := example(t, "argocd", "plugin", "application.yaml")
	url := repository(t, pluginPackage(t))
	_, message := argo.generate(t, application, url)
	const want = "CMP processing failed for application \"products\": could not find cmp-server plugin with name \"krm-fn\" supporting the given repository"
	if message != want {
		t.Errorf("with the plugin's name: %s", message)
	}
	r := argo.mustGenerate(t, changed(t, application, "    plugin:\n      name: krm-fn\n", ""), url)
	inputs := kinds(r.objects(t))
	delete(inputs, "RenderAPIs")
	if diff := cmp.Diff(ofInputs, inputs); r.SourceType != "Directory" || diff != "" {
		t.Errorf("without a name: %s (-inputs +got):\n%s", r.SourceType, diff)
	}
}

// TestBuildOptions asks a repo server with krm-fn on its PATH and the build options of the example for manifests.
func TestBuildOptions(t *testing.T) {
	t.Parallel()
	argo := install(t, shortTempDir(t))
	application := example(t, "argocd", "build-options", "application.yaml")
	url := repository(t, kustomization(t))

	t.Run("neither flag", func(t *testing.T) {
		_, message := argo.generate(t, application, url)
		const want = "`kustomize build <path to cached source>/products` failed exit status 1: " +
			"Error: external plugins disabled; unable to load external plugin 'RenderAPIs'"
		if message != want {
			t.Errorf("message: %s", message)
		}
	})

	argocdCM := example(t, "argocd", "build-options", "argocd-cm.yaml")
	t.Run("plugins alone", func(t *testing.T) {
		one := argo
		one.argocdCM = changed(t, argocdCM, "kustomize.buildOptions: --enable-alpha-plugins --enable-exec", "kustomize.buildOptions: --enable-alpha-plugins")
		r := one.mustGenerate(t, application, url)
		if diff := cmp.Diff(ofInputs, kinds(r.objects(t))); r.SourceType != "Kustomize" || diff != "" {
			t.Errorf("%s (-inputs +got):\n%s", r.SourceType, diff)
		}
	})

	argo.argocdCM = argocdCM
	t.Run("from the cache, despite new flags", func(t *testing.T) {
		r := argo.mustGenerate(t, application, url)
		if diff := cmp.Diff(ofInputs, kinds(r.objects(t))); diff != "" {
			t.Errorf("(-inputs +got):\n%s", diff)
		}
	})

	argo.hardRefresh = true
	t.Run("gives what krm-fn render prints", func(t *testing.T) {
		want := byNameWithout(t, rendered(t, example(t, "products-privatejet")), ownerAnnotation)
		r := argo.mustGenerate(t, application, url)
		if diff := cmp.Diff(want, byNameWithout(t, r.objects(t), ownerAnnotation, trackingAnnotation)); diff != "" {
			t.Errorf("manifests (-krm-fn render +Argo CD):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"kustomize build ./products --enable-alpha-plugins --enable-exec"}, r.Commands); diff != "" {
			t.Errorf("commands (-want +got):\n%s", diff)
		}
	})

	t.Run("shows problems of a package", func(t *testing.T) {
		broken := repository(t, func(dir string) {
			kustomization(t)(dir)
			edit(t, filepath.Join(dir, "products", "backend.yaml"), "maxReplicas: 6", "maxReplica: 6")
		})
		_, message := argo.generate(t, application, broken)
		const want = "`kustomize build <path to cached source>/products --enable-alpha-plugins --enable-exec` failed exit status 1: " +
			"error: standard input:57:7: TargetEndpoint shop/products-privatejet: spec.deploy.maxReplica: unknown field \"maxReplica\"; " +
			"did you mean \"maxReplicas\"? [input/field]\nError: couldn't execute function: exit status 1"
		if diff := cmp.Diff(want, message); diff != "" {
			t.Errorf("message (-want +got):\n%s", diff)
		}
	})

	// This is what the page warns of. The program can read what the repo server hides from repositories: its password of the cache,
	// and the files of the others.
	t.Run("run any program", func(t *testing.T) {
		hostile := repository(t, func(dir string) {
			write(t, filepath.Join(dir, "products", "kustomization.yaml"), "generators: [generator.yaml]\n")
			write(t, filepath.Join(dir, "products", "generator.yaml"), strings.Join([]string{
				"apiVersion: example.com/v1", "kind: Any", "metadata:", "  name: any", "  annotations:",
				"    config.kubernetes.io/function: 'exec: {path: ./program.sh}'", "",
			}, "\n"))
			program := filepath.Join(dir, "products", "program.sh")
			write(t, program, "#!/bin/sh\nset -e\nstore=$TMPDIR/_argocd-repo\nchmod u+rwx $store $store/*\n"+
				"image=$(sed -n 's/^  image: //p' $store/*/products/api.yaml | head -n 1)\ncat <<END\n"+
				"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"+
				"- {apiVersion: v1, kind: ConfigMap, metadata: {name: found}, data: {password: \"$REDIS_PASSWORD\", image: \"$image\"}}\nEND\n")
			if err := os.Chmod(program, 0o755); err != nil {
				t.Fatal(err)
			}
		})
		objects := argo.mustGenerate(t, application, hostile).objects(t)
		want := map[string]any{"password": "secret-of-redis", "image": "registry.example.com/shop/products-api:v1"}
		if len(objects) != 1 || !cmp.Equal(objects[0].at("data"), any(want)) {
			t.Errorf("the program of the repository has not found %v: %v", want, objects)
		}
	})
}
