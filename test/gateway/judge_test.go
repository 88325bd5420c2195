package gateway

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/krm-fn/krm-fn/test/tools"
)

// haproxy returns the path of HAProxy. Without HAProxy, it skips the test, or fails it if KRM_FN_HAPROXY is set.
func haproxy(t *testing.T) string {
	t.Helper()
	path := Program()
	switch {
	case path != "":
	case os.Getenv("KRM_FN_HAPROXY") != "":
		t.Fatal("haproxy is not installed")
	default:
		t.Skip("haproxy is not installed")
	}
	return path
}

// rendered returns the expected outputs with gateways, as documents.
func rendered(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*/output.yaml", "examples/*.yaml"} {
		files, err := filepath.Glob(filepath.Join(tools.Root(t), "testdata", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), "haproxy.cfg") {
				continue
			}
			if filepath.Base(file) == "output.yaml" {
				text = []byte(documents(t, text))
			}
			all[file] = string(text)
		}
	}
	return all
}

// documents returns the items of a ResourceList as documents.
func documents(t *testing.T, list []byte) string {
	t.Helper()
	var l struct {
		Items []map[string]any `json:"items"`
	}
	if err := yaml.Unmarshal(list, &l); err != nil {
		t.Fatal(err)
	}
	var docs []string
	for _, item := range l.Items {
		text, err := yaml.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, string(text))
	}
	return strings.Join(docs, "\n---\n")
}

// TestGoldens checks that HAProxy accepts the configurations that are expected of krm-fn.
func TestGoldens(t *testing.T) {
	program := haproxy(t)
	checked := 0
	for file, manifests := range rendered(t) {
		all, err := Configurations(manifests)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for name, files := range all {
			if err := Check(program, t.TempDir(), files); err != nil {
				t.Errorf("%s: ConfigMap %s: %v", file, name, err)
			}
			checked++
		}
	}
	if checked < 6 {
		t.Errorf("only %d configurations", checked)
	}
}

// TestCheckFails checks that mistakes are noticed: in a directive, and in the name of a file.
func TestCheckFails(t *testing.T) {
	program := haproxy(t)
	sound := "frontend a\n  mode http\n  timeout client 1s\n  bind 127.0.0.1:9\n"
	for config, ok := range map[string]bool{
		sound:                  true,
		sound + "  bend *:0\n": false,
		sound + "  acl a path,map_str(/usr/local/etc/haproxy/none.map) -m found\n": false,
	} {
		if err := Check(program, t.TempDir(), map[string]string{"haproxy.cfg": config}); (err == nil) != ok {
			t.Errorf("%s\n%v", config, err)
		}
	}
}
