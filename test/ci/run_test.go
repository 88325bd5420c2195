package ci

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// fakeMake records the lane, and does what a variable of the environment has for it.
const fakeMake = `#!/usr/bin/env bash
echo "$1" >> "$LANES"
lane=LANE_${1//-/_}
eval "${!lane:-}"
`

var lanes = []string{"test", "lint", "race", "haproxy-test", "helm-test", "simulate-test", "report-test", "e2e", "e2e-gateway-api", "e2e-truth", "e2e-migrate", "argocd-test", "image-test"}

func TestRun(t *testing.T) {
	t.Parallel()
	const notRun = `NOT RUN, it could not start before minute \d+`
	for _, tt := range []struct {
		name string
		env  []string
		ran  int
		code int
		// reported is what the last lines show, by lane; the others are ok.
		reported map[string]string
	}{
		{name: "everything succeeds", ran: len(lanes)},
		{
			name: "a failure does not keep others from running", env: []string{"LANE_lint=exit 2", "LANE_image_test=exit 7"}, ran: len(lanes), code: 1,
			reported: map[string]string{"lint": "FAILED with exit code 2", "image-test": "FAILED with exit code 7"},
		},
		{
			name: "what cannot start in time fails nothing", env: []string{"LANE_lint=sleep 21", "CI_LAST_START=20"}, ran: 2,
			reported: map[string]string{
				"race": notRun, "haproxy-test": notRun, "helm-test": notRun, "simulate-test": notRun, "report-test": notRun, "e2e": notRun, "e2e-gateway-api": notRun, "e2e-truth": notRun, "e2e-migrate": notRun, "argocd-test": notRun, "image-test": notRun,
			},
		},
		{
			name: "a lane that takes too long is stopped, and so is what it started", env: []string{"LANE_race=sleep 600 & wait", "CI_STOP=20"},
			ran: 3, code: 1,
			reported: map[string]string{
				"race":         "FAILED, stopped in minute 0",
				"haproxy-test": notRun, "helm-test": notRun, "simulate-test": notRun, "report-test": notRun, "e2e": notRun, "e2e-gateway-api": notRun, "e2e-truth": notRun, "e2e-migrate": notRun, "argocd-test": notRun, "image-test": notRun,
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			output, ran, code := run(t, tt.env...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if diff := gocmp.Diff(lanes[:tt.ran], ran); diff != "" {
				t.Errorf("lanes (-want +run):\n%s", diff)
			}
			lines := strings.Split(strings.TrimSuffix(output, "\n"), "\n")
			last := lines[max(0, len(lines)-len(lanes)):]
			for i, lane := range lanes {
				want := cmp.Or(tt.reported[lane], "ok")
				if want != notRun {
					want = `\d+ s ` + want
				}
				line := regexp.MustCompile(`^lane ` + lane + `: ` + want + `$`)
				if i >= len(last) || !line.MatchString(last[i]) {
					t.Errorf("no line matches %s in\n%s", line, output)
				}
			}
		})
	}
}

// run runs .ci/run in its own directory, and returns its standard output, the lanes that it made, and its exit code.
func run(t *testing.T, env ...string) (output string, ran []string, code int) {
	t.Helper()
	for _, program := range []string{"bash", "timeout"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	dir := t.TempDir()
	script, err := os.ReadFile(filepath.Join(tools.Root(t), ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		".ci/run":          string(script),
		".ci/e2e":          "#!/usr/bin/env bash\nmake e2e\n",
		".ci/image-test":   "#!/usr/bin/env bash\nmake image-test\n",
		".ci/haproxy-test": "#!/usr/bin/env bash\nmake haproxy-test\n",
		"bin/make":         fakeMake,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	made := filepath.Join(dir, "lanes")
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, ".ci", "run"))
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(os.Environ(), "LANES="+made, "PATH="+filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	if stderr.Len() > 0 {
		t.Errorf("standard error shows\n%s", &stderr)
	}
	text, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	return stdout.String(), strings.Fields(string(text)), cmd.ProcessState.ExitCode()
}
