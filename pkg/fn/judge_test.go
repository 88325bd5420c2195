package fn_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/kio/kioutil"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/krm-fn/krm-fn/pkg/fn"
	"github.com/krm-fn/krm-fn/pkg/krm"
)

const testdata = "../../testdata"

// What kyaml does otherwise than the command, by case.
var (
	// refused are cases whose input does not get past kyaml's reader, with a part of its message.
	refused = map[string]string{
		"syntax-error":     "MalformedYAMLError",
		"items-no-list":    "wrong node kind",
		"items-no-objects": "wrong node kind",
	}
	// unwrapped are cases that the command refuses because the input is not a ResourceList of a known version. kyaml does not
	// look at the version, and takes any object for an item.
	unwrapped = map[string]bool{"no-resource-list": true, "resource-list-of-a-later-version": true}
	// lossy are cases with objects that kyaml's writer changes: it removes annotations that are an alias.
	lossy = map[string]bool{"foreign-aliases": true}
)

// TestGoldensThroughKyaml runs every golden case of the command with kyaml's reader, framework and writer. The items and results
// must be those that the command writes.
func TestGoldensThroughKyaml(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "input.yaml") {
		dir := filepath.Dir(file)
		name := filepath.Base(dir)
		if unwrapped[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			goldenCase(t, dir, refused[name])
		})
	}
}

// goldenCase runs one case. If kyaml refuses the input, refused is a part of its message.
func goldenCase(t *testing.T, dir, refused string) {
	t.Helper()
	var stdout bytes.Buffer
	var results framework.Results
	process := func(rl *framework.ResourceList) error {
		nodes, before := slices.Clone(rl.Items), texts(t, rl.Items)
		err := fn.Processor{Dir: dir}.Process(rl)
		if err != nil && !slices.Equal(nodes, rl.Items) {
			t.Error("items were replaced in spite of an error")
		}
		if diff := cmp.Diff(before, texts(t, nodes)); diff != "" {
			t.Errorf("nodes of the input changed (-before +after):\n%s", diff)
		}
		results = rl.Results
		return err
	}
	err := framework.Execute(framework.ResourceListProcessorFunc(process), &kio.ByteReadWriter{
		Reader: strings.NewReader(read(t, filepath.Join(dir, "input.yaml"))), Writer: &stdout, KeepReaderAnnotations: true,
	})
	if refused != "" {
		if err == nil || !strings.Contains(err.Error(), refused) {
			t.Errorf("got the error %v, want one with %q", err, refused)
		}
		return
	}
	want := read(t, filepath.Join(dir, outcome(t, err, results)))
	if diff := cmp.Diff(resultsOf(t, want), results); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if err == nil && !lossy[filepath.Base(dir)] {
		if diff := cmp.Diff(mirrored(objects(t, want)), mirrored(objects(t, stdout.String()))); diff != "" {
			t.Errorf("items (-want +got):\n%s", diff)
		}
	}
}

// outcome is the file that holds what the command gives where the processor gave err and results.
func outcome(t *testing.T, err error, results framework.Results) string {
	t.Helper()
	if err == nil {
		return "output.yaml"
	}
	var failed framework.Results
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(results, failed); diff != "" {
		t.Errorf("the error is not the results (-results +error):\n%s", diff)
	}
	return "results.yaml"
}

// mirrored gives objects the annotations that kyaml's framework gives them: those that say where an object is kept have an old and
// a new name, and one that kyaml needs for itself is removed.
func mirrored(objects []any) []any {
	for _, o := range objects {
		metadata, _ := o.(map[string]any)["metadata"].(map[string]any)
		annotations, _ := metadata["annotations"].(map[string]any)
		delete(annotations, kioutil.InternalAnnotationsMigrationResourceIDAnnotation)
		for current, old := range map[string]string{
			kioutil.PathAnnotation:  "config.kubernetes.io/path",
			kioutil.IndexAnnotation: "config.kubernetes.io/index",
			kioutil.IdAnnotation:    "config.k8s.io/id",
		} {
			if v, ok := annotations[old]; ok {
				annotations[current] = v
			} else if v, ok := annotations[current]; ok {
				annotations[old] = v
			}
		}
	}
	return objects
}

func texts(t *testing.T, nodes []*kyaml.RNode) []string {
	t.Helper()
	var all []string
	for _, n := range nodes {
		text, err := n.String()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}

// TestKyamlReadsTheGoldens compares the objects that kyaml's reader and pkg/krm find in the outputs of the command, and those that
// pkg/krm finds in what kyaml writes of them.
func TestKyamlReadsTheGoldens(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "output.yaml") {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			text := read(t, file)
			ours := itemsOf(t, text)
			if diff := cmp.Diff(ours, objects(t, text)); diff != "" {
				t.Errorf("kyaml reads other objects (-krm +kyaml):\n%s", diff)
			}
			var again bytes.Buffer
			rw := &kio.ByteReadWriter{Reader: strings.NewReader(text), Writer: &again, KeepReaderAnnotations: true}
			nodes, err := rw.Read()
			if err == nil {
				err = rw.Write(nodes)
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(ours, itemsOf(t, again.String())); diff != "" && !lossy[filepath.Base(filepath.Dir(file))] {
				t.Errorf("kyaml writes other objects (-krm +kyaml):\n%s", diff)
			}
		})
	}
}

func glob(t *testing.T, name string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testdata, "*", name))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// objects are the items of a list as kyaml reads them.
func objects(t *testing.T, text string) []any {
	t.Helper()
	nodes, err := (&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read()
	if err != nil {
		t.Fatal(err)
	}
	var all []any
	for _, n := range nodes {
		all = append(all, value(t, n.YNode()))
	}
	return all
}

// itemsOf are the items of a list as pkg/krm reads them.
func itemsOf(t *testing.T, text string) []any {
	t.Helper()
	list, ps := krm.ReadList(strings.NewReader(text))
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	var all []any
	for _, it := range list.Items {
		all = append(all, value(t, it.Node()))
	}
	return all
}

func value(t *testing.T, n *yaml.Node) any {
	t.Helper()
	var v any
	if err := n.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// resultsOf are the results at the end of a list.
func resultsOf(t *testing.T, text string) framework.Results {
	t.Helper()
	var list struct{ Results framework.Results }
	if err := kyaml.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	return list.Results
}
