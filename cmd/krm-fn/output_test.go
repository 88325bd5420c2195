package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// Every command reports that standard output cannot be written.
func TestWriteErrors(t *testing.T) {
	for _, args := range []string{
		"--help", "help check", "check --help", "version", "completion bash", "completion zsh", "__complete ren",
		"render examples/products-privatejet", "check -o json examples/kpt",
		"check -o sarif examples/kpt",
		"explain hpa/products-api RENDERED", "explain hpa/products-api RENDERED --format mermaid",
		"explain hpa/products-api RENDERED --format dot", "explain --all RENDERED -o svg", "explain --all RENDERED -o json", "",
	} {
		t.Run(args, func(t *testing.T) {
			rendered := run(t, ".", "", "render", "examples/products-privatejet").stdout
			dir := writeFiles(t, map[string]string{"rendered.yaml": rendered})
			var stderr bytes.Buffer
			var words []string
			for w := range strings.FieldsSeq(args) {
				words = append(words, strings.ReplaceAll(w, "RENDERED", dir))
			}
			in := strings.NewReader("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n")
			code := Run(t.Context(), Env{Args: words, Stdin: in, Stdout: failingWriter{errors.New("it broke")}, Stderr: &stderr, Dir: "."})
			if code != exitProblems || !strings.HasSuffix(stderr.String(), "error: standard output: it broke\n") {
				t.Errorf("exit code %d: %s", code, stderr.String())
			}
		})
	}
}

// hostileName is a name with commands of a terminal, and with characters that hide or reorder others.
const hostileName = "a\x1b[2J\x07\u009b1m\u202e\u200b#b"

func TestNothingIsInterpretedByATerminal(t *testing.T) {
	quoted, err := json.Marshal(hostileName)
	if err != nil {
		t.Fatal(err)
	}
	hpa := `{"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": ` + string(quoted) + `},
"spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": ` + string(quoted) + `},
"metrics": [{"type": "Pods", "pods": {"metric": {"name": ` + string(quoted) + `}, "target": {"type": "AverageValue", "averageValue": "1"}}}]}}`
	list := "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n  apiVersion: krm-fn.dev/v1alpha1\n" +
		"  kind: RenderAPIs\n  metadata: {name: " + strconv.QuoteToASCII(hostileName) + "}\n  spec: {" + strconv.QuoteToASCII(hostileName) + ": 1}\nitems: []\n"
	dir := writeFiles(t, map[string]string{"hpa.json": hpa})
	for _, args := range [][]string{
		{"check", dir},
		{"check", "-o", "json", dir},
		{"check", "-o", "sarif", dir},
		{"check", "-o", "github", dir},
		{"explain", "hpa/" + hostileName, dir},
		{"explain", "hpa/" + hostileName, dir, "--format", "mermaid"},
		{"explain", "hpa/" + hostileName, dir, "--format", "dot"},
		{"explain", "--all", dir, "-o", "json"},
		{"explain", "--all", dir, "-o", "svg"},
		{"report", dir},
		{"render", dir},
		{"render", hostileName},
		{hostileName},
		{"--" + hostileName},
		{"version", hostileName},
		{"check", "-o", hostileName, dir},
		nil,
	} {
		got := run(t, ".", list, args...)
		for _, r := range got.stdout + got.stderr {
			if r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && args != nil {
				t.Errorf("%q writes %q:\n%q", args, r, got.stdout+got.stderr)
				break
			}
		}
		if args != nil && strings.Contains(got.stdout, "flowchart") && strings.Contains(strings.ReplaceAll(got.stdout, "#35;b", ""), "#b") {
			t.Errorf("mermaid reads an entity in %s", got.stdout)
		}
	}
	got := run(t, ".", list)
	if _, results, ok := strings.Cut(got.stdout, "results:"); !ok || strings.ContainsAny(got.stderr+results, "\x1b\u009b\u202e") {
		t.Errorf("the results have %q", got.stdout)
	}
}

// 100,000 unknown fields are one text of less than a mebibyte.
func TestProblemsAreLimited(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: wso2.com/v1alpha1\n  kind: API\n" +
		"  metadata: {name: a}\n  spec:\n")
	for i := range 100_000 {
		b.WriteString("    x" + strings.Repeat("y", i%3) + "\u00e9" + string(rune('a'+i%26)) + strings.Repeat("z", i%7) + "_" + strconv.Itoa(i) + ": 1\n")
	}
	got := run(t, ".", b.String())
	if got.code != exitProblems || !strings.Contains(got.stderr, " more problems are not shown; fix these first [input/limit]") {
		t.Errorf("exit code %d: %.1000s", got.code, got.stderr)
	}
	if i := strings.Index(got.stdout, "\nresults:\n"); len(got.stderr) > 1<<20 || i < 0 || len(got.stdout)-i > 1<<20 {
		t.Errorf("%d bytes of messages, results from %d of %d", len(got.stderr), i, len(got.stdout))
	}
}

func TestEndlessInputs(t *testing.T) {
	for _, name := range []string{"/dev/zero", "/dev/full"} {
		for _, args := range [][]string{
			{"check", "--sample", "a/b=" + name, "-"},
			{"check", "--adapter-values", name, "-"},
			{"check", name},
			{"render", name},
			{"init", "a", "-f", name, "--image", "i", "-o", t.TempDir()},
		} {
			got := run(t, ".", "", args...)
			if got.code != exitProblems || !strings.Contains(got.stdout+got.stderr, "it is not a regular file") {
				t.Errorf("%v: exit code %d: %s%s", args, got.code, got.stdout, got.stderr)
			}
		}
	}
}
