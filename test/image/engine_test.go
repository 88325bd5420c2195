package image

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// These variables say how to test.
const (
	// modeVariable is unset (no test), "try" (a test that cannot be run is skipped) or "require" (it fails).
	modeVariable = "KRM_FN_IMAGE_TEST"
	// baseVariable is unset (the image is built on the public image that the Dockerfile names) or "local" (on the Go and
	// the modules of this machine, without network).
	baseVariable = "KRM_FN_IMAGE_BASE"
)

// findEngine reports whether the command docker is podman's shim, and skips the test if there is no engine.
func findEngine(t *testing.T) (podman bool) {
	t.Helper()
	switch mode := os.Getenv(modeVariable); mode {
	case "":
		t.Skip("make image-test runs this test")
	case "try", "require":
	default:
		t.Fatalf(`%s is %q; write "try" or "require"`, modeVariable, mode)
	}
	if o := run(t, call{}, "sh", "-c", "command -v docker && docker info"); o.code != 0 {
		cannot(t, `kustomize runs containers with the command docker, and the one on the PATH does not work:
%s%sIt needs Docker with its engine, or podman with its shim for docker; on Debian that is
  apt-get install podman podman-docker runc
with the folder of the shim before that of any other docker on the PATH.`, o.stdout, o.stderr)
	}
	return strings.Contains(must(t, call{}, "docker", "--version"), "podman")
}

// cannot says why there can be no test.
func cannot(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv(modeVariable) == "require" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// call is where and with what a command is run.
type call struct {
	dir, stdin string
	// env is added to the environment of the test.
	env []string
}

// outcome is all that a command shows.
type outcome struct {
	stdout, stderr string
	code           int
}

func run(t *testing.T, c call, program string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	// env looks the program up on the PATH of c.
	cmd := exec.CommandContext(t.Context(), "env", append([]string{program}, args...)...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.dir, strings.NewReader(c.stdin), &stdout, &stderr
	cmd.Env = append(os.Environ(), c.env...)
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", program, err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must returns the standard output of a command that must succeed, without the newline at its end.
func must(t *testing.T, c call, program string, args ...string) string {
	t.Helper()
	o := run(t, c, program, args...)
	if o.code != 0 {
		t.Fatalf("%s %s: exit code %d\n%s%s", program, strings.Join(args, " "), o.code, o.stdout, o.stderr)
	}
	return strings.TrimSuffix(o.stdout, "\n")
}
