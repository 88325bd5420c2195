package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMigrateKEDA runs the command on a dump, as a List, and on what it cannot use.
func TestMigrateKEDA(t *testing.T) {
	text := read(t, filepath.Join("pkg", "migrate", "tokeda", "testdata", "custom.yaml"))
	dir := filepath.Join(t.TempDir(), "keda")
	got := run(t, ".", text, "migrate", "keda", "-o", dir, "-")
	if got.code != exitOK || !strings.HasPrefix(got.stdout, "ScaledObjects for:\n") || !strings.Contains(got.stderr, "[migrate/keda]\n") {
		t.Fatalf("got %v", got)
	}
	for _, name := range []string{"scaledobjects/scaledobject_shop_web.yaml", "rollback/horizontalpodautoscaler_shop_web.yaml"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if got := run(t, ".", text, "migrate", "keda", "-o", dir, "-"); got.code != exitProblems || !strings.Contains(got.stderr, "is not empty; choose a new directory") {
		t.Errorf("into the same directory: %v", got)
	}
	inJSON := run(t, ".", text, "migrate", "keda", "-o", dir+"2", "--format", "json", "--prometheus", "http://prometheus:9090", "-")
	var report struct {
		Converted []struct{ Name string }
		Problems  []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(inJSON.stdout), &report); err != nil || len(report.Converted) != 4 || len(report.Problems) != 1 {
		t.Errorf("%v: got %v", err, inJSON)
	}
	if text := read(t, filepath.Join(dir+"2", "scaledobjects", "scaledobject_shop_web.yaml")); !strings.Contains(text, "serverAddress: http://prometheus:9090\n") {
		t.Errorf("got\n%s", text)
	}
	nothing := run(t, ".", read(t, filepath.Join("pkg", "migrate", "tokeda", "testdata", "nothing.yaml")), "migrate", "keda", "-o", dir+"3", "-")
	if nothing.code != exitProblems || nothing.stdout != "" || !strings.Contains(nothing.stderr, "error: no HorizontalPodAutoscaler in the input reads a metric") {
		t.Errorf("nothing to do: %v", nothing)
	}
	if _, err := os.Stat(dir + "3"); err == nil {
		t.Error("it wrote files in spite of an error")
	}
	for _, args := range [][]string{{"-"}, {"-o", dir, "--format", "xml", "-"}, {"-o", dir}} {
		if got := run(t, ".", text, append([]string{"migrate", "keda"}, args...)...); got.code != exitUsage {
			t.Errorf("%v: exit code %d, %s", args, got.code, got.stderr)
		}
	}
}
