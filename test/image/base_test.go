package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// baseFlags returns the flags of the build that choose the image in which krm-fn is compiled.
func baseFlags(t *testing.T, podman bool) []string {
	t.Helper()
	switch base := os.Getenv(baseVariable); base {
	case "":
		return nil
	case "local":
		if !podman {
			cannot(t, "%s=local needs podman: docker build mounts no folders", baseVariable)
		}
		return localBase(t)
	default:
		t.Fatalf(`%s is %q; write "local" or leave it unset`, baseVariable, base)
		return nil
	}
}

// localBase makes an image that contains only a shell, and returns the flags that mount the Go toolchain of this
// machine and its caches of modules and of compiled packages into a build on it. The build has no network, and what it writes
// among the modules is dropped.
func localBase(t *testing.T) []string {
	t.Helper()
	root := tools.Root(t)
	for _, module := range []string{root, filepath.Join(root, "tools", "cyclonedx-gomod")} {
		must(t, call{dir: module, env: []string{"GOFLAGS=-mod=readonly"}}, "go", "mod", "download")
	}
	files := t.TempDir()
	// The libraries of the shell, as the dynamic linker finds them.
	for _, library := range regexp.MustCompile(`/\S+\.so\S*`).FindAllString(must(t, call{}, "ldd", "/bin/sh"), -1) {
		copyFile(t, library, filepath.Join(files, library))
	}
	copyFile(t, "/bin/sh", filepath.Join(files, "bin", "sh"))
	for _, dir := range []string{"tmp", "root"} {
		if err := os.Mkdir(filepath.Join(files, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	archive := filepath.Join(t.TempDir(), "base.tar")
	must(t, call{}, "tar", "-C", files, "-cf", archive, ".")
	image := fmt.Sprintf("localhost/krm-fn-test-base:%d", os.Getpid())
	env := func(name string) string { return must(t, call{dir: root}, "go", "env", name) }
	goroot, modules, compiled := env("GOROOT"), env("GOMODCACHE"), env("GOCACHE")
	must(t, call{}, "docker", "import",
		"--change", "ENV PATH="+goroot+"/bin:/bin", "--change", "ENV GOTOOLCHAIN=local",
		"--change", "ENV GOMODCACHE="+modules, "--change", "ENV GOCACHE="+compiled, archive, image)
	removeImage(t, image)
	// The directories keep their paths, because these are part of what is compiled.
	return []string{
		"--build-arg", "GO_IMAGE=" + image, "--network", "none", "--layers=false",
		"--volume", goroot + ":" + goroot + ":ro",
		"--volume", modules + ":" + modules + ":O",
		"--volume", compiled + ":" + compiled,
	}
}

// removeImage removes an image when the test is over.
func removeImage(t *testing.T, image string) {
	t.Helper()
	t.Cleanup(func() {
		// The context of the test is over, too.
		if out, err := exec.Command("docker", "rmi", "--force", image).CombinedOutput(); err != nil {
			t.Errorf("docker rmi %s: %v\n%s", image, err, out)
		}
	})
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o755); err != nil {
		t.Fatal(err)
	}
}
