//go:build e2e

package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// volumePeriod is the number of seconds after which volumes are brought up to date. A kubelet also waits, and programs
// rely on it: prometheus-config-reloader misses what changes just after it has started.
const volumePeriod = 15

// A podProcess runs the containers of one pod.
type podProcess struct {
	kubelet *kubelet
	pod     *corev1.Pod
	netns   string
	dir     string
	tokens  map[string]time.Time // when the file of a token is written again
}

func (p *podProcess) name() string { return p.pod.Namespace + "_" + p.pod.Name }

// run runs the pod until the context ends: its network, its volumes, its init containers in turn, then its containers, which
// are started again when they end. Volumes follow their ConfigMaps and Secrets.
func (p *podProcess) run(ctx context.Context) {
	p.tokens = map[string]time.Time{}
	var number int
	_, _ = fmt.Sscanf(p.netns, "pod%d", &number)
	if err := network(p.netns, p.pod.Status.PodIP, number); err != nil {
		p.kubelet.log(p.name(), "network: %v", err)
		return
	}
	if err := p.hosts(); err != nil {
		p.kubelet.log(p.name(), "%v", err)
		return
	}
	for err := p.volumes(ctx); err != nil; err = p.volumes(ctx) { // a ConfigMap that isn't there yet
		p.kubelet.log(p.name(), "volumes: %v", err)
		pause(ctx, time.Second)
		if ctx.Err() != nil {
			return
		}
	}
	for i := range p.pod.Spec.InitContainers {
		if err := p.container(ctx, &p.pod.Spec.InitContainers[i]); err != nil {
			p.kubelet.log(p.name(), "%v", err)
			return
		}
	}
	var group sync.WaitGroup
	for i := range p.pod.Spec.Containers {
		group.Go(func() { p.supervise(ctx, &p.pod.Spec.Containers[i]) })
	}
	for i := 1; ctx.Err() == nil; i++ {
		pause(ctx, time.Second)
		err := p.hosts()
		if i%volumePeriod == 0 {
			err = errors.Join(err, p.volumes(ctx))
		}
		if err != nil {
			p.kubelet.log(p.name(), "volumes: %v", err)
		}
	}
	group.Wait()
	if err := commands("ip netns del " + p.netns); err != nil {
		p.kubelet.log(p.name(), "network: %v", err)
	}
}

// supervise runs a container again and again, with growing pauses.
func (p *podProcess) supervise(ctx context.Context, container *corev1.Container) {
	for delay := time.Second; ctx.Err() == nil; delay = min(2*delay, 30*time.Second) {
		err := p.container(ctx, container)
		p.kubelet.log(p.name(), "container %s: %v", container.Name, err)
		pause(ctx, delay)
	}
}

// container runs a container until it ends or the context does.
func (p *podProcess) container(ctx context.Context, container *corev1.Container) error {
	spec, err := p.spec(container)
	if err != nil {
		return fmt.Errorf("container %s: %w", container.Name, err)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	log, err := p.kubelet.logFile(p.name() + "_" + container.Name)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", containerArg, string(text))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd.Run()
}

// spec works out what becomeContainer needs.
func (p *podProcess) spec(container *corev1.Container) (*containerSpec, error) {
	image := p.kubelet.image(container.Image)
	if image == nil {
		return nil, fmt.Errorf("no program for the image %s", container.Image)
	}
	env := map[string]string{
		"HOSTNAME": p.pod.Name, "KUBERNETES_SERVICE_HOST": nodeIP, "KUBERNETES_SERVICE_PORT": fmt.Sprint(apiPort),
	}
	for i := range container.Env {
		value, err := p.value(&container.Env[i])
		if err != nil {
			return nil, err
		}
		env[container.Env[i].Name] = value
	}
	spec := &containerSpec{
		Netns: p.netns, Root: filepath.Join(p.dir, container.Name), Program: image.program, Owners: ownersOf(p.pod, container),
		Hosts: filepath.Join(p.dir, "hosts"),
	}
	if s := container.SecurityContext; s != nil && s.ReadOnlyRootFilesystem != nil {
		spec.ReadOnly = *s.ReadOnlyRootFilesystem
	}
	var expand []string
	for name, value := range env {
		expand = append(expand, "$("+name+")", value)
		spec.Env = append(spec.Env, name+"="+value)
	}
	slices.Sort(spec.Env)
	// The program replaces the entry point of the image. Of a command that replaces it, what follows its name is kept.
	args := slices.Concat(container.Command[min(1, len(container.Command)):], container.Args, image.args)
	for _, arg := range args {
		spec.Args = append(spec.Args, strings.NewReplacer(expand...).Replace(arg))
	}
	for _, m := range container.VolumeMounts {
		spec.Mounts = append(spec.Mounts, containerMount{
			From: filepath.Join(p.dir, "volumes", m.Name, m.SubPath), To: m.MountPath, ReadOnly: m.ReadOnly,
		})
	}
	return spec, nil
}

func (p *podProcess) value(env *corev1.EnvVar) (string, error) {
	if env.ValueFrom == nil {
		return env.Value, nil
	}
	if env.ValueFrom.FieldRef == nil {
		return "", fmt.Errorf("env %s: only values and fields are supported", env.Name)
	}
	return p.field(env.ValueFrom.FieldRef.FieldPath)
}

func (p *podProcess) field(path string) (string, error) {
	switch path {
	case "metadata.name":
		return p.pod.Name, nil
	case "metadata.namespace":
		return p.pod.Namespace, nil
	case "status.podIP":
		return p.pod.Status.PodIP, nil
	default:
		return "", fmt.Errorf("field %s: not supported", path)
	}
}

// put writes a file in one step, if its text has changed.
func put(file string, text []byte) error {
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	partial := filepath.Join(filepath.Dir(file), "..partial") // readers of volumes skip names with this prefix
	if err := os.WriteFile(partial, text, 0o644); err != nil {
		return err
	}
	return os.Rename(partial, file)
}
