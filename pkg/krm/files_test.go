package krm

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestReadPackageOfAFolder(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"b.yaml":               "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b0}\n---\n# empty\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b2}\n",
		"a.yml":                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
		"sub/c.json":           `{"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c0"}}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c1"}}]}`,
		"swagger.yaml":         "openapi: 3.0.3\n",
		"empty.yaml":           "# nothing\n",
		"broken.yaml":          "a: [\n",
		"kustomization.yaml":   "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n",
		"Kptfile":              "apiVersion: kpt.dev/v1\nkind: Kptfile\n",
		"chart/Chart.yaml":     "apiVersion: v2\n",
		"readme.md":            "kind: ConfigMap",
		".hidden.yaml":         "apiVersion: v1\nkind: Secret\n",
		".git/config.yaml":     "apiVersion: v1\nkind: Secret\n",
		"sub/.cache/deep.yaml": "apiVersion: v1\nkind: Secret\n",
	})
	outside := writeFiles(t, map[string]string{"x.yaml": "apiVersion: v1\nkind: Secret\n"})
	link(t, filepath.Join(outside, "x.yaml"), filepath.Join(dir, "link.yaml"))
	link(t, outside, filepath.Join(dir, "linked"))
	if err := os.Mkdir(filepath.Join(dir, "folder.yaml"), 0o755); err != nil {
		t.Fatal(err)
	}
	p, ps := ReadPackage(dir)
	if p.Root != dir {
		t.Errorf("the root is %s, want %s", p.Root, dir)
	}
	var got []string
	for _, it := range p.Items {
		got = append(got, strings.TrimPrefix(it.Place.File, dir+"/")+" "+string(rune('0'+it.Place.Index))+" "+it.Place.Object.String())
	}
	want := []string{
		"a.yml 0 ConfigMap a", "b.yaml 0 ConfigMap b0", "b.yaml 2 ConfigMap b2", "sub/c.json 0 ConfigMap c0", "sub/c.json 0 ConfigMap c1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	wantProblems := []string{
		"error: DIR/broken.yaml: line 1: is not valid YAML: did not find expected node content [input/syntax]",
		"info: DIR/swagger.yaml: contains a document that is not a Kubernetes resource; it is ignored [input/file]",
	}
	if diff := cmp.Diff(wantProblems, without(dir, lines(ps))); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestReadPackageOfAFile(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"one.txt":      "apiVersion: v1\nkind: ConfigMap\n",
		"swagger.yaml": "\nopenapi: 3.0.3\n",
		"broken.yaml":  "\"a\n",
		"empty.yaml":   "",
		"list.yaml":    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n- kind: List\n  items: [a]\n",
	})
	for file, want := range map[string]struct {
		items    int
		problems []string
	}{
		"one.txt":      {items: 1},
		"swagger.yaml": {problems: []string{"error: DIR/swagger.yaml: line 2: is not a Kubernetes resource: apiVersion or kind is missing [input/file]"}},
		"broken.yaml":  {problems: []string{"error: DIR/broken.yaml: line 2: is not valid YAML: found unexpected end of stream [input/syntax]"}},
		"empty.yaml":   {},
		"list.yaml":    {items: 1, problems: []string{"error: DIR/list.yaml: line 7: is not a Kubernetes resource: apiVersion or kind is missing [input/file]"}},
		"none.yaml":    {problems: []string{"error: DIR/none.yaml: no such file or directory [input/file]"}},
	} {
		p, ps := ReadPackage(filepath.Join(dir, file))
		if len(p.Items) != want.items {
			t.Errorf("%s: %d items, want %d", file, len(p.Items), want.items)
		}
		if diff := cmp.Diff(want.problems, without(dir, lines(ps))); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", file, diff)
		}
	}
}

func TestReadStream(t *testing.T) {
	p, ps := ReadStream(strings.NewReader("apiVersion: v1\nkind: ConfigMap\n---\nopenapi: 3.0.3\n"), "standard input")
	if len(p.Items) != 1 || p.Items[0].Place.File != "standard input" {
		t.Errorf("items are %v", p.Items)
	}
	want := []string{"error: standard input: line 4: is not a Kubernetes resource: apiVersion or kind is missing [input/file]"}
	if diff := cmp.Diff(want, lines(ps)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	_, ps = ReadStream(failingReader{}, "standard input")
	if diff := cmp.Diff([]string{"error: standard input: it broke [input/file]"}, lines(ps)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// TestReadTextOfAnEndlessStream checks that it takes little more memory than the limit.
func TestReadTextOfAnEndlessStream(t *testing.T) {
	if underRace {
		t.Skip("the race detector takes several times the memory")
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, ps := ReadText(endlessReader{}, model.Place{File: "standard input"})
	runtime.ReadMemStats(&after)
	want := []string{"error: standard input: has more than 256 MiB, which is the limit [input/limit]"}
	if diff := cmp.Diff(want, lines(ps)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > MaxStream>>20+8 {
		t.Errorf("%d MiB were allocated", n)
	}
}

type endlessReader struct{}

func (endlessReader) Read(b []byte) (int, error) {
	b[0] = 'y'
	return len(b), nil
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("it broke") }

func TestReadFileStaysInItsFolder(t *testing.T) {
	outside := writeFiles(t, map[string]string{"secret": "secret"})
	dir := writeFiles(t, map[string]string{"a/b.yaml": "b", "c.yaml": "c", "large": strings.Repeat("x", MaxText+1), "most": strings.Repeat("x", MaxText)})
	link(t, filepath.Join(outside, "secret"), filepath.Join(dir, "absolute"))
	link(t, "../"+filepath.Base(outside)+"/secret", filepath.Join(dir, "relative"))
	link(t, outside, filepath.Join(dir, "folder"))
	link(t, "a/b.yaml", filepath.Join(dir, "inside"))
	link(t, "loop", filepath.Join(dir, "loop"))
	for name, want := range map[string]string{
		"a/b.yaml":                       "b",
		"./a/../c.yaml":                  "c",
		"inside":                         "b",
		"none":                           "error: no such file or directory",
		"a":                              "error: it is not a regular file",
		".":                              "error: it is not a regular file",
		"large":                          "error: it has more than 8 MiB",
		"loop":                           "error: too many levels of symbolic links",
		"../x":                           "error: it is outside the package",
		"a/../../x":                      "error: it is outside the package",
		"absolute":                       "error: it is outside the package",
		"relative":                       "error: it is outside the package",
		"folder/secret":                  "error: it is outside the package",
		filepath.Join(outside, "secret"): "error: it is outside the package",
		"c.yaml/x":                       "error: not a directory",
		"":                               "error: empty path",
	} {
		text, err := ReadFile(dir, name)
		got := string(text)
		if err != nil {
			got = "error: " + err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
	}
	if text, err := ReadFile(dir, "most"); err != nil || len(text) != MaxText {
		t.Errorf("of a file of the largest size came %d bytes, %v", len(text), err)
	}
	if _, err := ReadFile(filepath.Join(dir, "none"), "x"); err == nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there gives %v", err)
	}
}

func TestReadPackageReportsWhatItMayNotRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := writeFiles(t, map[string]string{"a.yaml": "", "sub/b.yaml": ""})
	for _, name := range []string{"a.yaml", "sub"} {
		if err := os.Chmod(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "sub"), 0o755) })
	_, ps := ReadPackage(dir)
	want := []string{"error: DIR/a.yaml: permission denied [input/file]", "error: DIR/sub: permission denied [input/file]"}
	if diff := cmp.Diff(want, without(dir, lines(ps))); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func link(t *testing.T, to, from string) {
	t.Helper()
	if err := os.Symlink(to, from); err != nil {
		t.Fatal(err)
	}
}

// without replaces the path of a temporary folder.
func without(dir string, texts []string) []string {
	for i := range texts {
		texts[i] = strings.ReplaceAll(texts[i], dir, "DIR")
	}
	return texts
}
