//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
	"github.com/krm-fn/krm-fn/test/tools"
)

// kedaEnv is set if the programs of KEDA are to be built, which takes long.
const kedaEnv = "KRM_FN_KEDA"

var (
	config cluster.Config
	// proved contains what the run has verified at its end.
	proved string
)

func TestMain(m *testing.M) {
	os.Exit(cluster.Main(os.Stdout, os.Stderr, prepare, func(c cluster.Config) int {
		config = c
		code := m.Run()
		if code == 0 && proved != "" {
			_, _ = fmt.Fprintln(os.Stdout, "PROVED: "+proved)
		}
		return code
	}))
}

// prepare builds all programs, outside the sandbox, which has no network.
func prepare() (cluster.Config, error) {
	root, err := tools.FindRoot()
	if err != nil {
		return cluster.Config{}, err
	}
	c := cluster.Config{Bin: map[string]string{}, WorkDir: filepath.Join(root, ".cache", "e2e")}
	programs := []string{
		"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubectl", "kwok", "metrics-server", "prometheus",
		"adapter", "operator", "prometheus-config-reloader", "kustomize",
	}
	if os.Getenv(kedaEnv) != "" {
		programs = append(programs, "keda-operator", "keda-webhooks", "keda-adapter")
		if c.KEDAModule, err = tools.Required(root, "keda", tools.KEDA.Path); err != nil {
			return c, err
		}
	}
	for _, name := range programs {
		started := time.Now()
		if c.Bin[name], err = tools.Program(root, name); err != nil {
			return c, err
		}
		if took := time.Since(started); took > time.Second {
			_, _ = fmt.Fprintf(os.Stderr, "built %s in %s\n", name, took.Round(time.Second))
		}
	}
	// Only TestGateway needs it.
	for _, path := range []string{"haproxy", "/usr/sbin/haproxy"} {
		if found, err := exec.LookPath(path); err == nil {
			c.Bin["haproxy"] = found
		}
	}
	if c.Bin["krm-fn"], err = tools.ProgramKrmFn(root); err != nil {
		return c, err
	}
	if c.KwokModule, err = tools.Required(root, "cluster", "sigs.k8s.io/kwok"); err != nil {
		return c, err
	}
	c.OperatorModule, err = tools.Required(root, "prometheus-operator", "github.com/prometheus-operator/prometheus-operator")
	return c, err
}

// program runs one of the programs in the repository's root and returns its standard output. Exit codes other than 0 are
// failures, unless they are expected.
func program(t *testing.T, name, stdin string, args ...string) string {
	t.Helper()
	out, code := programCode(t, name, stdin, args...)
	if code != 0 {
		t.Fatalf("%s %s: exit code %d", name, strings.Join(args, " "), code)
	}
	return out
}

func programCode(t *testing.T, name, stdin string, args ...string) (stdout string, code int) {
	t.Helper()
	cmd := exec.Command(config.Bin[name], args...)
	cmd.Dir, cmd.Stdin = tools.Root(t), strings.NewReader(stdin)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	if problems.Len() > 0 {
		t.Logf("%s %s:\n%s", name, strings.Join(args, " "), problems.String())
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// start makes a cluster that lasts as long as the test.
func start(t *testing.T) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: the control plane is ready", c.Since())
	return c
}

// apply applies manifests.
func apply(t *testing.T, c *cluster.Cluster, manifests string) {
	t.Helper()
	if err := c.Apply(t.Context(), manifests); err != nil {
		t.Fatal(err)
	}
}
