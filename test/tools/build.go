package tools

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// mainPackages says what to build in the modules under tools/ that tests use.
var mainPackages = map[string]string{
	"cyclonedx-gomod": "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod",
	"goreleaser":      "github.com/goreleaser/goreleaser/v2",
	"kpt":             ".",
	"kustomize":       "sigs.k8s.io/kustomize/kustomize/v5",
	"schemacheck":     ".",
}

var built struct {
	sync.Mutex
	path map[string]string
}

// Build returns the path of a binary called name, built from the module
// tools/NAME. The path holds a hash of the module's files and of the Go
// version, so that a binary found there is the right one and is not built
// again; parallel test processes wait for the first to build it.
func Build(t testing.TB, name string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if path, ok := built.path[name]; ok {
		return path
	}
	path, err := build(Root(t), name)
	if err != nil {
		t.Fatal(err)
	}
	if built.path == nil {
		built.path = map[string]string{}
	}
	built.path[name] = path
	return path
}

func build(root, name string) (string, error) {
	pkg, ok := mainPackages[name]
	if !ok {
		return "", fmt.Errorf("tools/%s: not a tool that tests use", name)
	}
	module := filepath.Join(root, "tools", name)
	hash, err := hashFiles(module)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".cache", "bin", name+"-"+hash)
	path := filepath.Join(dir, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	partial := fmt.Sprintf("%s.%d", path, os.Getpid())
	cmd := exec.Command("go", "build", "-C", module, "-o", partial, pkg)
	cmd.Env = goEnv("CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return path, os.Rename(partial, path)
}

// hashFiles covers go.mod, go.sum and the Go files of a tool's module, which
// has no folders.
func hashFiles(module string) (string, error) {
	files, err := filepath.Glob(filepath.Join(module, "*.*"))
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, filepath.Base(file), len(text))
		sum.Write(text)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:6]), nil
}

// goEnv keeps the flags of the surrounding build, such as -mod=mod or -race,
// from reaching the modules of the tools.
func goEnv(extra ...string) []string {
	return append(os.Environ(), append([]string{"GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off"}, extra...)...)
}

// Root returns the repository's root: the closest directory above the test's
// own that holds the product's go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module github.com/krm-fn/krm-fn\n") {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no directory above this test holds the go.mod of github.com/krm-fn/krm-fn")
		}
		dir = parent
	}
}
