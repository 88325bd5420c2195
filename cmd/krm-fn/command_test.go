package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHelp(t *testing.T) {
	for name, args := range map[string][]string{
		"help": {"--help"}, "help-render": {"render", "--help"}, "help-init": {"init", "--help"},
		"help-autoscale": {"autoscale", "--help"}, "help-post-render": {"post-render", "--help"},
	} {
		got := run(t, ".", "", args...)
		if got.code != exitOK || got.stderr != "" {
			t.Errorf("%v: exit code %d, %s", args, got.code, got.stderr)
		}
		golden(t, filepath.Join(testdata, "commands", name+".txt"), got.stdout)
	}
}

func TestVersion(t *testing.T) {
	want := outcome{build{version, commit, date}.line(mustBuildInfo(t)) + "\n", "", exitOK}
	for _, arg := range []string{"version", "--version"} {
		if got := run(t, ".", "", arg); got != want {
			t.Errorf("%s: got %v, want %v", arg, got, want)
		}
	}
}

func TestCompletionOfValues(t *testing.T) {
	t.Chdir(writeFiles(t, map[string]string{
		"a.yaml": "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: shop}\n",
		"b.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
	}))
	for words, want := range map[string]string{
		"check --output":          "github json sarif text :4",
		"explain --output":        "dot json mermaid svg text :4",
		"explain --format":        "dot json mermaid svg text :4",
		"migrate --format":        "json text :4",
		"init --flavor":           "kustomize kpt plain :4",
		"init --mode":             "privateJet sidecar :4",
		"init --backend-protocol": "http https :4",
		"explain":                 "hpa/shop/web :4",
		"explain hpa/shop/web":    ":0",
	} {
		got := run(t, ".", "", append(append([]string{"__complete"}, strings.Fields(words)...), "")...)
		if text := strings.Join(strings.Fields(got.stdout), " "); text != want {
			t.Errorf("%s: got %s, want %s", words, text, want)
		}
	}
}

func mustBuildInfo(t *testing.T) *debug.BuildInfo {
	t.Helper()
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("this test was built without modules")
	}
	return info
}

func TestVersionLine(t *testing.T) {
	settings := []debug.BuildSetting{{Key: "vcs.revision", Value: "abc123"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "GOOS", Value: "linux"}}
	for name, tc := range map[string]struct {
		build build
		info  *debug.BuildInfo
		want  string
	}{
		"a release": {
			build{"v1.2.3", "def456", "2026-05-06T07:08:09Z"},
			&debug.BuildInfo{Main: debug.Module{Version: "v9"}, Settings: settings},
			"krm-fn v1.2.3 (commit def456, 2026-05-06T07:08:09Z, ",
		},
		"a version alone":  {build{version: "v1.2.3"}, &debug.BuildInfo{Settings: settings}, "krm-fn v1.2.3 (commit abc123, 2026-01-02T03:04:05Z, "},
		"go install":       {build{}, &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "krm-fn v1.2.3 (commit unknown, unknown, "},
		"go build":         {build{}, &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: settings}, "krm-fn dev (commit abc123, 2026-01-02T03:04:05Z, "},
		"no version":       {build{}, &debug.BuildInfo{}, "krm-fn dev (commit unknown, unknown, "},
		"without any info": {build{}, nil, "krm-fn dev (commit unknown, unknown, "},
	} {
		if got, want := tc.build.line(tc.info), tc.want+runtime.Version()+")"; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestWrongCommandLines(t *testing.T) {
	const usage = "\nRun 'krm-fn --help' for usage.\n"
	for name, tc := range map[string]struct {
		args []string
		want outcome
	}{
		"unknown flag":              {[]string{"--replicas", "2"}, outcome{"", "error: unknown flag: --replicas" + usage, exitUsage}},
		"unknown flag of a command": {[]string{"render", "-x", "."}, outcome{"", "error: unknown shorthand flag: 'x' in -x" + usage, exitUsage}},
		"unknown command":           {[]string{"rendr"}, outcome{"", "error: unknown command \"rendr\"; did you mean \"render\"?" + usage, exitUsage}},
		"no path":                   {[]string{"render"}, outcome{"", "error: name the files or directories to render, or - for standard input" + usage, exitUsage}},
		"no value of a flag":        {[]string{"render", ".", "-o"}, outcome{"", "error: flag needs an argument: 'o' in -o" + usage, exitUsage}},
		"version of something":      {[]string{"version", "x"}, outcome{"", "error: unknown command \"x\" for \"krm-fn version\"" + usage, exitUsage}},
		"check without a path":      {[]string{"check"}, outcome{"", "error: name the files or directories to check, or - for standard input" + usage, exitUsage}},
		"unknown format":            {[]string{"check", "-o", "xml", "."}, outcome{"", "error: --output: \"xml\" is not one of github, json, sarif, text" + usage, exitUsage}},
		"unknown drawing": {
			[]string{"explain", "-o", "png", "hpa/a", "."},
			outcome{"", "error: --output: \"png\" is not one of dot, json, mermaid, svg, text" + usage, exitUsage},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := run(t, ".", "", tc.args...); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := run(t, ".", "", "completion", shell); got.code != exitOK || !strings.Contains(got.stdout, "completion") || !strings.Contains(got.stdout, "krm-fn") {
			t.Errorf("%s: exit code %d, %s", shell, got.code, got.stderr)
		}
	}
}

func TestStreamsThatFail(t *testing.T) {
	broken := errors.New("it broke")
	list := read(t, filepath.Join(testdata, "defaults", "input.yaml"))
	for name, tc := range map[string]struct {
		stdin  io.Reader
		stdout io.Writer
		args   []string
		want   string
	}{
		"standard input":            {iotest.ErrReader(broken), io.Discard, nil, "error: standard input: it broke [input/file]\n"},
		"standard output":           {strings.NewReader(list), failingWriter{broken}, nil, "error: standard output: it broke\n"},
		"standard output of render": {nil, failingWriter{broken}, []string{"render", "examples/products-privatejet"}, "error: standard output: it broke\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			code := Run(t.Context(), Env{Args: tc.args, Stdin: tc.stdin, Stdout: tc.stdout, Stderr: &stderr, Dir: "."})
			if code != exitProblems || stderr.String() != tc.want {
				t.Errorf("exit code %d, %q; want %q", code, stderr.String(), tc.want)
			}
		})
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// A terminal on standard input means that nobody pipes anything: help is of more use than waiting.
func TestTerminalsGetHelp(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	if !isTerminal(null) {
		t.Skip("the null device is no character device here")
	}
	var stdout bytes.Buffer
	if code := Run(t.Context(), Env{Stdin: null, Stdout: &stdout, Stderr: io.Discard}); code != exitOK || !strings.Contains(stdout.String(), "Usage:\n  krm-fn [flags]") {
		t.Errorf("exit code %d, %s", code, stdout.String())
	}
	file, err := os.Open("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if isTerminal(file) {
		t.Error("a file is taken for a terminal")
	}
}

// kpt sets the path of the package on every item, and not on the functionConfig, which anybody can write.
func TestFunctionReadsFilesOfItsPackageOnly(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"work/pkg/swagger.yaml": openAPI, "work/swagger.yaml": "openapi: wrong\n", "work/secret": "x", "pkg/swagger.yaml": openAPI,
	})
	work := filepath.Join(dir, "work")
	if err := os.Symlink(filepath.Join(dir, "pkg"), filepath.Join(work, "linked")); err != nil {
		t.Fatal(err)
	}
	list := func(config, pkg, path string) string {
		annotations := func(pkg string) string {
			return "\n    annotations: {internal.config.kubernetes.io/package-path: \"" + pkg + "\"}\n"
		}
		return `apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: krm-fn.dev/v1alpha1
  kind: RenderAPIs
  metadata:
    name: render` + annotations(config) + `  spec:
    apis:
    - name: products-api
      namespace: shop
      image: registry.example.com/shop/products-api:v1
      swaggerFiles: [` + path + `]
items:
- apiVersion: v1
  kind: Secret
  metadata:
    name: any` + annotations(pkg)
	}
	const at = "error: standard input:14:22: RenderAPIs render: spec.apis[0].swaggerFiles[0]: cannot read "
	for name, tc := range map[string]struct{ config, pkg, path, want string }{
		"the package":                        {pkg: filepath.Join(work, "pkg"), path: "swagger.yaml"},
		"a file above the package":           {pkg: filepath.Join(work, "pkg"), path: "../secret", want: at + "../secret: it is outside the package [input/file]\n"},
		"a package elsewhere":                {pkg: filepath.Join(dir, "pkg"), path: "swagger.yaml", want: at + "swagger.yaml: the package is not in the working directory; run the command in " + dir + " [input/file]\n"},
		"a package behind a link":            {pkg: filepath.Join(work, "linked"), path: "swagger.yaml", want: at + "swagger.yaml: the package is not in the working directory; run the command in " + work + " [input/file]\n"},
		"no package":                         {pkg: filepath.Join(dir, "none"), path: "swagger.yaml", want: at + "swagger.yaml: the package is not in the working directory; run the command in " + dir + " [input/file]\n"},
		"a package of the functionConfig":    {config: filepath.Join(work, "pkg"), path: "swagger.yaml", want: "error: swagger.yaml:1:1: "},
		"the root of the functionConfig":     {config: "/etc", path: "passwd", want: at + "passwd: no such file or directory [input/file]\n"},
		"a package in the working directory": {pkg: work, path: "pkg/swagger.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, work, list(tc.config, tc.pkg, tc.path))
			if tc.want == "" && (got.code != exitOK || !strings.Contains(got.stdout, "kind: HorizontalPodAutoscaler")) {
				t.Errorf("exit code %d: %s", got.code, got.stderr)
			}
			if tc.want != "" && (got.code != exitProblems || !strings.HasPrefix(got.stderr, tc.want)) {
				t.Errorf("exit code %d: %s", got.code, got.stderr)
			}
		})
	}
}

func TestConfigMapsAboveOneMebibyte(t *testing.T) {
	const most = 1 << 20
	list := func(size int) string {
		comment := "# " + strings.Repeat("x", 98) + "\n"
		text := openAPI + strings.Repeat(comment, (size-len("swagger.yaml")-len(openAPI))/len(comment))
		text += strings.Repeat("#", size-len("swagger.yaml")-len(text))
		return resourceList(apiItem, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: products-api-swagger\n  namespace: shop\ndata:\n  swagger.yaml: |-\n"+
			indent(strings.TrimSuffix(text, "\n"), "    "))
	}
	if got := run(t, ".", list(most)); got.code != exitOK {
		t.Errorf("%d bytes: exit code %d: %s", most, got.code, got.stderr)
	}
	got := run(t, ".", list(most+1))
	want := "error: standard input:19:3: ConfigMap shop/products-api-swagger: data: has 1048577 bytes; Kubernetes rejects a ConfigMap above 1048576 [input/limit]\n"
	if got.code != exitProblems || !strings.HasPrefix(got.stderr, want) {
		t.Errorf("%d bytes: exit code %d: %s", most+1, got.code, got.stderr)
	}
}

func TestResourceListInJSON(t *testing.T) {
	got := run(t, ".", `{"kind": "ResourceList", "apiVersion": "config.kubernetes.io/v1", "items": [
	{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "foreign"}, "data": {"emoji": "\ud83d\udce6", "yes": "yes"}},
	{"apiVersion": "wso2.com/v1alpha1", "kind": "API", "metadata": {"name": "products-api"}, "spec": {"image": "products-api:v1", "definition": {"swaggerConfigmapNames": ["sw"]}}},
	{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sw"}, "data": {"s.json":
	 "{\"openapi\": \"3.0.3\", \"info\": {\"title\": \"T\", \"version\": \"1\"}, \"x-wso2-production-endpoints\": \"https://a.example.com\", \"paths\": {\"/\": {\"get\": {\"responses\": {\"200\": {\"description\": \"OK\"}}}}}}"}}]}`)
	if got.code != exitOK {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	_, items := cut(t, got.stdout)
	if len(items) != 6 {
		t.Fatalf("%d items:\n%s", len(items), got.stdout)
	}
	if again := run(t, ".", got.stdout); again != got {
		t.Errorf("a run on its own output changes it:\n%s", cmp.Diff(got.stdout, again.stdout))
	}
}

// Inputs that are made to break the program end in a problem, in time.
func TestHostileInputs(t *testing.T) {
	const most = 90 * time.Second
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'j'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+string(c-1)+", ", 9), ", ") + "]\n"
	}
	config := func(name, key, text string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n  namespace: shop\ndata:\n  " + key + ": |\n" + indent(text, "    ")
	}
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	huge := strings.Repeat("x", 100<<20)
	if underRace { // It takes 30 times as long.
		huge = huge[:10<<20] // more than a single item can have
	}
	for name, tc := range map[string]struct{ in, want string }{
		"an alias bomb":               {resourceList(apiItem) + bomb, "error: standard input:1: expands to more than 200000 values through aliases [input/limit]\n"},
		"an alias bomb as a document": {resourceList(apiItem, config("products-api-swagger", "s.yaml", bomb)), "error: standard input:21:7: ConfigMap shop/products-api-swagger: data[\"s.yaml\"]: expands to more than 200000 values through aliases [input/limit]\n"},
		"deep nesting":                {resourceList(apiItem) + "x: " + deep + "\n", "error: standard input: is nested deeper than 200 levels [input/limit]\n"},
		"deep nesting in metrics":     {resourceList(apiItem, config("hpa-configs", "mgwMetrics", deep), config("products-api-swagger", "s.yaml", openAPI)), "error: standard input:21:7: ConfigMap shop/hpa-configs: data.mgwMetrics: is nested deeper than 200 levels [input/limit]\n"},
		"100 MB of one text":          {resourceList(apiItem, config("products-api-swagger", "s.yaml", huge)), "error: standard input:14: begins a member or an item of more than 8 MiB [input/limit]\n"},
		"100 MB of a name":            {resourceList(strings.Replace(apiItem, "name: products-api\n", "name: "+huge+"\n", 1), config("products-api-swagger", "s.yaml", openAPI)), "error: standard input:4: begins a member or an item of more than 8 MiB [input/limit]\n"},
		"Latin-1":                     {resourceList(apiItem) + "# \xe9\n", "error: standard input:14: is not UTF-8; save it as UTF-8 text [input/encoding]\n"},
		"a NUL":                       {resourceList(apiItem) + "# \x00\n", "error: standard input:14: contains a NUL byte; save it as UTF-8 text [input/encoding]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			got := run(t, ".", tc.in)
			if took := time.Since(start); took > most {
				t.Errorf("took %v, more than %v", took, most)
			}
			if got.code != exitProblems || !strings.HasPrefix(got.stderr, tc.want) {
				t.Errorf("exit code %d, %.500q", got.code, got.stderr)
			}
			if len(got.stderr) > 20_000 {
				t.Errorf("%d bytes on standard error", len(got.stderr))
			}
		})
	}
}

const openAPI = `openapi: 3.0.3
info: {title: Products, version: v1}
x-wso2-basePath: /prodapi/{version}
x-wso2-production-endpoints: https://products.example.com
paths:
  /products:
    get:
      responses:
        "200": {description: All products}
`

const apiItem = `apiVersion: wso2.com/v1alpha1
kind: API
metadata:
  name: products-api
  namespace: shop
spec:
  image: registry.example.com/shop/products-api:v1
  definition:
    swaggerConfigmapNames:
    - products-api-swagger
`

// resourceList gives a ResourceList of objects.
func resourceList(objects ...string) string {
	var b strings.Builder
	b.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n")
	for _, o := range objects {
		b.WriteString("- " + strings.TrimPrefix(indent(o, "  "), "  "))
	}
	return b.String()
}

func indent(text, by string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(by + line)
	}
	if !strings.HasSuffix(text, "\n") {
		b.WriteByte('\n')
	}
	return b.String()
}

// writeFiles writes files into a temporary directory.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
