package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/scaffold"
)

// plainDocument calls no backend; the others call one, or several.
const (
	plainDocument = `# The products of the shop.
openapi: 3.0.3
info:
  title: Products
  version: v1 # the first
x-wso2-basePath: /prodapi/{version}

# What clients may call.
paths:
  /products:
    get:
      responses:
        "200": {description: All products}
`
	oneBackend = `{
  "swagger": "2.0",
  "info": {"title": "Stock", "version": "1.2.0"},
  "basePath": "/stock/1.2.0",
  "x-wso2-mode": "sidecar",
  "x-wso2-production-endpoints": {"urls": ["stock"]},
  "paths": {"/stock": {"get": {"responses": {"200": {"description": "What there is"}}}}}
}
`
	twoBackends = `openapi: 3.1.0
info: {title: Store, version: v2}
x-wso2-basePath: /store/{version}
paths:
  /products:
    get:
      x-wso2-production-endpoints: {urls: [products]}
      responses: {"200": {description: All products}}
  /reviews:
    get:
      x-wso2-production-endpoints: {urls: [reviews.community]}
      responses: {"200": {description: What customers say}}
`
	// secured asks for credentials.
	secured = `openapi: 3.0.3
info: {title: Pets, version: v1}
security:
- customers: [read]
components:
  securitySchemes:
    customers: {type: http, scheme: bearer}
    partners: {type: apiKey, in: header, name: X-API-Key}
paths:
  /pets:
    get:
      responses: {"200": {description: All pets}}
    post:
      security: [{partners: []}]
      responses: {"201": {description: One more}}
`
	serverOnly = `openapi: 3.0.3
info: {title: Weather, version: v1}
servers:
- url: https://weather.example.com/v1
paths:
  /today:
    get:
      responses: {"200": {description: The weather}}
`
)

// initCases are packages that are written. The file testdata/init/NAME.txt has what is printed, and all files.
var initCases = []struct {
	name, document string
	args           []string
}{
	{"kustomize", plainDocument, []string{
		"products", "--image", "registry.example.com/shop/products:v1", "--backend-image", "registry.example.com/shop/products-service:1.0.0",
		"--namespace", "shop", "--kubernetes-version", "1.31",
	}},
	{"kustomize-minimal", serverOnly, []string{"weather", "--registry", "registry.example.com/weather/"}},
	{"kustomize-several", twoBackends, []string{
		"store", "-n", "shop", "--image", "store:v2", "--backend-image", "reviews=reviews:1", "--backend-image", "products=products@" +
			"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "--backend-port", "8443", "--backend-protocol", "https",
	}},
	{"kpt", plainDocument, []string{
		"products", "--flavor", "kpt", "--registry", "registry.example.com/shop", "--backend-image", "listing=registry.example.com/shop/listing:1.0.0",
		"-n", "shop", "--mode", "privateJet",
	}},
	{"kpt-sidecar", oneBackend, []string{"stock-api", "--flavor=kpt", "--registry=registry.example.com", "--backend-image", "stock:2", "-n", "warehouse"}},
	{"haproxy", secured, withIssuer(issuerFile, "pets", "--flavor", "plain", "-n", "shop", "--backend-image", "pets:1")},
	{"haproxy-kpt", oneBackend, withIssuer(issuerFile, "stock-api", "--flavor", "kpt", "--backend-image", "stock:2")},
	{"kustomize-haproxy-public", strings.Replace(plainDocument, "x-wso2-basePath: /prodapi/{version}\n", "", 1), []string{
		"products", "--backend-image", "products:1", "--kubernetes-version", "1.31",
	}},
	{"kustomize-haproxy-server", serverOnly, []string{"weather"}},
	{"kustomize-keda", serverOnly, []string{"weather", "-n", "forecast", "--autoscaler", "ScaledObject"}},
	{"plain", plainDocument, []string{"products", "--flavor", "plain", "--image", "products:v1", "--backend-image", "backend:1", "--mode", "sidecar"}},
}

// issuerFile contains a public key.
const issuerFile = "testdata/issuer.pem"

// noIssuer is the message about a document that asks for credentials.
const noIssuer = "error: --issuer: is missing: the document asks for credentials; set the issuer of the tokens, and --issuer-certificate, " +
	"or set x-wso2-disable-security: true in the document to make the API public [input/required]"

// withIssuer adds the flags of an issuer whose certificate is in a file.
func withIssuer(certificate string, args ...string) []string {
	return append(args, "--issuer", "https://issuer.example.com", "--issuer-certificate", certificate)
}

// initialized runs krm-fn init in a directory of its own, and gives the directory and what was printed, without its path.
func initialized(t *testing.T, document string, args ...string) (dir string, got outcome) {
	t.Helper()
	dir = writeFiles(t, map[string]string{"openapi.yaml": document})
	args = append([]string{"init", "--from-file", filepath.Join(dir, "openapi.yaml"), "--output", filepath.Join(dir, "package")}, args...)
	got = run(t, ".", "", args...)
	got.stdout, got.stderr = strings.ReplaceAll(got.stdout, dir+"/", ""), strings.ReplaceAll(got.stderr, dir+"/", "")
	return dir, got
}

// files are the files below dir, by their slash-separated paths in order.
func filesIn(t *testing.T, dir string) (names []string, texts map[string]string) {
	t.Helper()
	texts = map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, name)
			texts[name] = read(t, filepath.Join(dir, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names, texts
}

func TestInit(t *testing.T) {
	for _, tc := range initCases {
		t.Run(tc.name, func(t *testing.T) {
			dir, got := initialized(t, tc.document, tc.args...)
			var all strings.Builder
			all.WriteString(got.stdout + got.messages())
			names, texts := filesIn(t, filepath.Join(dir, "package"))
			for _, name := range names {
				all.WriteString("-- " + name + " --\n" + texts[name])
			}
			golden(t, filepath.Join(testdata, "init", tc.name+".txt"), all.String())

			again, _ := initialized(t, tc.document, tc.args...)
			if _, same := filesIn(t, filepath.Join(again, "package")); !cmp.Equal(texts, same) {
				t.Errorf("a second run writes other files:\n%s", cmp.Diff(texts, same))
			}
			if diff := cmp.Diff(tc.document, read(t, filepath.Join(dir, "openapi.yaml"))); diff != "" {
				t.Errorf("the document of the user changed:\n%s", diff)
			}
			if !strings.HasPrefix(tc.name, "kustomize") {
				rendersAndPasses(t, filepath.Join(dir, "package"))
			}
		})
	}
}

// rendersAndPasses checks that a package renders silently, and that krm-fn check finds nothing in what comes out.
func rendersAndPasses(t *testing.T, dir string) {
	t.Helper()
	manifests := filepath.Join(dir, "manifests")
	if got := run(t, ".", "", "render", "-o", manifests, dir); got.code != exitOK || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("render: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	if got := run(t, ".", "", "check", "--require-proof", manifests); got.code != exitOK || got.stdout != "" {
		t.Errorf("check: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// TestInitGoldensAreOfCases checks that no expected file is left over.
func TestInitGoldensAreOfCases(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testdata, "init", "*"))
	if err != nil || len(files) != len(initCases) {
		t.Errorf("%d files for %d cases: %v", len(files), len(initCases), err)
	}
}

// TestInitRefusals checks the messages about wrong input, all at once, and that nothing is written.
func TestInitRefusals(t *testing.T) {
	ok := []string{"products", "--image", "products:v1", "--backend-image", "backend:1"}
	store := []string{"store", "--image", "store:v1"}
	for _, tc := range []struct {
		name, document string
		args           []string
		want           string
	}{
		{
			"everything at once", "opnapi: 3.0.3\n",
			[]string{
				"Products", "--image", "Products:v1", "--backend-image", "back end", "--backend-port", "80800", "--backend-protocol", "grpc",
				"-n", "the shop", "--mode", "sidcar", "--kubernetes-version", "latest",
			},
			`error: --backend-image: "back end" is not a valid image: invalid reference format; use one such as registry.example.com/shop/products:v1.0.0 [input/value]
error: --backend-port: 80800 is not a valid port; use a number from 1 to 65535 [backend/port]
error: --backend-protocol: "grpc" is not a valid protocol; use http or https [input/value]
error: --image: "Products:v1" is not a valid image: invalid reference format: repository name (library/Products) must be lowercase; use one such as registry.example.com/shop/products:v1.0.0 [input/value]
error: --kubernetes-version: "latest" is not a Kubernetes version; use one such as "1.37" [input/value]
error: --mode: "sidcar" is not a valid mode; use privateJet or sidecar or shared; did you mean "sidecar"? [input/value]
error: --namespace: "the shop" cannot name a namespace; use at most 63 lowercase letters, digits, and dashes [input/name]
error: NAME: "Products" cannot name a Service; use at most 63 lowercase letters, digits, and dashes, beginning with a letter [input/name]
error: openapi.yaml:1:1: opnapi: is not an OpenAPI document: unknown field "opnapi"; did you mean "openapi"? [swagger/version]`,
		},
		{"no OpenAPI", "kind: API\n", ok, "error: openapi.yaml:1: is not an OpenAPI document; use openapi: 3.0.3, openapi: 3.1.0, or swagger: \"2.0\" [swagger/version]"},
		{"no YAML", "a: [", ok, `error: openapi.yaml:1: is not valid YAML: did not find expected node content [input/syntax]`},
		{"empty", "", ok, `error: openapi.yaml: is empty; add an OpenAPI document [swagger/version]`},
		{"no issuer", plainDocument, []string{"products", "--backend-image", "backend:1"}, noIssuer},
		{"no issuer for a scheme", secured, []string{"pets", "--backend-image", "backend:1"}, noIssuer},
		{
			"no certificate", plainDocument, withIssuer("none.pem", "products", "--backend-image", "backend:1"),
			`error: none.pem: no such file or directory [input/file]`,
		},
		{
			"a wrong certificate", plainDocument, withIssuer("go.mod", "products", "--backend-image", "backend:1"),
			"error: --issuer-certificate: is not PEM; use " +
				"a certificate that begins with -----BEGIN CERTIFICATE----- [gateway/security]",
		},
		{
			"passwords", strings.Replace(secured, "scheme: bearer", "scheme: basic", 1),
			withIssuer(issuerFile, "pets", "--backend-image", "backend:1"),
			"error: openapi.yaml: asks for passwords (the scheme basic), for which init writes no Security; " +
				"write the inputs manually [output/unsupported]",
		},
		{"no image and several backends", twoBackends, []string{"store"}, `error: --backend-image: the document calls the backend products; set its image with products=IMAGE [input/required]
error: --backend-image: the document calls the backend reviews; set its image with reviews=IMAGE [input/required]
` + noIssuer},
		{"no version for the tag", strings.Replace(serverOnly, ", version: v1", "", 1), []string{"products", "--registry", "r.example.com", "--backend-image", "b"}, `error: --image: is missing, and the document has no info.version for the tag; set one of them [input/required]`},
		{"a version that is no tag", strings.Replace(serverOnly, "version: v1", "version: 1 beta", 1), []string{"products", "--registry", "r.example.com", "--backend-image", "b"}, `error: --registry: "r.example.com/products:1 beta" is not a valid image: invalid reference format; use one such as registry.example.com/shop/products:v1.0.0 [input/value]`},
		{
			"no namespace for the queries of KEDA", serverOnly,
			[]string{"weather", "--autoscaler", "ScaledObject"},
			`error: --namespace: is missing, and the query for "http_requests_total_value_per_second" must name it; set the namespace [input/required]`,
		},
		{
			"another autoscaler", serverOnly,
			[]string{"weather", "--autoscaler", "Scaledobject"},
			`error: --autoscaler: "Scaledobject" is not a scaler kind; use HorizontalPodAutoscaler or ScaledObject; did you mean "ScaledObject"? [input/value]`,
		},
		{"no backend", plainDocument, []string{"products", "--image", "products:v1"}, `error: --backend-image: is missing: the document names no backend, and no server [input/required]`},
		{"backends without names", twoBackends, append(store, "--backend-image", "a", "--backend-image", "b"), `error: --backend-image: "a" has no name; use NAME=IMAGE for each of products and reviews [input/required]
error: --backend-image: "b" has no name; use NAME=IMAGE for each of products and reviews [input/required]`},
		{"several for one", oneBackend, append(ok[:3:3], "--backend-image", "a", "--backend-image", "b"), `error: --backend-image: "a" is one of several images and has no name; use NAME=IMAGE [input/required]
error: --backend-image: "b" is one of several images and has no name; use NAME=IMAGE [input/required]`},
		{"several for none", plainDocument, append(ok[:3:3], "--backend-image", "a=a", "--backend-image", "b=b"), `error: openapi.yaml: does not say which operation calls which of a and b; add x-wso2-production-endpoints with urls to the operations [swagger/endpoint]`},
		{"another name", twoBackends, append(store, "--backend-image", "product=a", "--backend-image", "reviews=b"), `error: --backend-image: the document calls the backend products; set its image with products=IMAGE [input/required]
error: --backend-image: the document calls no backend "product", but products and reviews; did you mean "products"? [input/value]`},
		{"twice", twoBackends, append(store, "--backend-image", "products=a", "--backend-image", "products=b", "--backend-image", "reviews=b"), `error: --backend-image: backend products is given more than once; remove one of them [input/duplicate]`},
		{"of nothing", openAPI, ok, `error: --backend-image: the document calls https://products.example.com, not this backend; change the document to call it, or omit the image [input/value]`},
		{"the name of the API", oneBackend, []string{"stock", "--image", "a", "--backend-image", "b", "--mode", "privateJet"}, `error: NAME: "stock" is also the name of a backend; choose another name for the API [input/name]`},
		{"a layout that is in the way", "openapi: 3.0.3\ninfo: {title: a, version: v1}\n? paths\n: /a: {get: {responses: {}}}\n", ok, `error: openapi.yaml: calls no backend, and its layout does not allow an automatic edit; add x-wso2-production-endpoints: {urls: [products-backend]} at its root [swagger/endpoint]`},
		{"a name that is too long", plainDocument, append([]string{strings.Repeat("a", 56)}, ok[1:]...), `error: NAME: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-metrics" cannot name a Service; use at most 55 characters in "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" [input/name]`},
		{"a port of the gateway", oneBackend, append(ok, "--backend-port", "9090"), `error: --backend-port: 9090 is taken by the gateway in the same pod; let the backend listen on another port [backend/port]`},
		{"wrong endpoint", strings.Replace(oneBackend, `"stock"]`, `"Stock_1"]`, 1), ok, `error: openapi.yaml:6:44: x-wso2-production-endpoints.urls[0]: "Stock_1" is neither a URL nor a name; use a URL with its scheme, such as https://example.com/v1, or NAME or NAME.NAMESPACE of a TargetEndpoint [swagger/endpoint]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, got := initialized(t, tc.document, tc.args...)
			if got.code != exitProblems || got.stdout != "" {
				t.Errorf("exit code %d\n%s", got.code, got.stdout)
			}
			if diff := cmp.Diff(tc.want+"\n", got.stderr); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if names, _ := filesIn(t, dir); len(names) != 1 {
				t.Errorf("there are the files %v", names)
			}
		})
	}
}

// TestInitOverwritesNothing checks that files in the way are all named, next to what else is wrong, and stay as they are.
func TestInitOverwritesNothing(t *testing.T) {
	dir := writeFiles(t, map[string]string{"openapi.yaml": plainDocument, "api.yaml": "mine", "notes.txt": "mine, too"})
	if err := os.Symlink("nowhere", filepath.Join(dir, "swagger.yaml")); err != nil {
		t.Fatal(err)
	}
	args := []string{"init", "products", "-f", filepath.Join(dir, "openapi.yaml"), "-o", dir, "--image", "a:1", "--backend-image", "b:1"}
	got := run(t, ".", "", append(args, "--backend-port", "0")...)
	want := "error: --backend-port: is missing or 0; set a port from 1 to 65535 [input/required]\n" +
		"error: DIR/api.yaml: already exists; choose another directory with --output [output/conflict]\n" +
		"error: DIR/swagger.yaml: already exists; choose another directory with --output [output/conflict]\n"
	if stderr := strings.ReplaceAll(got.stderr, dir, "DIR"); got.code != exitProblems || stderr != want {
		t.Errorf("exit code %d\n%s", got.code, stderr)
	}
	if names, texts := filesIn(t, dir); len(names) != 3 || texts["api.yaml"] != "mine" {
		t.Errorf("there are %v", texts)
	}
	for _, name := range []string{"api.yaml", "swagger.yaml"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got := run(t, ".", "", args...); got.code != exitOK || got.stderr != "" {
		t.Errorf("a folder with other files: exit code %d\n%s", got.code, got.stderr)
	}
	if _, texts := filesIn(t, dir); len(texts) != 9 || texts["notes.txt"] != "mine, too" {
		t.Errorf("there are %v", texts)
	}
}

// TestInitLeavesNothingHalfWritten checks that a failure on the way removes what was written before it.
func TestInitLeavesNothingHalfWritten(t *testing.T) {
	dir := writeFiles(t, map[string]string{"file": ""})
	if err := writeNew(filepath.Join(dir, "a", "b"), []scaffold.File{{Name: "x"}, {Name: "y"}, {Name: "x"}}); err == nil {
		t.Error("a file was written twice")
	}
	if err := writeNew(filepath.Join(dir, "file"), []scaffold.File{{Name: "x"}}); err == nil {
		t.Error("a file is a folder")
	}
	if names, _ := filesIn(t, dir); !cmp.Equal(names, []string{"file"}) {
		t.Errorf("there are %v", names)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); !os.IsNotExist(err) {
		t.Errorf("the folder stays: %v", err)
	}
}

func TestInitDefaultsAndCommandLines(t *testing.T) {
	dir := writeFiles(t, map[string]string{"my docs/openapi.yaml": serverOnly})
	t.Chdir(dir)
	got := run(t, ".", "", "init", "weather", "-f", "my docs/openapi.yaml", "--image", "a:1", "--flavor", "plain")
	want := "weather/controller-config.yaml\nweather/hpa-configs.yaml\nweather/render-apis.yaml\nweather/swagger.yaml\n\n" +
		"Render the manifests:\n\n  krm-fn render weather\n"
	if got != (outcome{want, "", exitOK}) {
		t.Errorf("got %v", got)
	}
	got = run(t, ".", "", "init", "weather", "-f", "my docs/openapi.yaml", "--image", "a:1", "--flavor", "plain", "-o", "it's new/./here")
	if !strings.HasSuffix(got.stdout, "\n\n  krm-fn render 'it'\\''s new/here'\n") {
		t.Errorf("got %v", got)
	}
	got = run(t, ".", "", "init", "rain", "-f", "none.yaml", "--image", "A")
	if want := `error: --image: "A" is not a valid image: invalid reference format: repository name (library/A) must be lowercase; ` +
		"use one such as registry.example.com/shop/products:v1.0.0 [input/value]\n" +
		"error: none.yaml: no such file or directory [input/file]\n"; got != (outcome{"", want, exitProblems}) {
		t.Errorf("got %v", got)
	}
	const usage = "\nRun 'krm-fn --help' for usage.\n"
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"no name":        {[]string{"-f", "a", "--image", "a"}, "error: give one name for the API, not 0" + usage},
		"two names":      {[]string{"a", "b", "-f", "a"}, "error: give one name for the API, not 2" + usage},
		"no document":    {[]string{"a"}, "error: required flag(s) \"from-file\" not set" + usage},
		"flavor":         {[]string{"a", "-f", "a", "--flavor", "helm"}, "error: --flavor: \"helm\" is not one of kustomize, kpt, plain" + usage},
		"image twice":    {[]string{"a", "-f", "a", "--image", "a", "--registry", "b"}, "error: if any flags in the group [image registry] are set none of the others can be; [image registry] were all set" + usage},
		"port no number": {[]string{"a", "-f", "a", "--backend-port", "http"}, "error: invalid argument \"http\" for \"--backend-port\" flag: strconv.ParseInt: parsing \"http\": invalid syntax" + usage},
	} {
		if got := run(t, ".", "", append([]string{"init"}, tc.args...)...); got != (outcome{"", tc.want, exitUsage}) {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
