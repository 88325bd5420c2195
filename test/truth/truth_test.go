package truth

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// TestCheck compares krm-fn check with the table.
func TestCheck(t *testing.T) {
	compare(t, slices.Concat(Cases, ClusterCases), run(t, tools.KrmFn(t), "", "render", "examples/products-privatejet"))
}

// TestCheckKEDA compares krm-fn check with the table for KEDA.
func TestCheckKEDA(t *testing.T) {
	keda := split(run(t, tools.Build(t, "kustomize"), "", "build", filepath.Join(tools.KEDA.Dir(t), "config", "default")))
	// Definitions are long, and their descriptions contain separators.
	keda = slices.DeleteFunc(keda, func(doc string) bool {
		return !strings.HasPrefix(doc, "apiVersion: ") || kindOf(doc) == "CustomResourceDefinition"
	})
	compare(t, KEDACases, run(t, tools.KrmFn(t), "", "render", "examples/products-privatejet", KEDAConfig), keda...)
}

// compare lets krm-fn check judge all cases, together with the stack and other manifests.
func compare(t *testing.T, cases []Case, rendered string, others ...string) {
	t.Helper()
	stack := strings.Join(append(others, run(t, tools.Build(t, "kustomize"), "", "build", "examples/stack")), separator)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			manifests, err := c.Apply(Sound(rendered, c.Name) + separator + stack)
			if err != nil {
				t.Fatal(err)
			}
			var result struct {
				Problems []struct{ ID, Severity, Message string }
			}
			if err := json.Unmarshal([]byte(run(t, tools.KrmFn(t), manifests, "check", "--complete", "-o", "json", "-")), &result); err != nil {
				t.Fatal(err)
			}
			found := map[string][]string{}
			for _, p := range result.Problems {
				t.Logf("%s: %s [%s]", p.Severity, p.Message, p.ID)
				found[p.Severity] = append(found[p.Severity], p.ID)
			}
			if diff := cmp.Diff([][]string{c.Errors, c.Warnings}, [][]string{found["error"], found["warning"]}); diff != "" {
				t.Errorf("errors and warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAgreement: where the table says that the cluster does not read metrics as they are, it says that krm-fn check finds
// an error, or why it cannot.
func TestAgreement(t *testing.T) {
	for _, c := range slices.Concat(Cases, ClusterCases, KEDACases) {
		if agree := (len(c.Errors) > 0) == (c.Cluster != Reads); agree == (c.Blind != "") {
			t.Errorf("%s: errors %q, cluster %q, blind %q", c.Name, c.Errors, c.Cluster, c.Blind)
		}
	}
}

// run runs a program in the repository's root. krm-fn check ends with 1 if it has found something.
func run(t *testing.T, program, stdin string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = tools.Root(t), strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || args[0] != "check" || exit.ExitCode() != 1) {
		t.Fatalf("%s %s: %v: %s", program, strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String()
}
