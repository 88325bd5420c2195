package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/migrate"
)

const operatorDump = "pkg/migrate/testdata/private-jet/dump.yaml"

// TestMigrateWrites runs the command on a file and on standard input. What it writes renders to what it rendered, and it never writes where
// something is.
func TestMigrateWrites(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "new", "migration")
	got := run(t, ".", "", "migrate", "-o", dir, operatorDump)
	if got.code != exitOK || !strings.HasPrefix(got.stdout, "Inputs to commit:\n  "+filepath.ToSlash(dir)+"/inputs/api_shop_products-api.yaml\n") ||
		!strings.Contains(got.stderr, "warning: Service shop/products-api: spec.ports: port metrics 9797 is removed") {
		t.Fatalf("%+v", got)
	}
	rendered := filepath.Join(parent, "rendered")
	if again := run(t, ".", "", "render", "-o", rendered, filepath.Join(dir, migrate.InputsDir)); again.code != exitOK {
		t.Fatal(again.stderr)
	}
	if a, b := tree(t, filepath.Join(dir, migrate.ManifestsDir)), tree(t, rendered); a != b || a == "" {
		t.Errorf("render gives\n%s\nnot\n%s", b, a)
	}

	before := tree(t, dir)
	if again := run(t, ".", "", "migrate", "-o", dir, operatorDump); again != (outcome{"", "error: " + dir + " is not empty; choose a new directory\n", exitProblems}) {
		t.Errorf("%+v", again)
	}
	if tree(t, dir) != before {
		t.Error("the folder has changed")
	}

	other := filepath.Join(parent, "empty")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	piped := run(t, ".", read(t, operatorDump), "migrate", "-o", other, "--format", "json", "-")
	var report struct {
		Inputs   []string
		Steps    []migrate.Step
		Problems []jsonProblem
	}
	if err := json.Unmarshal([]byte(piped.stdout), &report); err != nil || piped.code != exitOK {
		t.Fatalf("%v: %+v", err, piped)
	}
	if len(report.Inputs) != 9 || len(report.Steps) != 8 || len(report.Problems) != strings.Count(piped.stderr, "\n") {
		t.Errorf("%+v", report)
	}
	if left, _ := filepath.Glob(filepath.Join(parent, ".krm-fn-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// tree is all that the files of a directory hold, but not the record of their sources.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == sourcesFile {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		b.WriteString(rel + "\n" + read(t, name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMigrateErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	const usage = "\nRun 'krm-fn --help' for usage.\n"
	for name, tc := range map[string]struct {
		args []string
		want outcome
	}{
		"no dump":   {nil, outcome{"", "error: name one dump of the cluster, or - for standard input" + usage, exitUsage}},
		"no folder": {[]string{"-"}, outcome{"", "error: --output: name the directory to write" + usage, exitUsage}},
		"no format": {[]string{"-o", out, "--format", "xml", "-"}, outcome{"", `error: --format: "xml" is not one of json, text` + usage, exitUsage}},
		"a file":    {[]string{"-o", file, "-"}, outcome{"", "error: open " + file + ": not a directory\n", exitProblems}},
		"not there": {[]string{"-o", out, "nowhere.yaml"}, outcome{"", "error: nowhere.yaml: no such file or directory [input/file]\n", exitProblems}},
		"empty":     {[]string{"-o", out, "-"}, outcome{"", "error: -: is empty; create the dump with: " + migrate.DumpCommand + " [migrate/dump]\n", exitProblems}},
		"no Kubernetes": {
			[]string{"-o", out, "--kubernetes-version", "new", operatorDump},
			outcome{"", "error: RenderAPIs render: spec.kubernetesVersion: \"new\" is not a Kubernetes version; use one such as \"1.37\" [input/value]\n", exitProblems},
		},
	} {
		got := run(t, ".", "", append([]string{"migrate"}, tc.args...)...)
		if tc.want.code == exitProblems && name == "no Kubernetes" {
			got.stderr = firstLine(got.stderr)
		}
		if got != tc.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: something was written", name)
		}
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line + "\n"
}
