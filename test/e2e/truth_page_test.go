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

const truthHead = `# What a cluster does, and what krm-fn check reports

This page is written by ` + "`make e2e-truth`" + `. Each row is a change of valid manifests ([package truth](../test/truth/cases.go)
contains the text): the output of ` + "`krm-fn render examples/products-privatejet`" + ` for the backend, and the
[monitoring stack](stack.md). The second column is what ` + "`krm-fn check`" + ` reports for the changed manifests. The third column is
what a real control plane does with them: etcd, kube-apiserver, the HorizontalPodAutoscaler controller, prometheus-operator,
Prometheus, prometheus-adapter, and metrics-server. The run fails if a row differs from the table, or if check reports an error
but the cluster reads the metrics.

The text after &lt;unknown&gt; says why: the reason in the condition of the HorizontalPodAutoscaler, or the answer of the custom
metrics API for the pods: NotFound, no values, or an error.

`

const kedaHead = `# What KEDA does, and what krm-fn check reports

This page is written by ` + "`make e2e-keda`" + `. Each row is a change of valid manifests ([package truth](../test/truth/keda_cases.go)
contains the text): the output of ` + "`krm-fn render`" + ` for the backend of examples/products-privatejet, with ` + "`autoscaler: ScaledObject`" + `,
and the [monitoring stack](stack.md). The second column is what ` + "`krm-fn check`" + ` reports for the changed manifests. The third column
is what a real control plane does with them: that of [the other table](truth.md), with the operator, the admission webhooks, and the
metrics adapter of KEDA. The run fails if a row differs from the table, or if check reports an error but everything works.

The API server rejects what does not fit the custom resource definition. A webhook that is down rejects nothing, since its failure
policy is Ignore; here it is Fail. If the operator makes no HorizontalPodAutoscaler, the text after "not ready" is the message of the
condition Ready.

`

// writeTruth writes a page from a table and from what was seen.
func writeTruth(t *testing.T, file, head string, cases []truth.Case, verdicts map[string]verdict) {
	t.Helper()
	var text strings.Builder
	text.WriteString(head)
	text.WriteString("| change | krm-fn check | cluster | what check cannot know |\n| --- | --- | --- | --- |\n")
	for _, c := range cases {
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
			outcome += ": " + strings.ReplaceAll(strings.Join(strings.Fields(v.detail), " "), "|", `\|`)
		}
		change := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(c.Change)
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", change, strings.Join(slices.Compact(says), ", "), outcome, c.Blind)
	}
	if err := os.WriteFile(filepath.Join(tools.Root(t), "docs", file), []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func anchor(id string) string { return "checks.md#" + strings.ReplaceAll(id, "/", "") }
