package tools

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestBuild(t *testing.T) {
	path := Build(t, "kustomize")
	if again := Build(t, "kustomize"); again != path {
		t.Errorf("Build gave %s, then %s", path, again)
	}
	if want := filepath.Join(Root(t), ".cache", "bin"); !strings.HasPrefix(path, want) {
		t.Errorf("Build gave %s, which is not under %s", path, want)
	}
	out, err := exec.Command(path, "build", "--help").Output()
	if err != nil || !strings.HasPrefix(string(out), "Build a set of KRM resources") {
		t.Errorf("kustomize build --help: %v: %.40q", err, out)
	}
}

// A change of the files of a tool must result in another path. Otherwise, a stale binary would
// check the product.
func TestHashFiles(t *testing.T) {
	dir := t.TempDir()
	hash := func(gomod string) string {
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(gomod), 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := hashFiles(dir)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	before, after, back := hash("module a\n"), hash("module b\n"), hash("module a\n")
	if before == after || before != back {
		t.Errorf("hashes of a, b and a again are %s, %s, %s", before, after, back)
	}
}

func TestBuildRefuses(t *testing.T) {
	_, err := Program(t.TempDir(), "helmsman")
	if want := "helmsman: not a program that tests use"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestModuleRefusesAnotherChecksum(t *testing.T) {
	m := Module{Path: "github.com/google/go-cmp", Version: "v0.7.0", Sum: "h1:x="}
	_, err := m.dir(t.TempDir())
	want := "go mod download github.com/google/go-cmp@v0.7.0: its checksum is h1:wk8382ETsv4JYUZwIsn6YpYiWiBsYLSJiTsyBybVuN8=; it should be h1:x="
	if err == nil || err.Error() != want {
		t.Errorf("got error %v\nwant %s", err, want)
	}
}
