package orchestrators

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// function lets a kustomization call krm-fn.
const function = `apiVersion: krm-fn.dev/v1alpha1
kind: RenderAPIs
metadata:
  name: NAME
  annotations:
    config.kubernetes.io/function: |
      exec:
        path: krm-fn
`

func functionNamed(name string) string { return strings.Replace(function, "NAME", name, 1) }

// layered returns a directory with the example kustomize-transformer and an outer kustomization, and what the example renders.
func layered(t *testing.T, outer map[string]string) (dir string, inner []object) {
	t.Helper()
	dir = filepath.Dir(example(t, "kustomize-transformer"))
	for name, text := range outer {
		write(t, filepath.Join(dir, "outer"), map[string]string{name: text})
	}
	return dir, mustBuild(t, dir, "kustomize-transformer")
}

// patchOfBackend is a change that an outer kustomization can make to a rendered Deployment.
const patchOfBackend = `patches:
- target: {kind: Deployment, name: products-privatejet}
  patch: |-
    - op: replace
      path: /spec/template/spec/containers/0/resources/limits/memory
      value: 1Gi
images:
- name: registry.example.com/shop/products-api
  newTag: v2
`

// patched are manifests with the changes of patchOfBackend.
func patched(t *testing.T, objects []object) map[string]any {
	t.Helper()
	var want []object
	for _, o := range objects {
		text := string(o.text)
		if o.Kind == "Deployment" && o.Metadata.Name == "products-privatejet" {
			text = strings.Replace(text, `"memory":"512Mi"`, `"memory":"1Gi"`, 1)
		}
		if o.Kind == "Deployment" && o.Metadata.Name == "products-api" {
			text = strings.Replace(text, "/products-api:v1", "/products-api:v2", 1)
		}
		o.text = []byte(text)
		want = append(want, o)
	}
	return contents(t, want)
}

// TestOuterPatchesOfManifests checks that an outer kustomization can change what an inner one has rendered, whether or not it
// calls krm-fn for its own objects: nothing is rendered twice, nothing is lost.
func TestOuterPatchesOfManifests(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		outer map[string]string
	}{
		{"without a function", map[string]string{"kustomization.yaml": "resources: [../kustomize-transformer]\n" + patchOfBackend}},
		{"with a function of the same name", map[string]string{
			"kustomization.yaml": "resources: [../kustomize-transformer]\ntransformers: [render.yaml]\n" + patchOfBackend,
			"render.yaml":        functionNamed("render-apis"),
		}},
		{"with a function of another name", map[string]string{
			"kustomization.yaml": "resources: [../kustomize-transformer]\ntransformers: [render.yaml]\n" + patchOfBackend,
			"render.yaml":        functionNamed("render-outer"),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, inner := layered(t, tt.outer)
			got := mustBuild(t, dir, "outer")
			if diff := cmp.Diff(patched(t, inner), contents(t, got)); diff != "" {
				t.Errorf("manifests (-inner with the patches +outer):\n%s", diff)
			}
			sound(t, got)
		})
	}
}

// another is a second API for the kustomizations that have the products already: a gateway in front of the same backend.
const another = `apiVersion: wso2.com/v1alpha1
kind: API
metadata:
  name: offers-api
  namespace: shop
spec:
  image: registry.example.com/shop/offers-api:v1
  definition:
    swaggerConfigmapNames: [offers-swagger]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: offers-swagger
  namespace: shop
data:
  swagger.yaml: |
    openapi: 3.0.3
    info: {title: Offers, version: v1}
    x-wso2-basePath: /offers/{version}
    x-wso2-production-endpoints:
      urls: [products-privatejet]
    paths:
      /offers:
        get:
          responses:
            "200": {description: All offers}
---
apiVersion: wso2.com/v1alpha1
kind: TargetEndpoint
metadata:
  name: offers
  namespace: shop
spec:
  applicationProtocol: http
  ports:
  - {name: http, port: 80, targetPort: 8080}
  deploy:
    dockerImage: registry.example.com/shop/offers:1.0.0
`

// TestOuterFunctionRendersItsOwn checks that the function of an outer kustomization renders the APIs and backends that are new
// there by the configuration that the inner one has, and that they can refer to its backends.
func TestOuterFunctionRendersItsOwn(t *testing.T) {
	t.Parallel()
	dir, inner := layered(t, map[string]string{
		"kustomization.yaml": "resources: [../kustomize-transformer, offers.yaml]\ntransformers: [render.yaml]\n" + patchOfBackend,
		"render.yaml":        functionNamed("render-apis"),
		"offers.yaml":        another,
	})
	got := mustBuild(t, dir, "outer")
	all := contents(t, got)
	for name, want := range patched(t, inner) {
		if diff := cmp.Diff(want, all[name]); diff != "" {
			t.Errorf("%s (-inner with the patches +outer):\n%s", name, diff)
		}
		delete(all, name)
	}
	var added []object
	for _, o := range got {
		if all[o.String()] != nil {
			added = append(added, o)
		}
	}
	want := []string{
		"Deployment shop/offers", "Deployment shop/offers-api",
		"HorizontalPodAutoscaler shop/offers", "HorizontalPodAutoscaler shop/offers-api",
		"Service shop/offers", "Service shop/offers-api", "Service shop/offers-api-metrics",
		"ServiceMonitor shop/offers", "ServiceMonitor shop/offers-api",
	}
	if diff := cmp.Diff(want, names(added)); diff != "" {
		t.Errorf("manifests that are new (-want +got):\n%s", diff)
	}
	sound(t, got)
}

// patchOfAPI changes the least number of gateways.
const patchOfAPI = "patches:\n- target: {kind: API}\n  patch: |-\n    - {op: replace, path: /spec/replicas, value: 3}\n"

// TestOuterChangeOfAnInput checks that a change that comes too late to have an effect is not lost silently.
func TestOuterChangeOfAnInput(t *testing.T) {
	t.Parallel()
	dir, _ := layered(t, map[string]string{
		"kustomization.yaml": "resources: [../kustomize-transformer]\ntransformers: [render.yaml]\n" + patchOfAPI,
		"render.yaml":        functionNamed("render-apis"),
	})
	o := kustomizeBuild(t, dir, "outer")
	want := "API shop/products-api: was changed after an inner kustomization rendered it; move the transformer to the kustomization " +
		"that changes it [input/rendered]\n"
	if o.code != 1 || !strings.Contains(o.stderr, want) {
		t.Errorf("exit code %d\n%s\nwant 1 and\n%s", o.code, o.stderr, want)
	}
}

// TestOuterRenaming shows what goes wrong if manifests are renamed and the adapter is not.
func TestOuterRenaming(t *testing.T) {
	t.Parallel()
	dir, _ := layered(t, map[string]string{"kustomization.yaml": "resources: [../kustomize-transformer]\nnamePrefix: out-\n"})
	want := []string{
		"ConfigMap custom-metrics/out-adapter-config: it has the rules of an adapter, and no adapter reads it",
		"Deployment shop/out-products-api: endpoint http://products-privatejet.shop:80: there is no such Service and port",
	}
	if diff := cmp.Diff(want, breaks(t, mustBuild(t, dir, "outer"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPatchOfAnInput checks that a patch in the kustomization that renders changes what is rendered from.
func TestPatchOfAnInput(t *testing.T) {
	t.Parallel()
	dir := example(t, "kustomize-transformer")
	want := kustomizeBuild(t, dir, ".").stdout
	before, after, _ := strings.Cut(want, "  minReplicas: 1\n")
	want = before + "  minReplicas: 3\n" + after
	appendTo(t, filepath.Join(dir, "kustomization.yaml"), patchOfAPI)
	if diff := cmp.Diff(want, kustomizeBuild(t, dir, ".").stdout); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTwoFunctionsInOneKustomization checks that a second function finds nothing left to do.
func TestTwoFunctionsInOneKustomization(t *testing.T) {
	t.Parallel()
	for _, second := range []string{"render-apis-2", "a-first-name"} {
		t.Run(second, func(t *testing.T) {
			t.Parallel()
			dir := example(t, "kustomize-transformer")
			want := contents(t, mustBuild(t, dir, "."))
			appendTo(t, filepath.Join(dir, "kustomization.yaml"), "- second.yaml\n")
			write(t, dir, map[string]string{"second.yaml": functionNamed(second)})
			if diff := cmp.Diff(want, contents(t, mustBuild(t, dir, "."))); diff != "" {
				t.Errorf("manifests (-one function +two):\n%s", diff)
			}
		})
	}
}

// TestGeneratorAndTransformer checks a kustomization that generates one API from files and renders another one from resources.
func TestGeneratorAndTransformer(t *testing.T) {
	t.Parallel()
	dir := example(t, "kustomize-generator")
	want := mustBuild(t, dir, ".")
	backend := strings.ReplaceAll(another[strings.LastIndex(another, "---\n"):], "offers", "stock")
	appendTo(t, filepath.Join(dir, "kustomization.yaml"), "resources: [stock.yaml]\ntransformers: [render.yaml]\n")
	write(t, dir, map[string]string{"stock.yaml": backend, "render.yaml": functionNamed("render-stock")})
	got := mustBuild(t, dir, ".")
	sound(t, got)
	all := contents(t, got)
	for name, fields := range contents(t, want) {
		if diff := cmp.Diff(fields, all[name]); diff != "" {
			t.Errorf("%s (-only a generator +with a transformer):\n%s", name, diff)
		}
	}
	added := append(names(want), "Deployment shop/stock", "HorizontalPodAutoscaler shop/stock", "Service shop/stock")
	if diff := cmp.Diff(sortedLines(strings.Join(added, "\n")+"\n"), strings.Join(names(got), "\n")+"\n"); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

// TestTwoBases checks what docs/kustomize.md says about bases of several teams: the function is called once, above them, because
// the rules of the adapter are one object.
func TestTwoBases(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(example(t, "kustomize-transformer"))
	inventory := tree(t, example(t, "inventory-sidecar"))
	write(t, filepath.Join(dir, "inventory"), inventory)
	write(t, dir, map[string]string{
		"inventory/kustomization.yaml": "resources:\n- " + strings.ReplaceAll(strings.TrimSpace(paths(inventory)), "\n", "\n- ") + "\n",
		"top/kustomization.yaml":       "resources: [../kustomize-transformer, ../inventory]\n",
		"top/render.yaml":              functionNamed("render-apis"),
		"inventory/render.yaml":        functionNamed("render-apis"),
	})
	appendTo(t, filepath.Join(dir, "inventory", "kustomization.yaml"), "transformers: [render.yaml]\n")
	want := append(names(mustBuild(t, dir, "kustomize-transformer")), names(mustBuild(t, dir, "inventory"))...)

	const conflict = "may not add resource with an already registered id: ConfigMap.v1.[noGrp]/adapter-config.custom-metrics"
	if o := kustomizeBuild(t, dir, "top"); o.code != 1 || !strings.Contains(o.stderr, conflict) {
		t.Errorf("a function in each base: exit code %d\n%s", o.code, o.stderr)
	}

	edit(t, filepath.Join(dir, "kustomize-transformer", "kustomization.yaml"), "transformers:\n- render-apis.yaml\n", "")
	edit(t, filepath.Join(dir, "inventory", "kustomization.yaml"), "transformers: [render.yaml]\n", "")
	appendTo(t, filepath.Join(dir, "top", "kustomization.yaml"), "transformers: [render.yaml]\n")
	got := mustBuild(t, dir, "top")
	slices.Sort(want)
	if diff := cmp.Diff(slices.Compact(want), names(got)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	sound(t, got)
}
