package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// said is what is printed next to the manifests of an example, nothing for most.
var said = map[string]string{
	"petstore-shared": "info: the input has no ConfigMap hpa-configs; the default is at most 5 replicas at 50% CPU [hpa/config]\n",
}

// TestExamples renders every example without an orchestrator and compares the manifests, and what is said next to them.
func TestExamples(t *testing.T) {
	examples, err := filepath.Glob("examples/*")
	if err != nil || len(examples) < 7 {
		t.Fatalf("%d examples: %v", len(examples), err)
	}
	for _, dir := range examples {
		name := filepath.Base(dir)
		if _, err := os.Stat(filepath.Join(dir, "kustomization.yaml")); err == nil {
			continue // These are for kustomize, and test/orchestrators runs them.
		}
		if name == "argocd" {
			continue // It has no package, and test/argocd runs it.
		}
		if name == "broken-chain" {
			continue // It is for check and explain, and the README shows what they say.
		}
		if name == "slow-policy" {
			continue // It is for simulate, and docs/simulate.md shows what it says.
		}
		if name == "helm-plugin" {
			continue // It is no package, and test/orchestrators runs it.
		}
		if name == "fleet" {
			continue // It is many packages, and test/orchestrators runs them.
		}
		if name == "several-functions" {
			continue // It is a program, and has tests of its own.
		}
		t.Run(name, func(t *testing.T) {
			got := run(t, ".", "", "render", dir)
			if got.code != exitOK {
				t.Fatalf("exit code %d:\n%s", got.code, got.stderr)
			}
			if want := said[name]; got.stderr != want {
				t.Errorf("it says\n%s\nwant\n%s", got.stderr, want)
			}
			golden(t, filepath.Join(testdata, "examples", name+".yaml"), got.stdout)
		})
	}
	expected, err := filepath.Glob(filepath.Join(testdata, "examples", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range expected {
		if _, err := os.Stat(filepath.Join("examples", strings.TrimSuffix(filepath.Base(file), ".yaml"))); err != nil {
			t.Errorf("%s is of no example; remove it", file)
		}
	}
}
