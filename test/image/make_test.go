package image

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// TestEngine checks which program make image uses, and with which arguments, without building anything.
func TestEngine(t *testing.T) {
	const dockerWorks, podman = "Docker version 28.2.2, build e6534b4", "podman version 4.3.1"
	for name, tc := range map[string]struct {
		docker, podman string // what they print; empty for a docker without its engine
		flags          []string
		want           string
	}{
		"docker":                 {dockerWorks, podman, nil, `^docker build  --build-arg VERSION=.* -t ghcr\.io/krm-fn/krm-fn:\S+ \.$`},
		"docker without engine":  {"", podman, nil, `^podman build --build-arg BUILDPLATFORM=linux/` + runtime.GOARCH + ` .* -t ghcr\.io/krm-fn/krm-fn:\S+ \.$`},
		"podman's shim":          {podman, podman, nil, `^docker build --build-arg BUILDPLATFORM=linux/` + runtime.GOARCH + ` --build-arg VERSION=`},
		"another program":        {dockerWorks, podman, []string{"ENGINE=podman"}, `^podman build --build-arg BUILDPLATFORM=`},
		"another name and flags": {dockerWorks, podman, []string{"IMAGE=example.com/krm-fn:1", "IMAGE_FLAGS=--pull"}, ` --pull -t example\.com/krm-fn:1 \.$`},
		"version, commit and date": {
			dockerWorks, podman,
			[]string{"VERSION=v1.2.3", "COMMIT=abc", "DATE=2026-01-02T03:04:05Z"},
			` --build-arg VERSION=v1\.2\.3 --build-arg COMMIT=abc --build-arg DATE=2026-01-02T03:04:05Z `,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fakeEngine(t, filepath.Join(dir, "docker"), tc.docker)
			fakeEngine(t, filepath.Join(dir, "podman"), tc.podman)
			c := call{dir: tools.Root(t), env: []string{"PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH")}}
			got := must(t, c, "make", append([]string{"--no-print-directory", "--dry-run", "image"}, tc.flags...)...)
			if !regexp.MustCompile("(?m)" + tc.want).MatchString(got) {
				t.Errorf("make image would run\n%s\nand should run %s", got, tc.want)
			}
		})
	}
}

// fakeEngine writes a program that prints its version, or, without one, fails at everything but that.
func fakeEngine(t *testing.T, path, version string) {
	t.Helper()
	script := "#!/bin/sh\necho " + version + "\n"
	if version == "" {
		script = "#!/bin/sh\n[ \"$1\" = --version ] || { echo 'cannot connect to the Docker daemon' >&2; exit 1; }\n"
	}
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestVersionsOfPage checks that docs/image.md names the versions that it is tested with.
func TestVersionsOfPage(t *testing.T) {
	page := strings.Join(strings.Fields(read(t, filepath.Join(tools.Root(t), "docs", "image.md"))), " ")
	for tool, module := range map[string]string{"kustomize": "sigs.k8s.io/kustomize/kustomize/v5", "kpt": "github.com/kptdev/kpt"} {
		requires := regexp.MustCompile(`(?m)\s` + regexp.QuoteMeta(module) + ` v(\S+)`)
		found := requires.FindStringSubmatch(read(t, filepath.Join(tools.Root(t), "tools", tool, "go.mod")))
		if found == nil {
			t.Fatalf("tools/%s does not require %s", tool, module)
		}
		if claim := tool + " " + found[1]; !strings.Contains(page, claim) {
			t.Errorf("docs/image.md does not say that it is tested with %s", claim)
		}
	}
}
