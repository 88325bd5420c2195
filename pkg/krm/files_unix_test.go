//go:build unix

package krm

import (
	"path/filepath"
	"syscall"
	"testing"
)

// Opening a pipe would wait until somebody writes into it.
func TestPipesAreNotOpened(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(dir, "pipe.yaml"); err == nil || err.Error() != "it is not a regular file" {
		t.Errorf("got error %v", err)
	}
	if p, ps := ReadPackage(dir); len(p.Items) > 0 || len(ps) > 0 {
		t.Errorf("got %v, %v; want nothing", p.Items, ps)
	}
}
