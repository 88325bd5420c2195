package check

import (
	"fmt"
	"os"
	"testing"
)

// TestKEDASound judges the usual kinds of ScaledObjects, in which nothing is wrong. Targets that are not in the file get a
// Deployment without series.
func TestKEDASound(t *testing.T) {
	text, err := os.ReadFile("testdata/keda/sound.yaml")
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Items: itemsOf(t, string(text))}
	w, ps := newWorld(in)
	for _, k := range w.graph.KEDA {
		if k.HasTarget() && k.Target == nil {
			in.Items = append(in.Items, itemsOf(t, workload("Deployment", k.Namespace(), k.Ref.Name, ""))...)
		}
	}
	for _, p := range append(ps, Run(in)...) {
		t.Error(p)
	}
	_, s := Judge(in)
	if s.Broken > 0 || s.Proved == 0 || s.Kinds["ScaledObject"] != 12 || s.Kinds["ScaledJob"] != 1 {
		t.Errorf("got %+v", s)
	}
}

// workload is a workload whose container has more fields.
func workload(kind, namespace, name, container string) string {
	return fmt.Sprintf(`---
apiVersion: apps/v1
kind: %s
metadata: {name: %s, namespace: %s}
spec:
  selector: {matchLabels: {app: %[2]s}}
  template:
    metadata: {labels: {app: %[2]s}}
    spec: {containers: [{name: main, image: "example/%[2]s:1"%[4]s}]}
`, kind, name, namespace, container)
}
