package argocd

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/test/tools"
)

// workflow is what the workflow of the example uses of GitHub's syntax, and no other field.
type workflow struct {
	Name string
	On   struct {
		PullRequest struct{} `yaml:"pull_request"`
		Push        struct{ Branches []string }
	}
	Permissions map[string]string
	Env         map[string]string
	Jobs        map[string]job
}

type job struct {
	If             string
	RunsOn         string `yaml:"runs-on"`
	TimeoutMinutes int    `yaml:"timeout-minutes"`
	Concurrency    string
	Permissions    map[string]string
	Steps          []struct {
		Name, Uses, Run string
		With            map[string]string
	}
}

func readWorkflow(t *testing.T) workflow {
	t.Helper()
	var w workflow
	dec := yaml.NewDecoder(strings.NewReader(read(t, example(t, "argocd", "rendered", ".github", "workflows", "render.yaml"))))
	dec.KnownFields(true)
	if err := dec.Decode(&w); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestWorkflow checks what the workflow is allowed to do: a job on a pull request writes nothing and keeps no credentials, each
// action is pinned, and krm-fn is a release of this module.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	w := readWorkflow(t)
	if w.Permissions == nil || len(w.Permissions) != 0 || len(w.Jobs) != 2 {
		t.Errorf("permissions %v, %d jobs", w.Permissions, len(w.Jobs))
	}
	if diff := cmp.Diff([]string{"main"}, w.On.Push.Branches); diff != "" {
		t.Errorf("branches (-want +got):\n%s", diff)
	}
	for name, want := range map[string]struct{ event, contents string }{
		"check":  {"github.event_name == 'pull_request'", "read"},
		"commit": {"github.event_name == 'push'", "write"},
	} {
		j := w.Jobs[name]
		if j.If != want.event || j.RunsOn == "" || j.TimeoutMinutes == 0 {
			t.Errorf("%s runs if %s, on %s, for %d minutes", name, j.If, j.RunsOn, j.TimeoutMinutes)
		}
		if diff := cmp.Diff(map[string]string{"contents": want.contents}, j.Permissions); diff != "" {
			t.Errorf("%s: permissions (-want +got):\n%s", name, diff)
		}
		for _, s := range j.Steps {
			if s.Uses != "" && !regexp.MustCompile(`^actions/[a-z-]+@[0-9a-f]{40}$`).MatchString(s.Uses) {
				t.Errorf("%s: %s is not pinned to a commit", name, s.Uses)
			}
		}
	}
	if s := w.Jobs["check"].Steps[0]; !strings.HasPrefix(s.Uses, "actions/checkout@") || s.With["persist-credentials"] != "false" {
		t.Errorf("check starts with %s, %v", s.Uses, s.With)
	}
	module := regexp.MustCompile(`(?m)^module (.*)$`).FindStringSubmatch(read(t, filepath.Join(tools.Root(t), "go.mod")))[1]
	if got := w.Env["KRM_FN"]; !regexp.MustCompile(`^` + regexp.QuoteMeta(module) + `/cmd/krm-fn@v\d+\.\d+\.\d+$`).MatchString(got) {
		t.Errorf("the workflow installs %s", got)
	}
}

// runJob runs the commands of a job on a clone, one step after the other, and returns what they print together. krm-fn is on the
// PATH as if the step Install had put it there.
func runJob(t *testing.T, name, clone string) outcome {
	t.Helper()
	var all outcome
	var ran []string
	for _, s := range readWorkflow(t).Jobs[name].Steps {
		if s.Run == "" {
			continue
		}
		ran = append(ran, s.Name)
		if s.Name == "Install" {
			if s.Run != `go install "$KRM_FN"` {
				t.Errorf("%s installs by %s", name, s.Run)
			}
			continue
		}
		o := run(t, step(t, clone, s.Run))
		all.stdout, all.stderr, all.code = all.stdout+o.stdout, all.stderr+o.stderr, o.code
		if o.code != 0 {
			return all
		}
	}
	if len(ran) != 3 {
		t.Errorf("%s runs %v", name, ran)
	}
	return all
}

// apis is a repository with the package apis/ and, if it has been rendered, rendered/, and a clone of it.
func apis(t *testing.T, haveRendered bool) (url, clone string) {
	t.Helper()
	url = repository(t, func(dir string) {
		copyTo(t, filepath.Join(dir, "apis"), example(t, "products-privatejet"))
		if haveRendered {
			must(t, step(t, dir, "krm-fn render -o rendered apis"))
		}
	})
	dir := t.TempDir()
	git(t, dir, "clone", "--quiet", url, "clone")
	return url, filepath.Join(dir, "clone")
}

// TestWorkflowCheck runs the job for pull requests.
func TestWorkflowCheck(t *testing.T) {
	t.Parallel()
	hpa := filepath.Join("rendered", "horizontalpodautoscaler_shop_products-privatejet.yaml")
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, clone string)
		// want are lines of the difference. Without any, the check passes.
		want []string
	}{
		{"nothing", func(*testing.T, string) {}, nil},
		{"a comment of an input", func(t *testing.T, clone string) {
			t.Helper()
			edit(t, filepath.Join(clone, "apis", "backend.yaml"), "# The service", "# This is the service")
		}, nil},
		{"an input", func(t *testing.T, clone string) {
			t.Helper()
			edit(t, filepath.Join(clone, "apis", "backend.yaml"), "maxReplicas: 6", "maxReplicas: 7")
		}, []string{"-  maxReplicas: 6", "+  maxReplicas: 7"}},
		{"an input that is removed", func(t *testing.T, clone string) {
			t.Helper()
			for _, file := range []string{"api.yaml", "swagger.yaml"} {
				if err := os.Remove(filepath.Join(clone, "apis", file)); err != nil {
					t.Fatal(err)
				}
			}
		}, []string{"--- a/rendered/deployment_shop_products-api.yaml", "+++ /dev/null"}},
		{"a manifest, by hand", func(t *testing.T, clone string) {
			t.Helper()
			edit(t, filepath.Join(clone, hpa), "maxReplicas: 6", "maxReplicas: 60")
		}, []string{"-  maxReplicas: 60", "+  maxReplicas: 6"}},
		{"a manifest that is added by hand", func(t *testing.T, clone string) {
			t.Helper()
			write(t, filepath.Join(clone, "rendered", "more.yaml"), "kind: ConfigMap\n")
		}, []string{"--- a/rendered/more.yaml", "-kind: ConfigMap"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, clone := apis(t, true)
			tt.change(t, clone)
			git(t, clone, "add", "--all")
			git(t, clone, "commit", "--quiet", "--allow-empty", "--message", tt.name)
			o := runJob(t, "check", clone)
			says := readPage(t).blocks["text check"]
			if tt.want == nil {
				if o.code != 0 || o.stdout != "" {
					t.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
				}
				return
			}
			if o.code != 1 || !strings.HasSuffix(o.stdout, "\n"+says) {
				t.Errorf("exit code %d, does not end with\n%s\n%s%s", o.code, says, o.stdout, o.stderr)
			}
			for _, line := range tt.want {
				if !strings.Contains(o.stdout, "\n"+line+"\n") {
					t.Errorf("does not show %s\n%s", line, o.stdout)
				}
			}
		})
	}
}

// TestWorkflowShowsProblems checks that either job ends with the problems of a package, and commits nothing.
func TestWorkflowShowsProblems(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"check", "commit"} {
		url, clone := apis(t, true)
		edit(t, filepath.Join(clone, "apis", "backend.yaml"), "maxReplicas: 6", "maxReplica: 6")
		git(t, clone, "commit", "--quiet", "--all", "--message", "broken")
		git(t, clone, "push", "--quiet")
		before := git(t, clone, "ls-remote", url, "main")
		o := runJob(t, name, clone)
		const want = "error: apis/backend.yaml:19:5: TargetEndpoint shop/products-privatejet: spec.deploy.maxReplica: unknown field \"maxReplica\"; " +
			"did you mean \"maxReplicas\"? [input/field]\n"
		if o.code != 1 || o.stderr != want || o.stdout != "" {
			t.Errorf("%s: exit code %d\n%s%s", name, o.code, o.stdout, o.stderr)
		}
		if after := git(t, clone, "ls-remote", url, "main"); after != before {
			t.Errorf("%s has pushed %s over %s", name, after, before)
		}
	}
}

// TestWorkflowCommit runs the job for pushes: it commits what differs, once, and its result passes the check.
func TestWorkflowCommit(t *testing.T) {
	t.Parallel()
	for _, haveRendered := range []bool{false, true} {
		url, clone := apis(t, haveRendered)
		edit(t, filepath.Join(clone, "apis", "backend.yaml"), "maxReplicas: 6", "maxReplicas: 7")
		git(t, clone, "commit", "--quiet", "--all", "--message", "more")
		git(t, clone, "push", "--quiet")
		source := strings.TrimSpace(git(t, clone, "rev-parse", "--short", "HEAD"))
		var tips []string
		for range 2 {
			if o := runJob(t, "commit", clone); o.code != 0 {
				t.Fatalf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
			}
			tips = append(tips, git(t, clone, "ls-remote", url, "main"))
		}
		if tips[0] != tips[1] {
			t.Errorf("a second run pushes %s over %s", tips[1], tips[0])
		}
		git(t, filepath.Dir(clone), "clone", "--quiet", url, "fresh")
		fresh := filepath.Join(filepath.Dir(clone), "fresh")
		if got, want := git(t, fresh, "log", "--format=%an: %s", "-1"), "github-actions[bot]: rendered: apis at "+source+"\n"; got != want {
			t.Errorf("the last commit is %s, want %s", got, want)
		}
		if !strings.Contains(read(t, filepath.Join(fresh, "rendered", "horizontalpodautoscaler_shop_products-privatejet.yaml")), "maxReplicas: 7\n") {
			t.Error("the commit lacks the change")
		}
		if o := runJob(t, "check", fresh); o.code != 0 {
			t.Errorf("what was committed does not pass the check: %d\n%s%s", o.code, o.stdout, o.stderr)
		}
	}
}
