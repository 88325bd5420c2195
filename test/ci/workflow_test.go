package ci

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/test/tools"
)

// TestWorkflow checks which targets run when, that they exist, and that they use the Go version of the release.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	var workflow struct {
		On   map[string]any `yaml:"on"`
		Jobs map[string]struct {
			If       string `yaml:"if"`
			Strategy struct {
				Matrix struct{ Target []string }
			}
			Steps []struct {
				Uses string
				Run  string
				With map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, ".github/workflows/ci.yaml")), &workflow); err != nil {
		t.Fatal(err)
	}
	for _, event := range []string{"pull_request", "push", "schedule"} {
		if _, ok := workflow.On[event]; !ok {
			t.Errorf("nothing runs on %s", event)
		}
	}
	release := read(t, ".github/workflows/release.yaml")
	makefile := read(t, "Makefile")
	targets := map[string][]string{}
	for _, job := range workflow.Jobs {
		for _, target := range job.Strategy.Matrix.Target {
			targets[job.If] = append(targets[job.If], target)
			if !strings.Contains(makefile, "\n"+target+":") {
				t.Errorf("the Makefile has no target %s", target)
			}
		}
		made := false
		for _, step := range job.Steps {
			made = made || strings.Contains(step.Run, "make ${{ matrix.target }}")
			if step.Uses != "" && !strings.Contains(release, "- uses: "+step.Uses+"\n") {
				t.Errorf("%s is not what release.yaml uses", step.Uses)
			}
			if v := step.With["go-version"]; v != "" && !strings.Contains(release, `go-version: "`+v+`"`) {
				t.Errorf("Go %s is not that of release.yaml", v)
			}
		}
		if !made {
			t.Errorf("no step makes one of %v", job.Strategy.Matrix.Target)
		}
	}
	for _, list := range targets {
		slices.Sort(list)
	}
	want := map[string][]string{
		"": {"haproxy-test", "helm-test", "lint", "race", "report-test", "simulate-test", "test"},
		"github.event_name == 'schedule' || github.event_name == 'workflow_dispatch'": {"e2e", "e2e-gateway-api", "e2e-keda", "e2e-migrate", "e2e-truth"},
	}
	if diff := cmp.Diff(want, targets); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
}

// TestLanesAreTargets checks that make knows the lanes, and that this test knows all of them.
func TestLanesAreTargets(t *testing.T) {
	t.Parallel()
	loop := regexp.MustCompile(`(?m)^for lane in (.*); do$`).FindStringSubmatch(read(t, ".ci/run"))
	if len(loop) != 2 || !slices.Equal(strings.Fields(loop[1]), lanes) {
		t.Errorf("the lanes are %v, want %v", loop, lanes)
	}
	makefile := read(t, "Makefile")
	for _, lane := range lanes {
		if !strings.Contains(makefile, "\n"+lane+":") {
			t.Errorf("the Makefile has no target %s", lane)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tools.Root(t), filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
