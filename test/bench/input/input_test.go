package input_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	_ "github.com/krm-fn/krm-fn/pkg/gen" // What the tests run: a change of it must run them again.
	"github.com/krm-fn/krm-fn/test/bench/input"
	"github.com/krm-fn/krm-fn/test/tools"
)

// forms writes each form of a set to a directory.
var forms = []struct {
	name  string
	write func(input.Set, string) error
	files int // for 3 APIs
}{
	{"package", input.Set.Package, 5},
	{"kustomization", func(s input.Set, dir string) error { return s.Kustomization(dir, "krm-fn") }, 7},
	{"kpt", func(s input.Set, dir string) error { return s.Kpt(dir, "krm-fn") }, 7},
	{"chart", input.Set.Chart, 9},
	{"openapi", input.Set.OpenAPI, 3},
	{"list", writeList, 1},
}

func writeList(s input.Set, dir string) error {
	f, err := os.Create(filepath.Join(dir, "list.yaml"))
	if err != nil {
		return err
	}
	return errors.Join(s.ResourceList(f), f.Close())
}

func TestSameSetSameBytes(t *testing.T) {
	for _, form := range forms {
		for _, documents := range []input.Documents{input.Small, input.Big} {
			var got [2]map[string]string
			for i := range got {
				dir := t.TempDir()
				if err := form.write(input.Set{First: 7, APIs: 3, Documents: documents}, dir); err != nil {
					t.Fatalf("%s, %s: %v", form.name, documents, err)
				}
				got[i] = digests(t, dir)
			}
			if len(got[0]) != form.files {
				t.Errorf("%s, %s: %d files, want %d: %v", form.name, documents, len(got[0]), form.files, got[0])
			}
			if diff := cmp.Diff(got[0], got[1]); diff != "" {
				t.Errorf("%s, %s: two runs differ (-first +second):\n%s", form.name, documents, diff)
			}
		}
	}
}

// A set that is split must have the same APIs as the whole.
func TestPartsMakeTheWhole(t *testing.T) {
	whole, parts := t.TempDir(), t.TempDir()
	for dir, sets := range map[string][]input.Set{
		whole: {{APIs: 4, Documents: input.Small}},
		parts: {{APIs: 1, Documents: input.Small}, {First: 1, APIs: 3, Documents: input.Small}},
	} {
		for _, set := range sets {
			if err := set.Package(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(digests(t, whole), digests(t, parts)); diff != "" {
		t.Errorf("-whole +parts:\n%s", diff)
	}
}

func TestLinesOfDocuments(t *testing.T) {
	for documents, want := range map[input.Documents]int{input.Small: 30, input.Big: 1600} {
		dir := t.TempDir()
		if err := (input.Set{APIs: 2, Documents: documents}).OpenAPI(dir); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"api-00000.yaml", "api-00001.yaml"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.Count(text, []byte("\n")); got != want {
				t.Errorf("%s, %s has %d lines, want %d", documents, name, got, want)
			}
		}
	}
}

func TestUnknownDocuments(t *testing.T) {
	err := input.Set{APIs: 1, Documents: "huge"}.Package(t.TempDir())
	if want := `documents "huge": write small or big`; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// TestKRMFnRendersIt runs krm-fn on the forms that it reads: no problem, not even a warning, and all objects.
func TestKRMFnRendersIt(t *testing.T) {
	krmFn := filepath.Join(t.TempDir(), "krm-fn")
	build := exec.Command("go", "build", "-o", krmFn, "./cmd/krm-fn")
	build.Dir = tools.Root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	perAPI := map[string]int{"Deployment": 2, "Service": 3, "HorizontalPodAutoscaler": 2, "ServiceMonitor": 1}
	for _, documents := range []input.Documents{input.Small, input.Big} {
		set := input.Set{APIs: 10, Documents: documents}
		dir := t.TempDir()
		if err := set.Package(dir); err != nil {
			t.Fatal(err)
		}
		var list, rendered, stdout, stderr bytes.Buffer
		if err := set.ResourceList(&list); err != nil {
			t.Fatal(err)
		}
		command := exec.Command(krmFn, "render", dir)
		command.Stdout, command.Stderr = &rendered, &stderr
		function := exec.Command(krmFn)
		function.Stdin, function.Stdout, function.Stderr = &list, &stdout, &stderr
		for _, cmd := range []*exec.Cmd{command, function} {
			if err := cmd.Run(); err != nil || stderr.Len() > 0 {
				t.Fatalf("%v, %s documents: %v\n%s", cmd.Args[1:], documents, err, stderr.String())
			}
		}
		if got := 1 + strings.Count(rendered.String(), "\n---\n"); got != set.Objects() {
			t.Errorf("%s: %d objects, want %d", documents, got, set.Objects())
		}
		for kind, n := range perAPI {
			want := n * set.APIs
			if got := strings.Count(rendered.String(), "\nkind: "+kind+"\n"); got != want {
				t.Errorf("render, %s documents: %d objects of kind %s, want %d", documents, got, kind, want)
			}
			if got := strings.Count(stdout.String(), "\n  kind: "+kind+"\n"); got != want {
				t.Errorf("function, %s documents: %d items of kind %s, want %d", documents, got, kind, want)
			}
		}
	}
}

// digests maps the files below dir to digests of their bytes.
func digests(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		sum := sha256.Sum256(text)
		got[name] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}
