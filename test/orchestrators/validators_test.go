package orchestrators

import (
	"strings"
	"testing"
)

// validator is the function configuration of docs/check.md without files.
const validator = `apiVersion: krm-fn.dev/v1alpha1
kind: CheckManifests
metadata:
  name: check
  annotations:
    config.kubernetes.io/function: |
      exec:
        path: krm-fn
`

const (
	wrongPort = "error: %sServiceMonitor shop/orders: spec.endpoints[0].port: \"http\" is the name of the container port; " +
		"use the port name of Service orders, \"web\" [scrape/port]"
	mendPort = "- port: http\n"
)

// TestValidators runs CheckManifests on manifests that others wrote, after all transformers.
func TestValidators(t *testing.T) {
	t.Parallel()
	t.Run("kustomize", func(t *testing.T) {
		t.Parallel()
		dir := example(t, "broken-chain")
		write(t, dir, map[string]string{
			"check.yaml":         validator,
			"kustomization.yaml": "resources:\n- manifests.yaml\ntransformers:\n- check.yaml\n",
		})
		o := kustomizeBuild(t, dir, ".")
		if want := strings.Replace(wrongPort, "%s", "standard input:81:7: ", 1); o.code == 0 || !strings.Contains(o.stderr, want) {
			t.Errorf("exit code %d, want %s in\n%s", o.code, want, o.stderr)
		}
		mend(t, dir)
		if objects := mustBuild(t, dir, "."); len(objects) != 5 {
			t.Errorf("%d objects, want those of the file: 5", len(objects))
		}
	})
	// kustomize rejects every function under validators, even one that changes nothing: docs/check.md says so, and what to
	// write instead. Should this test fail, the page can be fixed.
	t.Run("kustomize validators", func(t *testing.T) {
		t.Parallel()
		dir := example(t, "broken-chain")
		mend(t, dir)
		write(t, dir, map[string]string{
			"check.yaml":         validator,
			"kustomization.yaml": "resources:\n- manifests.yaml\nvalidators:\n- check.yaml\n",
		})
		if o := kustomizeBuild(t, dir, "."); o.code == 0 || !strings.Contains(o.stderr, "validator shouldn't modify the resource map") {
			t.Errorf("exit code %d\n%s", o.code, o.stderr)
		}
	})
	t.Run("kpt", func(t *testing.T) {
		t.Parallel()
		dir := example(t, "broken-chain")
		write(t, dir, map[string]string{
			"check.yaml": strings.Replace(validator, "  annotations:\n", "  annotations:\n    config.kubernetes.io/local-config: \"true\"\n", 1),
			"Kptfile": "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: orders\npipeline:\n  validators:\n" +
				"  - exec: krm-fn\n    configPath: check.yaml\n",
		})
		o := kptRender(t, dir)
		if want := strings.Replace(wrongPort, "%s", "manifests.yaml (standard input:111:7): ", 1); o.code == 0 || !strings.Contains(o.stderr, want) {
			t.Errorf("exit code %d, want %s in\n%s", o.code, want, o.stderr)
		}
		mend(t, dir)
		mustRender(t, dir)
	})
}

// fix sets the port of the ServiceMonitor to the port name of the Service.
func mend(t *testing.T, dir string) {
	t.Helper()
	text := tree(t, dir)["manifests.yaml"]
	mended := strings.Replace(text, mendPort, "- port: web\n", 1)
	if mended == text {
		t.Fatal("there is nothing to fix")
	}
	write(t, dir, map[string]string{"manifests.yaml": mended})
}
