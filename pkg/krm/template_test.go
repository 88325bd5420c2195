package krm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAnnotateTemplate has workloads as they may be written: only the line of the annotation may change.
func TestAnnotateTemplate(t *testing.T) {
	const head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"
	for name, c := range map[string]struct{ item, want string }{
		"among annotations": {
			"- kind: Deployment\n  spec:\n    template:\n      metadata:\n        annotations:\n          # first\n          a:   b\n      spec: {}  # empty\n",
			"- kind: Deployment\n  spec:\n    template:\n      metadata:\n        annotations:\n          k: \"v\"\n          # first\n          a:   b\n      spec: {}  # empty\n",
		},
		"among labels, with carriage returns": {
			"- kind: Deployment\r\n  spec:\r\n    template:\r\n      metadata:\r\n          labels:   {a: b}\r\n",
			"- kind: Deployment\r\n  spec:\r\n    template:\r\n      metadata:\r\n          annotations:\r\n            k: \"v\"\r\n          labels:   {a: b}\r\n",
		},
		"with another value in quotes": {
			"- kind: Deployment\n  spec:\n    template:\n      metadata:\n        annotations:\n          k:  \"old\"   # ours\n",
			"- kind: Deployment\n  spec:\n    template:\n      metadata:\n        annotations:\n          k:  \"v\"   # ours\n",
		},
		"with another value in flow style": {
			"- {kind: Deployment, spec: {template: {metadata: {annotations: {k: old}}}}}  # short\n",
			"- {kind: Deployment, spec: {template: {metadata: {annotations: {k: \"v\"}}}}}  # short\n",
		},
		"with the value": {
			"- kind: Deployment\n  spec: {template: {metadata: {annotations: {k: v}}}}\n",
			"- kind: Deployment\n  spec: {template: {metadata: {annotations: {k: v}}}}\n",
		},
		"without metadata": {
			"- kind: Deployment\n  spec:\n    template:\n      spec:   {} # empty\n",
			"- kind: Deployment\n  spec:\n    template:\n      spec: {} # empty\n      metadata:\n        annotations:\n          k: \"v\"\n",
		},
		"in folded quotes": {
			"- kind: Deployment\n  spec:\n    template:\n      metadata:\n        annotations:\n          k: 'old\n            text'\n",
			"- kind: Deployment\n  spec:\n    template:\n      metadata:\n        annotations:\n          k: \"v\"\n",
		},
		"without a template": {"- kind:   Service\n", "- kind:   Service\n"},
	} {
		t.Run(name, func(t *testing.T) {
			list, ps := ReadList(strings.NewReader(head + c.item))
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			list.Items[0].AnnotateTemplate("k", "v")
			if diff := cmp.Diff(head+c.want, string(mustBytes(t, list, list.Items, nil))); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}
