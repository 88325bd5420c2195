package gen

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// FuzzRun runs the whole pipeline on any ResourceList: it must not panic, every problem must say something, and a run on
// the output of a run without errors must change nothing.
func FuzzRun(f *testing.F) {
	seeds, err := filepath.Glob("../../testdata/*/input.yaml")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range seeds {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 64<<10 {
			return
		}
		first, _, ok := runOn(t, text)
		if !ok {
			return
		}
		second, _, ok := runOn(t, first)
		if !ok {
			t.Fatalf("the output is refused:\n%s", first)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("a run on its own output changes it (-first +second):\n%s", cmp.Diff(string(first), string(second)))
		}
	})
}

// runOn runs the pipeline and gives the ResourceList that comes out, if there is one, and the problems.
func runOn(t *testing.T, text []byte) (out []byte, problems []string, ok bool) {
	t.Helper()
	list, ps := krm.ReadList(bytes.NewReader(text))
	if ps.HasErrors() || len(list.Items) == 0 {
		return nil, nil, false // Comments of an empty list are not kept.
	}
	result, ps := Run(Input{Items: list.Items, Config: list.FunctionConfig, ReadFile: func(name string) ([]byte, error) {
		if name == "swagger.yaml" {
			return []byte("openapi: 3.0.3\ninfo: {version: v1}\nx-wso2-production-endpoints: https://a.example.com\npaths: {/: {get: {}}}\n"), nil
		}
		return nil, errors.New("there is none")
	}})
	for _, p := range ps {
		if p.Message == "" || p.ID == "" || p.Severity != model.Error && p.Severity != model.Warning && p.Severity != model.Info {
			t.Errorf("a problem says nothing: %#v", p)
		}
		problems = append(problems, p.String())
	}
	results, err := krm.Results(ps)
	if err != nil {
		t.Fatal(err)
	}
	if ps.HasErrors() {
		return nil, problems, false
	}
	var b bytes.Buffer
	if err := list.Write(&b, result.Items, results); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), problems, true
}
