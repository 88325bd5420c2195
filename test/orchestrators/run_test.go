package orchestrators

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

var update = flag.Bool("update", false, "write the expected outputs anew, and fail")

// outcome is all that a command shows.
type outcome struct {
	stdout, stderr string
	code           int
}

// run runs a program in dir, with krm-fn, kustomize and kpt on the PATH.
func run(t *testing.T, dir, program string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	folders := []string{filepath.Dir(krmFn(t)), filepath.Dir(tools.Build(t, "kustomize")), filepath.Dir(tools.Build(t, "kpt")), os.Getenv("PATH")}
	cmd.Env = append(os.Environ(), "PATH="+strings.Join(folders, string(os.PathListSeparator)))
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", program, err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

func krmFn(t *testing.T) string {
	t.Helper()
	return tools.KrmFn(t)
}

// kustomizeBuild runs kustomize build on a directory below dir, as docs/kustomize.md says.
func kustomizeBuild(t *testing.T, dir, folder string) outcome {
	t.Helper()
	return run(t, dir, tools.Build(t, "kustomize"), "build", "--enable-alpha-plugins", "--enable-exec", folder)
}

// mustBuild returns the manifests of a kustomize build that must succeed.
func mustBuild(t *testing.T, dir, folder string) []object {
	t.Helper()
	o := kustomizeBuild(t, dir, folder)
	if o.code != 0 {
		t.Fatalf("kustomize build: exit code %d\n%s", o.code, o.stderr)
	}
	return parse(t, o.stdout)
}

// kptRender runs kpt fn render on dir, as docs/kpt.md says.
func kptRender(t *testing.T, dir string) outcome {
	t.Helper()
	return run(t, dir, tools.Build(t, "kpt"), "fn", "render", "--allow-exec")
}

// mustRender is a kpt fn render that must succeed.
func mustRender(t *testing.T, dir string) {
	t.Helper()
	if o := kptRender(t, dir); o.code != 0 {
		t.Fatalf("kpt fn render: exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}

// example copies an example to its own directory.
func example(t *testing.T, name string) string {
	t.Helper()
	return folderOf(t, filepath.Join(tools.Root(t), "examples", name))
}

func folderOf(t *testing.T, source string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), filepath.Base(source))
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// write writes files, by their paths below dir.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// remove removes a file, by its path below dir.
func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
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
	write(t, filepath.Dir(file), map[string]string{filepath.Base(file): strings.Replace(text, before, after, 1)})
}

// appendTo adds text to the end of a file.
func appendTo(t *testing.T, file, text string) {
	t.Helper()
	write(t, filepath.Dir(file), map[string]string{filepath.Base(file): read(t, file) + text})
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// golden compares got with a file of testdata, or writes the file and fails.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if old, err := os.ReadFile(file); err == nil && string(old) == got {
			return
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s was written; look at it", file)
		return
	}
	if diff := cmp.Diff(read(t, file), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
