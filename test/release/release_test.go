package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// TestRelease makes releases of the files of this repository, for this platform only, and does not publish them.
func TestRelease(t *testing.T) {
	if os.Getenv("KRM_FN_RELEASE_TEST") == "" {
		t.Skip("make release-test runs this test")
	}
	dir := repository(t)
	makeTools(t, dir)
	// The file as it is, for all platforms.
	must(t, dir, nil, filepath.Join(dir, ".cache", "bin", "goreleaser"), "check")
	thisPlatform(t, filepath.Join(dir, ".goreleaser.yaml"))
	commit(t, dir, "one platform")
	must(t, dir, nil, "git", "tag", "--force", tag)
	release := func(flags string) { must(t, dir, nil, "make", "release", "RELEASE_FLAGS="+flags) }
	release("--skip=publish")

	dist := filepath.Join(dir, "dist")
	platform := runtime.GOOS + "_" + runtime.GOARCH
	archive, sbom := "krm-fn_0.98.7_"+platform+".tar.gz", "krm-fn_0.98.7_"+platform+".cdx.json"
	checkSums(t, dist, archive, sbom)
	files := unpack(t, filepath.Join(dist, archive))
	binary := filepath.Join(t.TempDir(), "krm-fn")
	if err := os.WriteFile(binary, files["krm-fn"], 0o755); err != nil {
		t.Fatal(err)
	}
	checkVersion(t, dir, binary)
	checkSBOM(t, filepath.Join(dist, sbom))

	t.Run("reproducible", func(t *testing.T) {
		// In another directory, and without anything that was compiled before.
		again := read(t, makeBuild(t, cloneOf(t, dir), "GOCACHE="+filepath.Join(t.TempDir(), "cache")))
		if again != string(files["krm-fn"]) {
			t.Error("make build in another directory creates different bytes from goreleaser")
		}
		before := read(t, filepath.Join(dist, archive))
		release("--skip=publish")
		if read(t, filepath.Join(dist, archive)) != before {
			t.Error("the second archive has other bytes")
		}
	})
	t.Run("snapshot", func(t *testing.T) {
		commit(t, dir, "after the release", "--allow-empty")
		release("--snapshot")
		read(t, filepath.Join(dist, "krm-fn_0.98.8-next_"+platform+".tar.gz"))
	})
}

// makeTools has make build the tools of a release in this repository, where they are kept, for the use in another one.
func makeTools(t *testing.T, dir string) {
	t.Helper()
	const bin = ".cache/bin"
	must(t, tools.Root(t), nil, "make", bin+"/goreleaser", bin+"/cyclonedx-gomod")
	if err := os.MkdirAll(filepath.Join(dir, bin), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"goreleaser", "cyclonedx-gomod"} {
		// A copy, because make uses the time of the target of a link, and would build again.
		program := read(t, filepath.Join(tools.Root(t), bin, name))
		if err := os.WriteFile(filepath.Join(dir, bin, name), []byte(program), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// thisPlatform restricts a configuration of goreleaser to the platform of this machine.
func thisPlatform(t *testing.T, file string) {
	t.Helper()
	text := read(t, file)
	for before, after := range map[string]string{
		"  goos: [linux, darwin, windows]\n": "  goos: [" + runtime.GOOS + "]\n",
		"  goarch: [amd64, arm64]\n":         "  goarch: [" + runtime.GOARCH + "]\n",
	} {
		if strings.Count(text, before) != 1 {
			t.Fatalf("%s does not contain %q exactly once", file, before)
		}
		text = strings.Replace(text, before, after, 1)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkSums checks that checksums.txt has the sums of the archive and of the bill of materials, and no others.
func checkSums(t *testing.T, dist string, names ...string) {
	t.Helper()
	var want strings.Builder
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&want, "%x  %s\n", sha256.Sum256([]byte(read(t, filepath.Join(dist, name)))), name)
	}
	lines := slices.Sorted(strings.Lines(read(t, filepath.Join(dist, "checksums.txt"))))
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	if diff := cmp.Diff(want.String(), strings.Join(lines, "")); diff != "" {
		t.Errorf("checksums.txt (-want +got):\n%s", diff)
	}
	must(t, dist, nil, "sha256sum", "--check", "--ignore-missing", "checksums.txt")
}

// unpack returns the files of an archive, which must be those of a release, and belong to root.
func unpack(t *testing.T, archive string) map[string][]byte {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var listing []string
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = content
		listing = append(listing, fmt.Sprintf("%s %o %s %s", h.Name, h.Mode, h.Uname, h.ModTime.UTC().Format("2006-01-02T15:04:05Z")))
	}
	want := []string{"LICENSE 644 root " + date, "README.md 644 root " + date, "krm-fn 755 root " + date}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(listing))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", archive, diff)
	}
	return files
}

// checkSBOM checks what the bill of materials is about. Its components are checked in test/image, by the same command.
func checkSBOM(t *testing.T, file string) {
	t.Helper()
	var bom struct {
		BOMFormat string
		Metadata  struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(read(t, file)), &bom); err != nil {
		t.Fatal(err)
	}
	if c := bom.Metadata.Component; bom.BOMFormat != "CycloneDX" || c.Name != "github.com/krm-fn/krm-fn" || c.Version != tag || len(bom.Components) < 20 {
		t.Errorf("%s is a %s of %s %s with %d components", file, bom.BOMFormat, c.Name, c.Version, len(bom.Components))
	}
}

// must returns the standard output of a command that must succeed, without the newline at its end. The flags of the surrounding
// build do not reach it.
func must(t *testing.T, dir string, env []string, program string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "env", append([]string{program}, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.Env = slices.Concat(os.Environ(), []string{"GOFLAGS=-mod=readonly"}, env)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, &stdout, &stderr)
	}
	return strings.TrimSuffix(stdout.String(), "\n")
}
