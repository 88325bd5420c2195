package tools

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// KrmFn returns the path of krm-fn, a static binary as in the container image, which the first call builds from this
// repository. It is renamed when it is complete, because other test processes might be running the existing one.
func KrmFn(t testing.TB) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.krmFn != "" {
		return built.krmFn
	}
	path, err := ProgramKrmFn(Root(t))
	if err != nil {
		t.Fatal(err)
	}
	built.krmFn = path
	return path
}

// ProgramKrmFn is KrmFn for callers that have no test yet.
func ProgramKrmFn(root string) (string, error) {
	// The go command keeps the results of tests as long as no file changes that they have read. What the build reads, it
	// doesn't notice.
	for _, folder := range []string{"cmd", "pkg"} {
		if err := readAll(filepath.Join(root, folder)); err != nil {
			return "", err
		}
	}
	dir := filepath.Join(root, ".cache", "bin", "krm-fn")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "krm-fn")
	partial := fmt.Sprintf("%s.%d", path, os.Getpid())
	cmd := exec.Command("go", "build", "-C", root, "-o", partial, "./cmd/krm-fn")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, os.Rename(partial, path)
}

func readAll(folder string) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		_, err = os.ReadFile(path)
		return err
	})
}
