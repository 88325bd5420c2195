package image

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// published is the image of the page docs/image.md. The tests put the one that they have built in its place.
const published = "ghcr.io/krm-fn/krm-fn:v1.0.0"

// TestImage builds the image for both architectures, and runs the one for this machine.
func TestImage(t *testing.T) {
	podman := findEngine(t)
	base := baseFlags(t, podman)
	want := gitFacts(t)
	for _, arch := range []string{runtime.GOARCH, otherArch()} {
		t.Run(arch, func(t *testing.T) {
			image := makeImage(t, arch, base)
			checkConfig(t, image, arch, want)
			files := imageFiles(t, image)
			checkFiles(t, files)
			t.Run("SBOM", func(t *testing.T) { checkSBOM(t, files[sbomFile], files[binaryFile], want.version) })
			t.Run("binary", func(t *testing.T) { checkBinary(t, files[binaryFile], arch) })
			if arch != runtime.GOARCH {
				return
			}
			i := imageOfPage{facts: want, name: image, podman: podman, program: program(t, files[binaryFile])}
			for _, test := range []struct {
				name string
				run  func(*testing.T)
			}{
				{"version", i.printsVersion},
				{"user", i.runsAsNobody},
				{"function", i.isTheFunction},
				{"files", i.rendersFiles},
				{"sbom", i.givesSBOM},
				{"kustomize", i.inKustomize},
				{"kubectl", i.inKubectl},
				{"kustomize error", i.inKustomizeFails},
				{"kpt", i.inKpt},
				{"kpt error", i.inKptFails},
			} {
				t.Run(test.name, test.run)
			}
		})
	}
}

// otherArch is the architecture of the image that this machine might not be able to run.
func otherArch() string {
	if runtime.GOARCH == "arm64" {
		return "amd64"
	}
	return "arm64"
}

// imageOfPage is an image that replaces the published one.
type imageOfPage struct {
	facts
	name   string
	podman bool
	// program is the directory of the krm-fn that is in the image.
	program string
}

// program writes a program to a directory, as krm-fn.
func program(t *testing.T, binary []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "krm-fn"), binary, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// env has krm-fn, kustomize, kubectl and kpt on the PATH, and tells kpt the engine.
func (i imageOfPage) env(t *testing.T) []string {
	t.Helper()
	folders := []string{i.program}
	for _, name := range []string{"kustomize", "kubectl", "kpt"} {
		folders = append(folders, filepath.Dir(tools.Build(t, name)))
	}
	folders = append(folders, os.Getenv("PATH"))
	engine := "docker"
	if i.podman {
		engine = "podman"
	}
	return []string{"PATH=" + strings.Join(folders, string(os.PathListSeparator)), "KRM_FN_RUNTIME=" + engine}
}

// block returns a block of docs/image.md that has this name, with the image in place of the published one.
func (i imageOfPage) block(t *testing.T, name string) string {
	t.Helper()
	page := read(t, filepath.Join(tools.Root(t), "docs", "image.md"))
	blocks := regexp.MustCompile("(?s)\n```"+regexp.QuoteMeta(name)+"\n(.*?\n)```\n").FindAllStringSubmatch(page, -1)
	if len(blocks) != 1 {
		t.Fatalf("docs/image.md has %d blocks %q", len(blocks), name)
	}
	return strings.ReplaceAll(blocks[0][1], published, i.name)
}

// shell runs a block of the page in a directory.
func (i imageOfPage) shell(t *testing.T, block, dir string) outcome {
	t.Helper()
	return run(t, call{dir: dir, env: i.env(t)}, "sh", "-e", "-c", i.block(t, "sh "+block))
}

// same compares what a container did with what the program did.
func same(t *testing.T, program, container outcome) {
	t.Helper()
	if program.code != container.code {
		t.Errorf("exit code %d, and %d in a container:\n%s", program.code, container.code, container.stderr)
	}
	if program.stdout != container.stdout {
		t.Errorf("the output differs:\n%s", difference(program.stdout, container.stdout))
	}
}

func (i imageOfPage) printsVersion(t *testing.T) {
	t.Helper()
	got := must(t, call{}, "docker", "run", "--rm", "--network", "none", "--read-only", i.name, "version")
	line := fmt.Sprintf("krm-fn %s (commit %s, %s, go", i.version, i.commit, i.date)
	if !strings.HasPrefix(got, line) {
		t.Errorf("got  %s\nwant %s...", got, line)
	}
}
