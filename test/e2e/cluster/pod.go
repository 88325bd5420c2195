//go:build e2e

package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// volumePeriod is the time after which volumes are brought up to date. A kubelet also waits, and programs
// rely on it: prometheus-config-reloader misses what changes just after it has started.
const volumePeriod = 15 * time.Second

// A podProcess runs the containers of one pod.
type podProcess struct {
	kubelet    *kubelet
	pod        *corev1.Pod
	image      *image
	netns      string
	dir        string
	address    string
	tokens     map[string]time.Time // when the file of a token is written again
	containers []*containerProcess
	reported   corev1.PodStatus
	used       time.Duration // of the cpu, when it was last read

	once   sync.Once
	ending chan struct{} // closed when the pod is to end
	grace  time.Time     // when what still runs is killed; known when ending is closed
}

func (p *podProcess) name() string { return p.pod.Namespace + "_" + p.pod.Name }

// end makes the pod end. It returns at once.
func (p *podProcess) end(grace time.Duration) {
	p.once.Do(func() {
		p.grace = time.Now().Add(grace)
		close(p.ending)
	})
}

// run runs the pod until it is to end: its network, its volumes, its init containers in turn, then its containers, which
// are started again when they end. Volumes follow their ConfigMaps and Secrets.
func (p *podProcess) run(ctx context.Context, number int) {
	alive, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-p.ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	defer p.gone(ctx)
	if err := errors.Join(network(p.netns, p.address, number), p.etc()); err != nil {
		p.kubelet.log(p.name(), "%v", err)
		return
	}
	for err := p.volumes(alive); err != nil; err = p.volumes(alive) { // a ConfigMap that isn't there yet
		p.kubelet.log(p.name(), "volumes: %v", err)
		pause(alive, time.Second)
		if alive.Err() != nil {
			return
		}
	}
	for i := range p.pod.Spec.InitContainers {
		c := containerProcess{pod: p, spec: &p.pod.Spec.InitContainers[i]}
		if err := c.run(alive); err != nil {
			p.kubelet.log(p.name(), "%v", err)
			return
		}
	}
	ended := make(chan struct{})
	var group sync.WaitGroup
	for _, c := range p.containers {
		group.Go(func() { c.supervise(alive) })
	}
	go func() {
		group.Wait()
		close(ended)
	}()
	p.follow(ctx, alive, ended)
}

// follow brings the status and the volumes up to date until the containers have ended.
func (p *podProcess) follow(ctx, alive context.Context, ended chan struct{}) {
	volumes, usage := time.Tick(volumePeriod), time.Tick(usagePeriod)
	for ticks := time.Tick(100 * time.Millisecond); ; {
		var err error
		select {
		case <-ended:
			return
		case <-ticks:
			err = p.report(ctx)
		case <-usage:
			err = p.use(ctx)
		case <-volumes:
			if alive.Err() == nil {
				err = p.volumes(alive)
			}
		}
		if err != nil {
			p.kubelet.log(p.name(), "%v", err)
			pause(ctx, time.Second)
		}
	}
}

// gone removes the network of the pod, and the pod if its status is the kubelet's.
func (p *podProcess) gone(ctx context.Context) {
	err := commands("ip netns del " + p.netns)
	if p.image.lifecycle {
		select {
		case <-p.ending:
			err = errors.Join(err, p.kubelet.client.CoreV1().Pods(p.pod.Namespace).Delete(ctx, p.pod.Name, metav1.DeleteOptions{
				GracePeriodSeconds: new(int64), Preconditions: &metav1.Preconditions{UID: &p.pod.UID},
			}))
		default:
		}
	}
	if err != nil {
		p.kubelet.log(p.name(), "%v", err)
	}
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
		Etc: p.dir,
	}
	for _, library := range image.libraries {
		spec.Mounts = append(spec.Mounts, containerMount{From: library, To: library, ReadOnly: true})
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
	switch from := env.ValueFrom; {
	case from.FieldRef != nil:
		return p.field(from.FieldRef.FieldPath)
	case from.SecretKeyRef != nil:
		secret, err := p.kubelet.informers.secrets.Secrets(p.pod.Namespace).Get(from.SecretKeyRef.Name)
		if err != nil {
			return "", err
		}
		if value, ok := secret.Data[from.SecretKeyRef.Key]; ok {
			return string(value), nil
		}
		return "", fmt.Errorf("env %s: no key %s", env.Name, from.SecretKeyRef.Key)
	default:
		return "", fmt.Errorf("env %s: only values, fields, and keys of Secrets are supported", env.Name)
	}
}

func (p *podProcess) field(path string) (string, error) {
	switch path {
	case "metadata.name":
		return p.pod.Name, nil
	case "metadata.namespace":
		return p.pod.Namespace, nil
	case "status.podIP":
		return p.address, nil
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
