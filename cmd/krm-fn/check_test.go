package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const brokenChain = "examples/broken-chain"

// TestCheckFormats compares what check prints about a broken chain in each format.
func TestCheckFormats(t *testing.T) {
	for _, format := range sortedNames(formats) {
		t.Run(format, func(t *testing.T) {
			got := run(t, ".", "", "check", "-o", format, brokenChain)
			if got.code != exitProblems || got.stderr != "1 HorizontalPodAutoscaler, 1 metric: 1 broken\n" {
				t.Errorf("exit code %d, %s", got.code, got.stderr)
			}
			if format == "json" || format == "sarif" {
				var v any
				if err := json.Unmarshal([]byte(got.stdout), &v); err != nil {
					t.Error(err)
				}
			}
			golden(t, filepath.Join(testdata, "check", format+".txt"), got.stdout)
		})
	}
}

func TestExplainFormats(t *testing.T) {
	for _, format := range sortedNames(drawings) {
		t.Run(format, func(t *testing.T) {
			got := run(t, ".", "", "explain", "-o", format, "hpa/shop/orders", brokenChain)
			if got.code != exitProblems || got.stderr != "" {
				t.Errorf("exit code %d, %s", got.code, got.stderr)
			}
			golden(t, filepath.Join(testdata, "explain", format+".txt"), got.stdout)
			if old := run(t, ".", "", "explain", "--format="+format, "hpa/shop/orders", brokenChain); old != got {
				t.Errorf("--format: %+v", old)
			}
		})
	}
}

// The chains of all scalers are those of each. What is about none of them is reported beside them.
func TestExplainAll(t *testing.T) {
	const idle = "\n---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\n" +
		"metadata: {name: idle, namespace: shop}\nspec: {selector: {matchLabels: {app: nobody}}, endpoints: []}\n"
	const warning = "48: ServiceMonitor shop/idle: spec.endpoints: is empty, so the monitor scrapes nothing; " +
		"add at least one endpoint [scrape/port]\n"
	moved := strings.ReplaceAll(mended(t), "namespace: shop", "namespace: depot")
	sound, _, _ := strings.Cut(moved, "---\napiVersion: v1\nkind: ConfigMap")
	input := read(t, filepath.Join(brokenChain, "manifests.yaml")) + "---\n" + sound + idle
	for _, format := range sortedNames(drawings) {
		got := run(t, ".", input, "explain", "--all", "-o", format, "-")
		golden(t, filepath.Join(testdata, "explain", "all-"+format+".txt"), got.stdout)
		if want := "warning: -:167:" + warning; got.code != exitProblems || got.stderr != want {
			t.Errorf("exit code %d, %s", got.code, got.stderr)
		}
	}
	if got := run(t, ".", mended(t)+idle, "explain", "--all", "-"); got.code != exitOK || got.stderr != "warning: -:95:"+warning {
		t.Errorf("a sound chain beside a problem: %+v", got)
	}
	if got := run(t, ".", mended(t)+idle, "explain", "hpa/orders", "-"); got.code != exitOK || got.stderr != "" {
		t.Errorf("one sound chain: %+v", got)
	}
	want := outcome{"", "error: the input has no HorizontalPodAutoscaler, ScaledJob or ScaledObject [hpa/target]\n", exitProblems}
	if got := run(t, ".", "", "explain", "--all", "-"); got != want {
		t.Errorf("no scaler: %+v", got)
	}
}

// fixed are the manifests of the broken chain with the name of the port that the Service has.
func mended(t *testing.T) string {
	t.Helper()
	return strings.Replace(read(t, filepath.Join(brokenChain, "manifests.yaml")), "- port: http\n", "- port: web\n", 1)
}

func TestCheckReadsAStream(t *testing.T) {
	for _, args := range [][]string{{"check", "-"}, {"check", "--require-proof", "-"}} {
		if got := run(t, ".", mended(t), args...); got != (outcome{stderr: "1 HorizontalPodAutoscaler, 1 metric: 1 proved\n"}) {
			t.Errorf("mended manifests: %+v", got)
		}
	}
	if got := run(t, ".", mended(t), "explain", "hpa/orders", "-"); got.code != exitOK || strings.Contains(got.stdout, "BROKEN") {
		t.Errorf("mended manifests: %+v", got)
	}
}

func TestCheckFlags(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	page := file("page.txt", "# TYPE order_total counter\norder_total 3\n")
	values := file("values.yaml", "rules:\n  custom:\n  - seriesQuery: 'orders_total{'\n")
	v1 := strings.Replace(mended(t), "apiVersion: autoscaling/v2\n", "apiVersion: autoscaling/v2beta2\n", 1)
	for name, tc := range map[string]struct {
		input, want string
		args        []string
	}{
		"a sample without the series": {mended(t), "[scrape/series]", []string{"--sample", "shop/orders=" + page}},
		"values of the Helm chart":    {mended(t), "[rule/query]", []string{"--adapter-values", values}},
		"a version that is gone":      {v1, "[hpa/version]", []string{"--kubernetes-version", "1.30"}},
		"a target that is missing":    {strings.Replace(mended(t), "kind: Deployment\n    name: orders\n", "kind: Deployment\n    name: payments\n", 1), "[hpa/target]", []string{"--complete"}},
		"no version":                  {v1, `error: --kubernetes-version: "x" is not a Kubernetes version; use one such as "1.37" [input/value]`, []string{"--kubernetes-version", "x"}},
		"a version of the future":     {v1, `error: --kubernetes-version: 1.99 is newer than the newest known Kubernetes version, 1.37; use 1.37, or a newer krm-fn [input/value]`, []string{"--kubernetes-version", "1.99"}},
		"a sample without a file":     {v1, `error: --sample: "orders" has no file; use WORKLOAD=FILE [input/value]`, []string{"--sample", "orders"}},
		"files that are not there":    {v1, "no-such", []string{"--sample", "orders=no-such", "--adapter-values", "no-such"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, ".", tc.input, append([]string{"check", "-"}, tc.args...)...)
			if got.code != exitProblems || !strings.Contains(got.stdout, tc.want) {
				t.Errorf("exit code %d, want %q in\n%s", got.code, tc.want, got.stdout)
			}
		})
	}
	// The version still served the manifests.
	if got := run(t, ".", v1, "check", "--kubernetes-version", "1.24", "-"); got.code != exitOK {
		t.Errorf("1.24: %+v", got)
	}
}

// TestCheckReadsTheRest has files that are no manifests, or cannot be read: what they are is said, and the others are checked.
func TestCheckReadsTheRest(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"tsconfig.json": "{ // c\n\"a\": 1}", "values.yaml": "image: x\n", "broken.yaml": "apiVersion: v1\nkind: [\n",
		"template.yaml":     "apiVersion: v1\nkind: ConfigMap\n{{- if .Values.x }}\nmetadata: {}\n{{- end }}\n",
		"kustomization.yml": "patches: [{path: patch.yaml}]\npatchesStrategicMerge: [merge.yaml]\n",
		"patch.yaml":        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {maxReplicas: 3}\n",
		"merge.yaml":        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {minReplicas: 3}\n",
		"manifests.yaml":    mended(t), "inner/kustomization.yaml": "resources: [a.yaml]\n", "inner/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := outcome{
		stdout: `error: DIR/broken.yaml:2: is not valid YAML: did not find expected node content; the file is not checked [input/syntax]
error: DIR/template.yaml:3: is a template, so it is not checked; render it first, such as with helm template [input/syntax]
info: DIR/kustomization.yml: is not applied, so its files are checked as they are; to check the result, run: kustomize build DIR | krm-fn check - [input/file]
info: DIR/tsconfig.json:1: is not a Kubernetes manifest; it is ignored [input/syntax]
info: DIR/values.yaml: contains a document that is not a Kubernetes resource; it is ignored [input/file]
`,
		stderr: "1 HorizontalPodAutoscaler, 1 metric: 1 proved\n", code: exitProblems,
	}
	got := run(t, ".", "", "check", dir)
	if got.stdout = strings.ReplaceAll(got.stdout, dir, "DIR"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// A wildcard of the shell also matches files that are no manifests.
	got = run(t, ".", "", "check", filepath.Join(dir, "manifests.yaml"), filepath.Join(dir, "values.yaml"))
	if got.code != exitOK || !strings.Contains(got.stdout, "values.yaml:1: is not a Kubernetes manifest; it is ignored") {
		t.Errorf("%+v", got)
	}
}

func TestCheckRequiresProof(t *testing.T) {
	for input, want := range map[string]outcome{
		"": {stderr: "no objects, so nothing is checked\n", code: exitProblems},
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n": {stderr: "1 object without a HorizontalPodAutoscaler, so no metric is checked\n", code: exitProblems},
	} {
		if got := run(t, ".", input, "check", "--require-proof", "-"); got != want {
			t.Errorf("%q: %+v", input, got)
		}
		want.code = exitOK
		if got := run(t, ".", input, "check", "-"); got != want {
			t.Errorf("%q: %+v", input, got)
		}
	}
}
