package release

import (
	"bytes"
	"go/version"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/test/tools"
)

// metadata has the fields that the catalog of KRM functions of kpt has for a function.
type metadata struct {
	Image              string   `yaml:"image"`
	Description        string   `yaml:"description"`
	Tags               []string `yaml:"tags"`
	SourceURL          string   `yaml:"sourceURL"`
	ExamplePackageURLs []string `yaml:"examplePackageURLs"`
	License            string   `yaml:"license"`
}

// source is where the module says that it is.
func source(t *testing.T) string {
	t.Helper()
	return "https://" + first(t, "go.mod", `(?m)^module (\S+)$`)
}

// TestMetadata checks metadata.yaml against what it describes.
func TestMetadata(t *testing.T) {
	var m metadata
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(read(t, "metadata.yaml"))))
	decoder.KnownFields(true)
	if err := decoder.Decode(&m); err != nil {
		t.Fatal(err)
	}
	want := metadata{
		Image:       first(t, "Makefile", `(?m)^IMAGE \?= (\S+):\$\(VERSION\)$`),
		Description: first(t, "Dockerfile", `image\.description="([^"]+)"`),
		Tags:        []string{"generator", "mutator", "validator"},
		SourceURL:   source(t),
		License:     first(t, "Dockerfile", `image\.licenses="([^"]+)"`),
	}
	for _, name := range callers(t) {
		want.ExamplePackageURLs = append(want.ExamplePackageURLs, want.SourceURL+"/tree/main/examples/"+name)
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("metadata.yaml (-should +is):\n%s", diff)
	}
	if m.License != "Apache-2.0" || !strings.Contains(read(t, "LICENSE"), "Apache License\n                           Version 2.0") {
		t.Errorf("the license is %s, and LICENSE contains a different one", m.License)
	}
	if label := first(t, "Dockerfile", `image\.source="([^"]+)"`); label != m.SourceURL {
		t.Errorf("the Dockerfile says that the source is %s", label)
	}
	if !strings.Contains(read(t, "docs/image.md"), m.Image+":v") {
		t.Errorf("docs/image.md does not name %s", m.Image)
	}
}

// callers returns the examples in which kustomize or kpt calls the function, sorted.
func callers(t *testing.T) []string {
	t.Helper()
	call := regexp.MustCompile(`(?m)^ +config\.kubernetes\.io/function: \||^ +- exec: krm-fn\b`)
	examples := filepath.Join(tools.Root(t), "examples")
	var names []string
	err := fs.WalkDir(os.DirFS(examples), ".", func(file string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && call.MatchString(read(t, filepath.Join(examples, file))) {
			name, _, _ := strings.Cut(file, "/")
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Compact(names) // WalkDir goes in the order of names
}

// TestGoVersion checks that the image and the release are built by the same Go, which can build the module.
func TestGoVersion(t *testing.T) {
	image := "go" + first(t, "Dockerfile", `(?m)^ARG GO_IMAGE=docker\.io/library/golang:(\S+)$`)
	workflow := "go" + first(t, ".github/workflows/release.yaml", `go-version: "([^"]+)"`)
	least := "go" + first(t, "go.mod", `(?m)^go (\S+)$`)
	if image != workflow {
		t.Errorf("the Dockerfile uses %s, the workflow %s", image, workflow)
	}
	if version.Compare(image, least) < 0 {
		t.Errorf("the Dockerfile uses %s, but go.mod requires %s", image, least)
	}
}

// TestWorkflowRunsTargets checks that the targets that the workflow makes exist.
func TestWorkflowRunsTargets(t *testing.T) {
	makefile := read(t, "Makefile")
	targets := regexp.MustCompile(`\bmake ([a-z-]+)`).FindAllStringSubmatch(read(t, ".github/workflows/release.yaml"), -1)
	var names []string
	for _, m := range targets {
		names = append(names, m[1])
		if !strings.Contains(makefile, "\n"+m[1]+":") {
			t.Errorf("the Makefile has no target %s", m[1])
		}
	}
	if diff := cmp.Diff([]string{"release", "image"}, names); diff != "" {
		t.Errorf("targets (-want +made):\n%s", diff)
	}
}

// read reads a file by its path, or by its path in this repository.
func read(t *testing.T, name string) string {
	t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(tools.Root(t), filepath.FromSlash(name))
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// first returns what the group of an expression matches in a file, in one place.
func first(t *testing.T, name, expression string) string {
	t.Helper()
	found := regexp.MustCompile(expression).FindAllStringSubmatch(read(t, name), -1)
	if len(found) != 1 {
		t.Fatalf("%s matches %s %d times", name, expression, len(found))
	}
	return found[0][1]
}
