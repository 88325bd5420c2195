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
			if got.code != exitProblems || got.stderr != "" {
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
			got := run(t, ".", "", "explain", "--format", format, "hpa/shop/orders", brokenChain)
			if got.code != exitProblems || got.stderr != "" {
				t.Errorf("exit code %d, %s", got.code, got.stderr)
			}
			golden(t, filepath.Join(testdata, "explain", format+".txt"), got.stdout)
		})
	}
}

// fixed are the manifests of the broken chain with the name of the port that the Service has.
func mended(t *testing.T) string {
	t.Helper()
	return strings.Replace(read(t, filepath.Join(brokenChain, "manifests.yaml")), "- port: http\n", "- port: web\n", 1)
}

func TestCheckReadsAStream(t *testing.T) {
	if got := run(t, ".", mended(t), "check", "-"); got != (outcome{}) {
		t.Errorf("mended manifests: %+v", got)
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
