package argocd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/test/tools"
)

// needsArgoCD skips a test that plain go test does not run.
func needsArgoCD(t *testing.T) {
	t.Helper()
	if os.Getenv("ARGOCD_TEST") != "1" {
		t.Skip("NOT TESTED: this requires Argo CD, which takes minutes to build; run make argocd-test")
	}
}

// argoCD returns the path of the commands of tools/argocd.
func argoCD(t *testing.T) string {
	t.Helper()
	needsArgoCD(t)
	return tools.Build(t, "argocd")
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// edit replaces a text, which must occur exactly once, in a file.
func edit(t *testing.T, file, before, after string) {
	t.Helper()
	text := read(t, file)
	if n := strings.Count(text, before); n != 1 {
		t.Fatalf("%q occurs %d times in %s", before, n, file)
	}
	write(t, file, strings.Replace(text, before, after, 1))
}

// example returns the path of an example, or of a file in one.
func example(t *testing.T, path ...string) string {
	t.Helper()
	return filepath.Join(append([]string{tools.Root(t), "examples"}, path...)...)
}

// copyTo copies a directory.
func copyTo(t *testing.T, dir, source string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
}

// outcome is all that a command shows.
type outcome struct {
	stdout, stderr string
	code           int
}

// run runs a command to its end.
func run(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", cmd, err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command that must succeed, and returns its standard output.
func must(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	o := run(t, cmd)
	if o.code != 0 {
		t.Fatalf("%s: exit code %d\n%s%s", cmd, o.code, o.stdout, o.stderr)
	}
	return o.stdout
}

// object is the content of a manifest.
type object map[string]any

// at returns the value at a path of field names, or nil.
func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, field := range path {
		m, _ := v.(map[string]any)
		v = m[field]
	}
	return v
}

// name returns "Kind namespace/name".
func (o object) name() string {
	namespace, _ := o.at("metadata", "namespace").(string)
	name, _ := o.at("metadata", "name").(string)
	kind, _ := o["kind"].(string)
	return kind + " " + strings.TrimPrefix(namespace+"/"+name, "/")
}

// parse reads a stream of manifests, with numbers as JSON has them.
func parse(t *testing.T, text string) []object {
	t.Helper()
	var objects []object
	documents := yaml.NewDecoder(strings.NewReader(text))
	for {
		var fields map[string]any
		err := documents.Decode(&fields)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, decode(t, encode(t, fields)))
	}
}

func decode(t *testing.T, text []byte) object {
	t.Helper()
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// byNameWithout returns objects by their names, without annotations that depend on how krm-fn was called.
func byNameWithout(t *testing.T, objects []object, without ...string) map[string]object {
	t.Helper()
	all := map[string]object{}
	for _, o := range objects {
		o = decode(t, encode(t, o))
		annotations, _ := o.at("metadata", "annotations").(map[string]any)
		for _, key := range without {
			delete(annotations, key)
		}
		if _, twice := all[o.name()]; twice {
			t.Errorf("%s appears more than once in the output", o.name())
		}
		all[o.name()] = o
	}
	return all
}

// rendered is what krm-fn render prints for a directory.
func rendered(t *testing.T, dir string) []object {
	t.Helper()
	return parse(t, must(t, exec.CommandContext(t.Context(), tools.KrmFn(t), "render", dir)))
}
