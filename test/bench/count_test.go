package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const manifests = `apiVersion: apps/v1
kind: Deployment
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
spec:
  scaleTargetRef:
    kind: Deployment
`

const list = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: apps/v1
  kind: Deployment
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  spec:
    scaleTargetRef:
      kind: Deployment
`

func TestCount(t *testing.T) {
	want := counts{"Deployment": 1, "HorizontalPodAutoscaler": 1}
	dir := t.TempDir()
	for name, text := range map[string]string{"a.yaml": manifests, "sub/b.yaml": "kind: Service\n", "Kptfile": "kind: Kptfile\n"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := inDocuments(filepath.Join(dir, "a.yaml"))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("documents: %v, -want +got:\n%s", err, diff)
	}
	got, err = countLines(strings.NewReader(list), "  kind: ")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("items: %v, -want +got:\n%s", err, diff)
	}
	got, err = inFolder(dir)
	if diff := cmp.Diff(want.plus(counts{"Service": 1}), got); err != nil || diff != "" {
		t.Errorf("directory: %v, -want +got:\n%s", err, diff)
	}
	if text := got.String(); text != "1 Deployment, 1 HorizontalPodAutoscaler, 1 Service" {
		t.Errorf("counts read %s", text)
	}
	if want["Service"] != 0 {
		t.Error("plus changed what it adds to")
	}
}

func TestListOf(t *testing.T) {
	var got bytes.Buffer
	if err := listOf(&got, strings.NewReader(manifests)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(list, got.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestScored(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	text := "[OK] a/shop apps/v1/Deployment\n[CRITICAL] a/shop apps/v1/Deployment: (mgw) no limit\n[OK] b/shop apps/v1/Deployment\n[OK] a/shop v1/Service\n\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := scored(file)
	if err != nil || got.String() != "2 Deployment" {
		t.Errorf("got %v, %v", got, err)
	}
}
