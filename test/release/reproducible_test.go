package release

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// The release that the tests make.
const (
	tag  = "v0.98.7"
	date = "2026-01-02T03:04:05Z"
)

// TestReproducible builds the same commit in two directories, on two sides of the earth. That an empty build cache changes nothing
// either, TestRelease shows.
func TestReproducible(t *testing.T) {
	dir := repository(t)
	one := makeBuild(t, dir, "TZ=Asia/Tokyo")
	checkVersion(t, dir, one)
	if other := makeBuild(t, cloneOf(t, dir), "TZ=America/Denver"); read(t, one) != read(t, other) {
		t.Errorf("%s and %s differ", one, other)
	}
}

// makeBuild runs make build in a repository, and returns the path of the program.
func makeBuild(t *testing.T, dir string, env ...string) string {
	t.Helper()
	must(t, dir, env, "make", "build")
	return filepath.Join(dir, "krm-fn")
}

// cloneOf clones a repository into a directory whose path has another length.
func cloneOf(t *testing.T, dir string) string {
	t.Helper()
	clone := filepath.Join(t.TempDir(), "a", "longer", "path")
	must(t, "", nil, "git", "clone", "--quiet", dir, clone)
	return clone
}

// checkVersion checks what a program that was built in a repository says of itself.
func checkVersion(t *testing.T, dir, program string) {
	t.Helper()
	want := fmt.Sprintf("krm-fn %s (commit %s, %s, %s)", tag, must(t, dir, nil, "git", "rev-parse", "HEAD"), date, must(t, dir, nil, "go", "env", "GOVERSION"))
	if got := must(t, dir, nil, program, "version"); got != want {
		t.Errorf("krm-fn version\ngot  %s\nwant %s", got, want)
	}
}

// repository makes a repository of the files of this one that git knows, or would know, with one commit and its tag.
func repository(t *testing.T) string {
	t.Helper()
	root, dir := tools.Root(t), filepath.Join(t.TempDir(), "repository")
	for name := range strings.SplitSeq(must(t, root, nil, "git", "ls-files", "--cached", "--others", "--exclude-standard"), "\n") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // removed, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, content, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, dir, nil, "git", "init", "--quiet")
	must(t, dir, nil, "git", "remote", "add", "origin", source(t))
	must(t, dir, nil, "git", "add", ".")
	commit(t, dir, "release")
	must(t, dir, nil, "git", "tag", tag)
	return dir
}

// commit commits the changes of files that git knows.
func commit(t *testing.T, dir, message string, flags ...string) {
	t.Helper()
	author := []string{
		"GIT_AUTHOR_NAME=release", "GIT_AUTHOR_EMAIL=release@example.com", "GIT_AUTHOR_DATE=" + date,
		"GIT_COMMITTER_NAME=release", "GIT_COMMITTER_EMAIL=release@example.com", "GIT_COMMITTER_DATE=" + date,
	}
	must(t, dir, author, "git", append([]string{"commit", "--all", "--quiet", "--message", message}, flags...)...)
}
