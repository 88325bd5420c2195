//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
	"github.com/krm-fn/krm-fn/test/truth"
)

const truthHead = `# What a cluster does, and what krm-fn check says

This page is written by ` + "`make e2e-truth`" + `. Each row is a change of sound manifests ([package truth](../test/truth/cases.go) has
the text): what ` + "`krm-fn render examples/products-privatejet`" + ` prints for the backend, and the [monitoring stack](stack.md). The second
column is what ` + "`krm-fn check`" + ` finds in the changed manifests, the third what a real control plane does with them: etcd, kube-apiserver,
the HorizontalPodAutoscaler controller, prometheus-operator, Prometheus, prometheus-adapter and metrics-server. The run fails if
a row is not as the table says, or if check finds an error where the cluster reads the metrics.

Behind &lt;unknown&gt; stands why: the reason of the HorizontalPodAutoscaler's condition, or what the API of custom metrics
answers for the pods: NotFound, no values, or an error.

`

// writeTruth writes docs/truth.md from the table and from what was seen.
func writeTruth(t *testing.T, verdicts map[string]verdict) {
	t.Helper()
	var text strings.Builder
	text.WriteString(truthHead)
	text.WriteString("| change | krm-fn check | cluster | what check cannot know |\n| --- | --- | --- | --- |\n")
	for _, c := range slices.Concat(truth.Cases, truth.ClusterCases) {
		var says []string
		for _, id := range c.Errors {
			says = append(says, "error ["+id+"]("+anchor(id)+")")
		}
		for _, id := range c.Warnings {
			says = append(says, "warning ["+id+"]("+anchor(id)+")")
		}
		v := verdicts[c.Name]
		outcome := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(string(v.outcome))
		if v.detail != "" {
			outcome += ": " + v.detail
		}
		change := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(c.Change)
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", change, strings.Join(slices.Compact(says), ", "), outcome, c.Blind)
	}
	if err := os.WriteFile(filepath.Join(tools.Root(t), "docs", "truth.md"), []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func anchor(id string) string { return "checks.md#" + strings.ReplaceAll(id, "/", "") }
