package argocd

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// TestMemory renders a package of 300 APIs in a quarter of the memory limit of the sidecar.
func TestMemory(t *testing.T) {
	t.Parallel()
	const apis, limit = 300, 512 << 10 / 4 // KiB
	if !strings.Contains(read(t, example(t, "argocd", "plugin", "repo-server.yaml")), "            memory: 512Mi\n") {
		t.Error("the sidecar has another limit")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "krm-fn.yaml"), read(t, example(t, "argocd", "plugin", "krm-fn.yaml")))
	for _, file := range []string{"hpa-configs.yaml", "controller-config.yaml"} {
		write(t, filepath.Join(dir, file), read(t, example(t, "products-privatejet", file)))
	}
	for _, file := range []string{"api.yaml", "backend.yaml", "swagger.yaml"} {
		text := read(t, example(t, "products-privatejet", file))
		for i := range apis {
			write(t, filepath.Join(dir, fmt.Sprintf("%d-%s", i, file)), strings.ReplaceAll(text, "products", fmt.Sprintf("p%d", i)))
		}
	}
	cmd := exec.CommandContext(t.Context(), tools.KrmFn(t), "render", dir)
	if n := strings.Count(must(t, cmd), "\nkind: Deployment\n"); n != 2*apis {
		t.Errorf("%d Deployments of %d APIs", n, apis)
	}
	if used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > limit {
		t.Errorf("krm-fn has used %d KiB, more than %d", used, limit)
	}
}
