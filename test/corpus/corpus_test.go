package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// put writes files below a new directory.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// corpus runs the command, and returns its table without measures, with single spaces.
func corpus(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append(args, dir), &out, &out)
	text := strings.ReplaceAll(out.String(), dir, "DIR")
	text = regexp.MustCompile(`(check|render|init|gateway) +\d+\.\d\d +\d+ `).ReplaceAllString(text, "$1 ")
	return regexp.MustCompile(` +\n`).ReplaceAllString(regexp.MustCompile(` +`).ReplaceAllString(text, " "), "\n"), err
}

func TestCorpus(t *testing.T) {
	dir := put(t, map[string]string{
		"openapi.json":         `{"openapi": "3.0.3", "info": {"title": "a", "version": "v1"}, "paths": {"/": {"get": {"responses": {"200": {"description": "a"}}}}}}`,
		"k/kustomization.yaml": "resources: []\n",
		"c/Chart.yaml":         "apiVersion: v2\nname: c\n",
		"c/broken.yml":         "apiVersion: v1\nkind: ConfigMap\ndata: [",
		".hidden/a.yaml":       "a: [",
		"readme.md":            "a",
	})
	got, err := corpus(t, dir, "-krm-fn", tools.KrmFn(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"VERDICT EXIT COMMAND CPU S MIB PATH PROBLEMS NOTE\nproblems 1 ",
		"\nproblems 1 check DIR/c input/syntax 1 chart\n",
		"\nproblems 1 init DIR/c/broken.yml input/syntax 1\n",
		"\nok 0 init DIR/openapi.json\n",
		" DIR/k ",
		" kustomization\n",
		"\ninit: 4 runs: problems 3, ok 1\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "hidden") {
		t.Errorf("a hidden directory was read:\n%s", got)
	}
}

func TestCorpusOfFailures(t *testing.T) {
	dir := put(t, map[string]string{"a.yaml": "a: 1\n"})
	program := filepath.Join(put(t, map[string]string{"krm-fn": `#!/bin/sh
case "$1 $2" in
check\ *.yaml) echo 'panic: index out of range' >&2; exit 2;;
check*) echo 'error: a.yaml: wrong [input/file]'; exit 1;;
render\ *.yaml) exec sleep 60;;
init*) kill -9 $$;;
esac
`}), "krm-fn")
	got, err := corpus(t, dir, "-krm-fn", program, "-limit", "1s")
	if err == nil || err.Error() != "4 of 6 runs panicked, were stopped at a limit, or rendered what HAProxy rejects" {
		t.Errorf("got error %v", err)
	}
	want := `VERDICT EXIT COMMAND CPU S MIB PATH PROBLEMS NOTE
PANIC 2 check DIR/a.yaml panic: index out of range
STOPPED -1 gateway DIR/a.yaml
STOPPED -1 init DIR/a.yaml
STOPPED -1 render DIR/a.yaml
problems 1 check DIR input/file 1
ok 0 render DIR

check: 2 runs: PANIC 1, problems 1
input/file 1

render: 2 runs: STOPPED 1, ok 1


init: 1 runs: STOPPED 1


gateway: 1 runs: STOPPED 1

`
	lines := strings.SplitAfter(got, "\n")
	slices.Sort(lines[2:min(5, len(lines))]) // Which took longest is not sure.
	if diff := cmp.Diff(want, strings.Join(lines, "")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, args := range [][]string{{}, {dir, dir}, {"-limit", "x", dir}, {t.TempDir()}} {
		if err := run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
