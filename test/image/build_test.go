package image

import (
	"archive/tar"
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// facts are what the build writes into the image, as git has them.
type facts struct{ version, commit, date string }

func gitFacts(t *testing.T) facts {
	t.Helper()
	git := call{dir: tools.Root(t), env: []string{"TZ=UTC"}}
	return facts{
		version: must(t, git, "git", "describe", "--tags", "--always", "--dirty"),
		commit:  must(t, git, "git", "rev-parse", "HEAD"),
		date:    must(t, git, "git", "show", "-s", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%cd"),
	}
}

// pullFailed is what podman and docker say of an image that they cannot get.
var pullFailed = regexp.MustCompile(`initializing source docker://|failed to resolve source metadata|pull access denied`)

// makeImage builds the image for an architecture with make image, and returns its name.
func makeImage(t *testing.T, arch string, base []string) string {
	t.Helper()
	image := fmt.Sprintf("localhost/krm-fn-test:%d-%s", os.Getpid(), arch)
	flags := append([]string{"--platform=linux/" + arch}, base...)
	o := run(t, call{dir: tools.Root(t)}, "make", "image", "ENGINE=docker", "IMAGE="+image, "IMAGE_FLAGS="+strings.Join(flags, " "))
	if o.code == 0 {
		removeImage(t, image)
		return image
	}
	format := "make image: exit code %d\n%s%s"
	if os.Getenv(baseVariable) == "" && pullFailed.MatchString(o.stderr) {
		cannot(t, format+"The image that the Dockerfile builds on cannot be pulled. With podman, %s=local builds on the Go of this machine.",
			o.code, o.stdout, o.stderr, baseVariable)
	}
	t.Fatalf(format, o.code, o.stdout, o.stderr)
	return ""
}

// checkConfig checks what the registry shows of an image and what decides how it is run.
func checkConfig(t *testing.T, image, arch string, want facts) {
	t.Helper()
	var inspected []struct {
		Architecture, Os string
		Config           struct {
			User       string
			Entrypoint []string
			Cmd        []string
			Labels     map[string]string
		}
	}
	if err := json.Unmarshal([]byte(must(t, call{}, "docker", "image", "inspect", image)), &inspected); err != nil || len(inspected) != 1 {
		t.Fatalf("docker image inspect: %d images, %v", len(inspected), err)
	}
	got := inspected[0]
	if platform := got.Os + "/" + got.Architecture; platform != "linux/"+arch {
		t.Errorf("the platform is %s, not linux/%s", platform, arch)
	}
	if got.Config.User != "65534:65534" {
		t.Errorf("the user is %q", got.Config.User)
	}
	if diff := cmp.Diff([]string{"/usr/local/bin/krm-fn"}, slices.Concat(got.Config.Entrypoint, got.Config.Cmd)); diff != "" {
		t.Errorf("entry point and command (-want +got):\n%s", diff)
	}
	const label = "org.opencontainers.image."
	maps.DeleteFunc(got.Config.Labels, func(name, _ string) bool { return !strings.HasPrefix(name, label) })
	labels := map[string]string{
		label + "title":         "krm-fn",
		label + "description":   "KRM function that renders autoscaled, managed APIs and checks their metric chain",
		label + "source":        "https://github.com/krm-fn/krm-fn",
		label + "documentation": "https://github.com/krm-fn/krm-fn/blob/main/docs/image.md",
		label + "licenses":      "Apache-2.0",
		label + "version":       want.version,
		label + "revision":      want.commit,
		label + "created":       want.date,
	}
	if diff := cmp.Diff(labels, got.Config.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

// Where the files are in the image.
const (
	binaryFile  = "usr/local/bin/krm-fn"
	sbomFile    = "usr/share/doc/krm-fn/sbom.cdx.json"
	licenseFile = "usr/share/doc/krm-fn/LICENSE"
)

// imageFiles returns the files of an image, less those that the engine adds to a container. It requires no program in the image,
// so it also works for other architectures.
func imageFiles(t *testing.T, image string) map[string][]byte {
	t.Helper()
	container := must(t, call{}, "docker", "create", image)
	archive := must(t, call{}, "docker", "export", container)
	must(t, call{}, "docker", "rm", container)
	files := map[string][]byte{}
	for r := tar.NewReader(strings.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeDir || slices.Contains(strings.Split(h.Name, "/"), "dev") {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		switch name := strings.TrimPrefix(h.Name, "./"); name {
		case ".dockerenv", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf":
		default:
			files[name] = content
			if h.Uid != 0 || h.Gid != 0 || h.Mode&0o7022 != 0 {
				t.Errorf("%s belongs to %d:%d with mode %o", name, h.Uid, h.Gid, h.Mode)
			}
		}
	}
}

// checkFiles checks that the image contains exactly what it should.
func checkFiles(t *testing.T, files map[string][]byte) {
	t.Helper()
	want := []string{"etc/group", "etc/passwd", binaryFile, licenseFile, sbomFile}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(files))); diff != "" {
		t.Fatalf("files (-want +got):\n%s", diff)
	}
	license, err := os.ReadFile(filepath.Join(tools.Root(t), "LICENSE"))
	if err != nil || !bytes.Equal(license, files[licenseFile]) {
		t.Errorf("the license is another (%v)", err)
	}
	if got := string(files["etc/passwd"]); got != "nobody:x:65534:65534:nobody:/:/sbin/nologin\n" {
		t.Errorf("etc/passwd is %q", got)
	}
}

// checkBinary checks that the program is static and for the right architecture, and the same that make build makes.
func checkBinary(t *testing.T, binary []byte, arch string) {
	t.Helper()
	program, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil {
		t.Fatal(err)
	}
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[arch]
	if program.Machine != machine {
		t.Errorf("the program is for %v, not %v", program.Machine, machine)
	}
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program has %v: it is not static", p.Type)
		}
	}
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "krm-fn")
	must(t, call{dir: tools.Root(t), env: []string{"GOOS=linux", "GOARCH=" + arch}}, "make", "build", "PROGRAM="+own)
	content, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	mine, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if mine.GoVersion != info.GoVersion {
		t.Skipf("the image was built by %s and this machine has %s", info.GoVersion, mine.GoVersion)
	}
	if !bytes.Equal(content, binary) {
		t.Errorf("make build makes other bytes; build information (-make build +image):\n%s", cmp.Diff(mine.String(), info.String()))
	}
}

// checkSBOM checks that the bill of materials, in the CycloneDX format, lists the program, the modules in it and the
// standard library, with their versions and package URLs.
func checkSBOM(t *testing.T, sbom, binary []byte, version string) {
	t.Helper()
	type component struct{ Name, Version, PURL string }
	var bom struct {
		BOMFormat, SpecVersion string
		Metadata               struct{ Component component }
		Components             []component
	}
	if err := json.Unmarshal(sbom, &bom); err != nil {
		t.Fatal(err)
	}
	if bom.BOMFormat != "CycloneDX" || bom.SpecVersion != "1.6" {
		t.Errorf("the format is %s %s", bom.BOMFormat, bom.SpecVersion)
	}
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		t.Fatal(err)
	}
	if c := bom.Metadata.Component; c.Name != info.Main.Path || c.Version != version {
		t.Errorf("it is about %s %s, not %s %s", c.Name, c.Version, info.Main.Path, version)
	}
	var want, got []string
	for _, m := range info.Deps {
		want = append(want, "pkg:golang/"+m.Path+"@"+m.Version)
	}
	want = append(want, "pkg:golang/std@"+info.GoVersion)
	for _, c := range bom.Components {
		purl, _, _ := strings.Cut(c.PURL, "?")
		got = append(got, purl)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("components (-in the program +in the bill of materials):\n%s", diff)
	}
}
