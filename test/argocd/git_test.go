package argocd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// repository is a bare git repository with one commit on its branch main, made by filling a directory. It returns its URL.
func repository(t *testing.T, fill func(dir string)) string {
	t.Helper()
	dir := t.TempDir()
	work, bare := filepath.Join(dir, "work"), filepath.Join(dir, "bare.git")
	if err := os.Mkdir(work, 0o755); err != nil {
		t.Fatal(err)
	}
	fill(work)
	git(t, dir, "init", "--quiet", "--bare", "--initial-branch", "main", bare)
	git(t, work, "init", "--quiet", "--initial-branch", "main")
	git(t, work, "add", "--all")
	git(t, work, "commit", "--quiet", "--message", "all")
	git(t, work, "push", "--quiet", bare, "main")
	return "file://" + bare
}

// withoutUser keeps the configuration of the user from git.
var withoutUser = []string{"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_SYSTEM=" + os.DevNull}

// git runs git with the name of a user.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), withoutUser...)
	for _, role := range []string{"AUTHOR", "COMMITTER"} {
		cmd.Env = append(cmd.Env, "GIT_"+role+"_NAME=somebody", "GIT_"+role+"_EMAIL=somebody@example.com")
	}
	return must(t, cmd)
}

// step is a step of a workflow as a runner calls it, with krm-fn and kustomize on the PATH.
func step(t *testing.T, dir, script string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-c", script)
	path := []string{filepath.Dir(tools.KrmFn(t)), filepath.Dir(tools.Build(t, "kustomize")), os.Getenv("PATH")}
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), withoutUser...), "PATH="+strings.Join(path, string(os.PathListSeparator)))
	return cmd
}
