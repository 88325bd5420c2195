package keda

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/test/tools"
)

// TestGoldens shows that KEDA accepts every ScaledObject that the function renders, without a warning.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(tools.Root(t), "testdata", "keda*", "output.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d expected outputs: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			manifests, scalers := applied(t, file)
			verdicts := Judge(t, manifests)
			if len(verdicts) != scalers {
				t.Errorf("%d verdicts for %d ScaledObjects", len(verdicts), scalers)
			}
			for _, v := range verdicts {
				if v.Schema+v.Webhook+v.Build != "" || len(v.Warnings) > 0 || len(v.Metrics) == 0 {
					t.Errorf("%+v", v)
				}
			}
		})
	}
}

// applied returns the items of a ResourceList that reach a cluster, and the number of ScaledObjects among them.
func applied(t *testing.T, file string) (manifests string, scalers int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Items []map[string]any }
	if err := yaml.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, it := range list.Items {
		out, err := yaml.Marshal(it)
		switch {
		case err != nil:
			t.Fatal(err)
		case strings.Contains(string(out), "config.kubernetes.io/local-config: \"true\""):
			continue
		case it["kind"] == "ScaledObject":
			scalers++
		}
		all.WriteString("---\n" + string(out))
	}
	return all.String(), scalers
}
