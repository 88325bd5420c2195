package tools

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
)

// A Module is one version of a Go module whose files a test reads.
type Module struct {
	Path, Version string
	// Sum is the "h1:" checksum of the module's files, as go.sum has it. It
	// is here because no go.mod can require a module such as
	// k8s.io/kubernetes without replacing a score of others.
	Sum string
}

// Dir returns the directory in Go's module cache that contains the module, which
// is downloaded at first use.
func (m Module) Dir(t testing.TB) string {
	t.Helper()
	dir, err := m.dir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func (m Module) dir(outsideAnyModule string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", m.Path+"@"+m.Version)
	cmd.Dir = outsideAnyModule
	cmd.Env = goEnv()
	out, runErr := cmd.Output()
	var got struct{ Dir, Sum, Error string }
	if err := json.Unmarshal(out, &got); err != nil {
		return "", fmt.Errorf("go mod download %s@%s: %w", m.Path, m.Version, runErr)
	}
	if got.Error != "" {
		return "", fmt.Errorf("go mod download %s@%s: %s", m.Path, m.Version, got.Error)
	}
	if got.Sum != m.Sum {
		return "", fmt.Errorf("go mod download %s@%s: its checksum is %s; it should be %s", m.Path, m.Version, got.Sum, m.Sum)
	}
	return got.Dir, nil
}
