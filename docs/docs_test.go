// Package docs checks the pages next to it and the README: generated pages are up to date, and what they quote works.
package docs

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/check"
	_ "github.com/krm-fn/krm-fn/pkg/gen" // The README runs it: after a change, the cached result does not count.
	"github.com/krm-fn/krm-fn/pkg/model"
)

var update = flag.Bool("update", false, "write the generated pages again, and fail")

func TestDocsProblemsPageIsGenerated(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Problems\n\nEvery problem has an ID. An error stops the run, and no manifests are written.\n\n" +
		"This page is generated from `pkg/model/ids.go`.\n\n| ID | severity | problem | how to fix it |\n| --- | --- | --- | --- |\n")
	for _, e := range model.Registry {
		var severities []string
		for _, s := range e.Severities {
			severities = append(severities, string(s))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", e.ID, strings.Join(severities, ", "), e.What, e.Fix)
	}
	generated(t, "problems.md", b.String())
}

func TestDocsChecksPageIsGenerated(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Checks\n\n`krm-fn check`, every run that renders, and the function configuration `CheckManifests` verify the chain " +
		"from each HorizontalPodAutoscaler, and each ScaledObject of KEDA, to the pods that serve its metrics. [check.md](check.md) describes how to call them.\n\n" +
		"This page is generated from `pkg/check`.\n")
	for _, c := range check.Checks {
		e := model.Registry[slices.IndexFunc(model.Registry, func(e model.Entry) bool { return e.ID == c.ID })]
		texts := []any{c.ID, e.What, "", e.Fix, "", ""}
		for i, name := range map[int]string{2: "why.md", 4: "bad.yaml", 5: "good.yaml"} {
			text, err := os.ReadFile("../pkg/check/testdata/checks/" + strings.ReplaceAll(string(c.ID), "/", "-") + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			texts[i] = strings.TrimSpace(string(text))
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s\n\n%s\n\nReported:\n\n```yaml\n%s\n```\n\nFixed:\n\n```yaml\n%s\n```\n", texts...)
	}
	generated(t, "checks.md", b.String())
}

// TestPagesShowWhatCommandsPrint compares every block below a comment that contains a krm-fn command with its output.
func TestPagesShowWhatCommandsPrint(t *testing.T) {
	for _, page := range []string{"../README.md", "check.md", "explain.md", "simulate.md"} {
		showsOutput(t, page)
	}
}

func showsOutput(t *testing.T, page string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)<!-- krm-fn ([^\n]*) -->\n```\n(.*?)```\n").FindAllSubmatchIndex(text, -1)
	if len(blocks) == 0 {
		t.Fatalf("%s shows no output", page)
	}
	want := string(text)
	for _, b := range slices.Backward(blocks) {
		want = want[:b[4]] + printed(t, string(text[b[2]:b[3]])) + want[b[5]:]
	}
	generated(t, page, want)
}

// printed returns what a command prints, whatever its exit code.
func printed(t *testing.T, args string) string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"run", "./cmd/krm-fn"}, strings.Fields(args)...)...)
	cmd.Dir = ".."
	var exit *exec.ExitError
	out, err := cmd.Output()
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out)
}

// TestDocsPictures compares every picture below a comment that contains a krm-fn command with its output.
func TestDocsPictures(t *testing.T) {
	for _, page := range []string{"../README.md", "explain.md", "simulate.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		pictures := regexp.MustCompile(`<!-- krm-fn ([^\n]*) -->\n!\[[^\]]+\]\(([^)]+)\)`).FindAllSubmatch(text, -1)
		if len(pictures) == 0 {
			t.Fatalf("%s shows no picture", page)
		}
		for _, p := range pictures {
			generated(t, filepath.Join(filepath.Dir(page), string(p[2])), printed(t, string(p[1])))
		}
	}
}

func generated(t *testing.T, file, want string) {
	t.Helper()
	got, _ := os.ReadFile(file)
	if string(got) == want {
		return
	}
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%s is not up to date; run go test ./docs -update", file)
}

// TestDocsLinks checks that links between pages of this repository point to existing files.
func TestDocsLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	pages, err := filepath.Glob("../*.md")
	more, _ := filepath.Glob("*.md")
	pages = append(pages, more...)
	if err != nil || len(pages) < 5 {
		t.Fatalf("found %d pages: %v", len(pages), err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
			}
		}
	}
}

// TestDocsQuoteGoFiles compares every Go block that names a file with that file.
func TestDocsQuoteGoFiles(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	quotes := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?s)```go ([^\n]+)\n(.*?)```\n").FindAllStringSubmatch(string(text), -1) {
			quotes++
			file, err := os.ReadFile(filepath.Join("..", m[1]))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(file), m[2]) {
				t.Errorf("%s quotes from %s, which does not contain:\n%s", page, m[1], m[2])
			}
		}
	}
	if quotes == 0 {
		t.Error("no page quotes a Go file")
	}
}

// TestReadmeFirstCommand runs what a new user runs first.
func TestReadmeFirstCommand(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```sh\n(.*?)\n```").FindStringSubmatch(string(text))
	if block == nil {
		t.Fatal("the README has no command")
	}
	args := strings.Fields(block[1])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", block[1], err)
	}
	for kind, want := range map[string]int{"Deployment": 2, "Service": 3, "HorizontalPodAutoscaler": 2, "ServiceMonitor": 2, "ConfigMap": 2} {
		if got := strings.Count(string(out), "\nkind: "+kind+"\n"); got != want {
			t.Errorf("%s prints %d objects of kind %s, not %d", block[1], got, kind, want)
		}
	}
	if got := 1 + strings.Count(string(out), "\n---\n"); got != 11 {
		t.Errorf("it prints %d manifests; the README says eleven", got)
	}
}
