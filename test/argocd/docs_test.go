package argocd

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// page is docs/argocd.md: its text, and its blocks by the text after the three backticks.
type page struct {
	text   string
	blocks map[string]string
}

var fenced = regexp.MustCompile("(?s)\n```([^\n]+)\n(.*?\n)```\n")

func readPage(t *testing.T) page {
	t.Helper()
	p := page{text: read(t, filepath.Join(tools.Root(t), "docs", "argocd.md")), blocks: map[string]string{}}
	for _, m := range fenced.FindAllStringSubmatch(p.text, -1) {
		if _, twice := p.blocks[m[1]]; twice {
			t.Errorf("two blocks %q", m[1])
		}
		p.blocks[m[1]] = m[2]
	}
	return p
}

// TestPage checks that blocks with the path of a file are excerpts of it, and that every other block is tested by name.
func TestPage(t *testing.T) {
	t.Parallel()
	tested := []string{
		"text check",                     // TestWorkflowCheck
		"sh render a kustomization",      // TestPageRendersKustomization
		"sh image of the plugin",         // TestDockerfiles
		"sh image of the repo server",    // TestDockerfiles
		"yaml argocd/kustomization.yaml", // TestComponents
		"yaml keep replicas",             // TestReplicasDrift
	}
	p := readPage(t)
	for name, block := range p.blocks {
		if file, isFile := strings.CutPrefix(name, "yaml examples/"); isFile {
			if !strings.Contains(read(t, example(t, file)), "\n"+block) {
				t.Errorf("%s has no such lines:\n%s", file, block)
			}
			continue
		}
		if !slices.Contains(tested, name) {
			t.Errorf("no test runs the block %q", name)
		}
	}
	if len(p.blocks) != len(tested)+4 {
		t.Errorf("the page has %d blocks", len(p.blocks))
	}
	version := regexp.MustCompile(`github\.com/argoproj/argo-cd/v3 v(\S+)`).FindStringSubmatch(read(t, filepath.Join(tools.Root(t), "tools", "argocd", "go.mod")))
	if len(version) != 2 || !strings.Contains(p.text, "tested with Argo CD "+version[1]+":") {
		t.Errorf("the page does not say that it is tested with Argo CD %s", version)
	}
}

// TestPageRendersKustomization runs what the page has for kustomizations in place of the workflow's own step, and renders the same
// objects.
func TestPageRendersKustomization(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyTo(t, filepath.Join(dir, "apis"), example(t, "kustomize-transformer"))
	must(t, step(t, dir, readPage(t).blocks["sh render a kustomization"]))
	files, err := filepath.Glob(filepath.Join(dir, "rendered", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var texts [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	got := byNameWithout(t, parse(t, string(bytes.Join(texts, []byte("\n---\n")))), ownerAnnotation)
	want := byNameWithout(t, rendered(t, example(t, "products-privatejet")), ownerAnnotation)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("manifests (-krm-fn render +kustomize build --output):\n%s", diff)
	}
}
