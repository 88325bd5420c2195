package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// configYAML is a RenderAPIs with one API in short.
const configYAML = `apiVersion: krm-fn.dev/v1alpha1
kind: RenderAPIs
metadata:
  name: render
spec:
  apis:
  - name: products-api
    namespace: shop
    image: registry.example.com/shop/products-api:v1
    swaggerFiles: [swagger.yaml]
`

const swaggerConfigMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: products-api-swagger
  namespace: shop
data:
  swagger.yaml: |
    openapi: 3.0.3
    info: {title: Products, version: v1}
    x-wso2-production-endpoints: https://products.example.com
    paths:
      /products:
        get:
          responses:
            "200": {description: All products}
`

const hpaConfigs = `apiVersion: v1
kind: ConfigMap
metadata:
  name: hpa-configs
  namespace: shop
data:
  hpaVersion: v2
  mgwMaxReplicas: "5"
  mgwMetrics: |
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
  targetEndpointMaxReplicas: "5"
  targetEndpointMetrics: |
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
`

const wantFiles = "deployment_shop_products-api.yaml horizontalpodautoscaler_shop_products-api.yaml service_shop_products-api.yaml"

func TestRenderIntoAFolder(t *testing.T) {
	in := writeFiles(t, map[string]string{"api.yaml": apiItem, "swagger.yaml": swaggerConfigMap, "hpa.yaml": hpaConfigs})
	out := filepath.Join(t.TempDir(), "a", "b")
	got := run(t, ".", "", "render", "-o", out, in)
	if got != (outcome{"", "wrote 3 files to " + out + "\n", exitOK}) {
		t.Fatalf("got %v", got)
	}
	first := readFiles(t, out)
	if names := strings.Join(slices.Sorted(maps.Keys(first)), " "); names != sourcesFile+" "+wantFiles {
		t.Errorf("files are %s", names)
	}
	toStdout := run(t, ".", "", "render", in)
	together := strings.Join([]string{
		first["deployment_shop_products-api.yaml"], first["service_shop_products-api.yaml"], first["horizontalpodautoscaler_shop_products-api.yaml"],
	}, "---\n")
	if diff := cmp.Diff(toStdout.stdout, together); diff != "" {
		t.Errorf("standard output and files differ (-standard output +files):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(out, "service_shop_products-api.yaml")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the mode of a file is %v, %v", info, err)
	}

	t.Run("again", func(t *testing.T) {
		before := statAll(t, out)
		if got := run(t, ".", "", "render", "--output", out, in); got != (outcome{"", out + " is up to date\n", exitOK}) {
			t.Fatalf("got %v", got)
		}
		if diff := cmp.Diff(before, statAll(t, out)); diff != "" {
			t.Errorf("a second run touches files (-first +second):\n%s", diff)
		}
		if diff := cmp.Diff(first, readFiles(t, out)); diff != "" {
			t.Errorf("a second run changes files (-first +second):\n%s", diff)
		}
	})

	t.Run("files of others stay, stale ones of ours go", func(t *testing.T) {
		others := map[string]string{
			"service_shop_foreign.yaml":  "apiVersion: v1\nkind: Service\nmetadata: {name: foreign, namespace: shop}\n",
			"service_shop_other.yaml":    strings.ReplaceAll(strings.ReplaceAll(first["service_shop_products-api.yaml"], "products-api", "other"), "owner: krm-fn", "owner: RenderAPIs/other"),
			"renamed.yaml":               first["service_shop_products-api.yaml"],
			"two.yaml":                   first["service_shop_products-api.yaml"] + "---\n" + first["service_shop_products-api.yaml"],
			"deployment_shop_notes.txt":  "notes",
			"broken.yaml":                "a: [",
			"sub/service_shop_gone.yaml": strings.ReplaceAll(first["service_shop_products-api.yaml"], "products-api", "gone"),
		}
		stale := map[string]string{"service_shop_gone.yaml": strings.ReplaceAll(first["service_shop_products-api.yaml"], "products-api", "gone")}
		put(t, out, others)
		put(t, out, stale)
		if got := run(t, ".", "", "render", "-o", out, in); got != (outcome{"", "wrote 0 files to " + out + ", removed 1\n", exitOK}) {
			t.Fatalf("got %v", got)
		}
		want := maps.Clone(first)
		maps.Copy(want, others)
		if diff := cmp.Diff(want, readFiles(t, out)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	})
}

func TestRenderIntoAFolderRefusesToOverwrite(t *testing.T) {
	in := writeFiles(t, map[string]string{"api.yaml": apiItem, "swagger.yaml": swaggerConfigMap, "hpa.yaml": hpaConfigs})
	const name = "service_shop_products-api.yaml"
	for what, prepare := range map[string]func(file string) error{
		"a file of somebody else": func(file string) error { return os.WriteFile(file, []byte("kind: Service\n"), 0o600) },
		"an edited identity": func(file string) error {
			return os.WriteFile(file, []byte("apiVersion: v1\nkind: Service\nmetadata: {name: x, annotations: {krm-fn.dev/owner: krm-fn}}\n"), 0o600)
		},
		"a folder":                func(file string) error { return os.Mkdir(file, 0o755) },
		"a symbolic link":         func(file string) error { return os.Symlink("/etc/hostname", file) },
		"a link that is dangling": func(file string) error { return os.Symlink("nowhere", file) },
	} {
		t.Run(what, func(t *testing.T) {
			out := t.TempDir()
			if err := prepare(filepath.Join(out, name)); err != nil {
				t.Fatal(err)
			}
			got := run(t, ".", "", "render", "-o", out, in)
			want := "error: " + filepath.Join(out, name) + " already exists, and this configuration did not render it; move it, or choose another directory\n"
			if got != (outcome{"", want, exitProblems}) {
				t.Errorf("got %v, want %s", got, want)
			}
			entries, err := os.ReadDir(out)
			if err != nil || len(entries) != 1 {
				t.Errorf("there is %v besides, %v", entries, err)
			}
		})
	}
}

func TestRenderIntoAFolderThatCannotBe(t *testing.T) {
	in := writeFiles(t, map[string]string{"api.yaml": apiItem, "swagger.yaml": swaggerConfigMap, "hpa.yaml": hpaConfigs})
	file := filepath.Join(in, "api.yaml")
	got := run(t, ".", "", "render", "-o", file, in)
	if want := "error: mkdir " + file + ": not a directory\n"; got != (outcome{"", want, exitProblems}) {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestRenderWritesNothingOnAnError(t *testing.T) {
	in := writeFiles(t, map[string]string{"api.yaml": apiItem, "swagger.yaml": swaggerConfigMap, "hpa.yaml": hpaConfigs})
	out := t.TempDir()
	if got := run(t, ".", "", "render", "-o", out, in); got.code != exitOK {
		t.Fatalf("got %v", got)
	}
	before := readFiles(t, out)
	put(t, in, map[string]string{"swagger.yaml": strings.Replace(swaggerConfigMap, "https://products.example.com", "products", 1)})
	got := run(t, ".", "", "render", "-o", out, in)
	want := "error: " + in + "/swagger.yaml:10:5: ConfigMap shop/products-api-swagger: data[\"swagger.yaml\"].x-wso2-production-endpoints: " +
		"the input has no TargetEndpoint \"products\" in namespace shop [input/reference]\n"
	if got != (outcome{"", want, exitProblems}) {
		t.Errorf("got %v, want %s", got, want)
	}
	if diff := cmp.Diff(before, readFiles(t, out)); diff != "" {
		t.Errorf("files changed (-before +after):\n%s", diff)
	}
	missing := filepath.Join(out, "new")
	if got := run(t, ".", "", "render", "-o", missing, in); got.code != exitProblems {
		t.Errorf("got %v", got)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("the folder was made in spite of an error")
	}
}

func TestRenderFilesAndFolders(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"api.yaml": apiItem, "swagger.yaml": swaggerConfigMap, "hpa.yaml": hpaConfigs, "all.yaml": apiItem + "---\n" + swaggerConfigMap + "---\n" + hpaConfigs,
		"sub/openapi.yaml": openAPI, "sub/foreign.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
		"short/config/render.yaml": configYAML, "short/config/swagger.yaml": openAPI, "short/hpa.yaml": hpaConfigs,
		"empty/readme.md": "nothing",
	})
	at := func(names ...string) []string {
		args := []string{"render"}
		for _, n := range names {
			args = append(args, filepath.Join(dir, n))
		}
		return args
	}
	want := run(t, ".", "", at("all.yaml")...)
	if want.code != exitOK || want.stderr != "" || strings.Count(want.stdout, "\nkind: Deployment\n") != 1 {
		t.Fatalf("got %v", want)
	}
	for name, tc := range map[string]struct {
		args   []string
		stderr string
	}{
		"several files":        {at("hpa.yaml", "swagger.yaml", "api.yaml"), ""},
		"a file and a folder":  {at("all.yaml", "sub"), "info: DIR/sub/openapi.yaml: contains a document that is not a Kubernetes resource; it is ignored [input/file]\n"},
		"a trailing slash":     {at("all.yaml", "empty/"), ""},
		"a path with dots":     {at("sub/../all.yaml"), ""},
		"flags after the path": {append(at("all.yaml"), "--output", ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, ".", "", tc.args...)
			if stderr := strings.ReplaceAll(got.stderr, dir, "DIR"); got.code != exitOK || stderr != tc.stderr {
				t.Errorf("exit code %d, %s", got.code, stderr)
			}
			if diff := cmp.Diff(want.stdout, got.stdout); diff != "" {
				t.Errorf("manifests (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("in short", func(t *testing.T) {
		got := run(t, ".", "", at("short")...)
		if got.code != exitOK || got.stderr != "" {
			t.Errorf("exit code %d, %s", got.code, got.stderr)
		}
		if !strings.Contains(got.stdout, "krm-fn.dev/owner: RenderAPIs/render") || strings.Count(got.stdout, "\nkind: Deployment\n") != 1 {
			t.Errorf("manifests:\n%s", got.stdout)
		}
	})
	t.Run("the configuration alone", func(t *testing.T) {
		got := run(t, ".", "", at("short/config/render.yaml", "hpa.yaml")...)
		if got.code != exitOK || got.stderr != "" || strings.Count(got.stdout, "\nkind: Deployment\n") != 1 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		got := run(t, ".", "", at("empty")...)
		if got != (outcome{"", "info: the input has no API, no TargetEndpoint of wso2.com/v1alpha1, and no HorizontalPodAutoscaler with the annotation " +
			"krm-fn.dev/chain: rendered; nothing is rendered [input/reference]\n", exitOK}) {
			t.Errorf("got %v", got)
		}
	})
}

func TestRenderReportsPathsThatItCannotRead(t *testing.T) {
	dir := writeFiles(t, map[string]string{"broken.yaml": "a: [\n", "openapi.yaml": openAPI, "b/render.yaml": configYAML, "a/render.yaml": configYAML})
	for name, tc := range map[string]struct{ path, want string }{
		"none":       {"nowhere.yaml", "error: DIR/nowhere.yaml: no such file or directory [input/file]\n"},
		"no YAML":    {"broken.yaml", "error: DIR/broken.yaml:1: is not valid YAML: did not find expected node content [input/syntax]\n"},
		"no object":  {"openapi.yaml", "error: DIR/openapi.yaml:1: is not a Kubernetes resource: apiVersion or kind is missing [input/file]\n"},
		"below none": {"broken.yaml/x", "error: DIR/broken.yaml/x: not a directory [input/file]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, ".", "", "render", filepath.Join(dir, tc.path))
			if first := strings.ReplaceAll(got.stderr, dir, "DIR"); got.code != exitProblems || got.stdout != "" || !strings.HasPrefix(first, tc.want) {
				t.Errorf("got %v, want %s", got, tc.want)
			}
		})
	}
	t.Run("two configurations", func(t *testing.T) {
		got := run(t, ".", "", "render", filepath.Join(dir, "a"), filepath.Join(dir, "b"))
		want := "error: DIR/b/render.yaml:1:1: RenderAPIs render: there is another RenderAPIs in DIR/a/render.yaml; keep one, and list the APIs of both in its spec.apis [input/duplicate]\n"
		if stderr := strings.ReplaceAll(got.stderr, dir, "DIR"); got.code != exitProblems || !strings.Contains(stderr, want) {
			t.Errorf("exit code %d, %s", got.code, stderr)
		}
	})
}

func TestRenderReadsFilesOfItsPackageOnly(t *testing.T) {
	outside := writeFiles(t, map[string]string{"swagger.yaml": openAPI})
	dir := writeFiles(t, map[string]string{
		"pkg/config/render.yaml": configYAML, "pkg/swagger.yaml": openAPI, "pkg/config/sub/swagger.yaml": openAPI, "swagger.yaml": openAPI,
	})
	for link, to := range map[string]string{"pkg/config/link.yaml": filepath.Join(outside, "swagger.yaml"), "pkg/config/inside.yaml": "../swagger.yaml"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	const outsideOf = "it is outside the package"
	for file, want := range map[string]string{
		"sub/swagger.yaml":                     "",
		"../swagger.yaml":                      "",
		"inside.yaml":                          "",
		"../../swagger.yaml":                   outsideOf,
		"sub/../../../swagger.yaml":            outsideOf,
		"link.yaml":                            outsideOf,
		filepath.Join(outside, "swagger.yaml"): "use a path relative to DIR/pkg/config",
		"none.yaml":                            "no such file or directory",
		"sub":                                  "it is not a regular file",
	} {
		put(t, filepath.Join(dir, "pkg", "config"), map[string]string{"render.yaml": strings.Replace(configYAML, "[swagger.yaml]", "["+file+"]", 1)})
		got := run(t, ".", "", "render", filepath.Join(dir, "pkg"))
		if want == "" {
			if got.code != exitOK {
				t.Errorf("%s: exit code %d, %s", file, got.code, got.stderr)
			}
			continue
		}
		want = "error: DIR/pkg/config/render.yaml:10:20: RenderAPIs render: spec.apis[0].swaggerFiles[0]: cannot read " + strings.ReplaceAll(file, dir, "DIR") + ": " + want + " [input/file]\n"
		if stderr := strings.ReplaceAll(got.stderr, dir, "DIR"); got.code != exitProblems || !strings.HasPrefix(stderr, want) {
			t.Errorf("%s: exit code %d, %s, want %s", file, got.code, stderr, want)
		}
	}
}

// readFiles reads all files below dir.
func readFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		name, relErr := filepath.Rel(dir, file)
		if relErr != nil {
			return relErr
		}
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// statAll has what distinguishes files below dir, and dir, from others.
func statAll(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		all[file] = fmt.Sprint(info.Mode(), info.ModTime(), info.Sys())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Two calls for two sources never remove each other's files.
func TestRenderSeveralSourcesIntoAFolder(t *testing.T) {
	inputs := func(name string) map[string]string {
		return map[string]string{
			"api.yaml": strings.Replace(apiItem, "name: products-api\n", "name: "+name+"\n", 1), "swagger.yaml": swaggerConfigMap, "hpa.yaml": hpaConfigs,
		}
	}
	parent := t.TempDir()
	at := func(name string) string { return filepath.Join(parent, name) }
	for _, name := range []string{"a", "b"} {
		put(t, at(name), inputs(name))
	}
	step := func(want string, args ...string) {
		t.Helper()
		got := run(t, ".", "", append([]string{"render", "-o", at("out")}, args...)...)
		code := exitOK
		if strings.HasPrefix(want, "error") {
			code = exitProblems
		}
		if got.stderr = strings.ReplaceAll(got.stderr, parent+"/", ""); got != (outcome{"", want + "\n", code}) {
			t.Fatalf("render %v: got %v, want %s", args, got, want)
		}
	}
	step("wrote 3 files to out", at("a"))
	step("wrote 3 files to out", at("b"))
	step("out is up to date", at("a"))
	const record = sourcesComment + `- paths:
    - ../a
  files:
    - deployment_shop_a.yaml
    - horizontalpodautoscaler_shop_a.yaml
    - service_shop_a.yaml
- paths:
    - ../b
  files:
    - deployment_shop_b.yaml
    - horizontalpodautoscaler_shop_b.yaml
    - service_shop_b.yaml
`
	if diff := cmp.Diff(record, read(t, filepath.Join(at("out"), sourcesFile))); diff != "" {
		t.Errorf("the record (-want +got):\n%s", diff)
	}
	put(t, at("a"), inputs("b"))
	step("error: out/deployment_shop_b.yaml was rendered from ../b, and ../a needs the same name; render both in one call, or choose another directory", at("a"))
	put(t, at("a"), inputs("c"))
	step("wrote 3 files to out, removed 3", at("a"))
	if err := os.Remove(filepath.Join(at("out"), "service_shop_c.yaml")); err != nil {
		t.Fatal(err)
	}
	put(t, at("all"), map[string]string{"a.yaml": read(t, filepath.Join(at("a"), "api.yaml")), "s.yaml": swaggerConfigMap, "h.yaml": hpaConfigs})
	step("error: out/deployment_shop_c.yaml was rendered from ../a, and ../all needs the same name; render both in one call, or choose another directory", at("all"))
	put(t, at("b"), map[string]string{"swagger.yaml": "", "hpa.yaml": ""})
	step("wrote 1 file to out", at("a"), at("b"))
	step("out is up to date", at("b"), at("a"))
	put(t, at("out"), map[string]string{sourcesFile: "paths: []\n"})
	got := run(t, ".", "", "render", "-o", at("out"), at("a"))
	if !strings.HasSuffix(got.stderr, "; remove the file\n") || got.code != exitProblems {
		t.Errorf("a broken record: %v", got)
	}
}

// put writes files below dir.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
