//go:build e2e

package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

const (
	// insideEnv contains the Config, as JSON, of a process that runs inside the sandbox.
	insideEnv = "KRM_FN_E2E_INSIDE"
	// containerArg is the first argument of a process that becomes a container.
	containerArg = "become-container"
)

// Config is what a cluster is made of.
type Config struct {
	// Bin has the paths of the programs, by name: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy,
	// kubectl, kwok, adapter, metrics-server, operator, prometheus-config-reloader, prometheus; haproxy, if gateways are to run;
	// and those that tests add.
	Bin map[string]string
	// KwokModule and OperatorModule are directories of the modules sigs.k8s.io/kwok and
	// github.com/prometheus-operator/prometheus-operator, for the manifests in them.
	KwokModule, OperatorModule string
	// KEDAModule is that of github.com/kedacore/keda/v2.
	KEDAModule string
	// WorkDir is an existing directory. Below it, "run" is covered by a file system in memory, and "log" contains the logs of the
	// last run.
	WorkDir string
}

// Main runs a test binary's tests in a sandbox: the process starts itself again, as the first process of new network,
// mount and process namespaces, and there run gets the Config that prepare gave outside. It returns an exit code. If either
// process ends, by itself or by a signal, all processes inside end with it, and so do their network and their files.
func Main(stdout, stderr io.Writer, prepare func() (Config, error), run func(Config) int) int {
	if len(os.Args) == 3 && os.Args[1] == containerArg {
		_, _ = fmt.Fprintln(stderr, becomeContainer(os.Args[2])) // it only returns if it fails
		return 125
	}
	if text := os.Getenv(insideEnv); text != "" {
		var config Config
		err := json.Unmarshal([]byte(text), &config)
		if err == nil {
			err = furnish(config)
		}
		if err != nil {
			_, _ = fmt.Fprintln(stderr, err)
			return 1
		}
		return run(config)
	}
	code, err := enter(stdout, stderr, prepare)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return code
}

// enter starts this program again inside new namespaces and waits for it.
func enter(stdout, stderr io.Writer, prepare func() (Config, error)) (int, error) {
	if os.Geteuid() != 0 {
		return 0, errors.New("the end-to-end tests need root: they make network namespaces of their own")
	}
	config, err := prepare()
	if err != nil {
		return 0, err
	}
	for _, dir := range []string{"run", "log"} {
		if err := os.MkdirAll(filepath.Join(config.WorkDir, dir), 0o755); err != nil {
			return 0, err
		}
	}
	text, err := json.Marshal(config)
	if err != nil {
		return 0, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	runtime.LockOSThread() // Pdeathsig is about the thread that starts the child
	cmd := exec.CommandContext(ctx, "/proc/self/exe", os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Env = append(os.Environ(), insideEnv+"="+string(text))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// furnish mounts what the sandbox needs and sets up the node's network.
func furnish(config Config) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	for dir, kind := range map[string]string{"/proc": "proc", "/run": "tmpfs", filepath.Join(config.WorkDir, "run"): "tmpfs"} {
		if err := syscall.Mount(kind, dir, kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", dir, err)
		}
	}
	logs, err := filepath.Glob(filepath.Join(config.WorkDir, "log", "*"))
	if err != nil {
		return err
	}
	for _, file := range logs {
		if err := os.RemoveAll(file); err != nil {
			return err
		}
	}
	// Kubernetes rejects loopback addresses as endpoints. So the node has its own address, and every address of a pod is
	// local unless a more specific route leads to a pod that has its own network. The routes are in table main, where
	// those of the pods are, since the table local would win.
	return commands(
		"ip link set lo up",
		"ip addr add "+nodeIP+"/32 dev lo",
		"ip route add local "+podCIDR+" dev lo table main",
		"ip route add "+serviceCIDR+" dev lo src "+nodeIP, // kube-proxy replaces these addresses
		"sysctl -q -w net.ipv4.ip_forward=1",
	)
}

// commands runs command lines without quoting, one after the other.
func commands(lines ...string) error {
	for _, line := range lines {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", line, err, out)
		}
	}
	return nil
}
