//go:build e2e

package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// A containerProcess is a container of a pod, which is started again when it ends.
type containerProcess struct {
	pod  *podProcess
	spec *corev1.Container

	mu       sync.Mutex
	pid      int
	since    time.Time // when it was started; zero while it does not run
	ready    bool
	restarts int32
}

// supervise runs the container again and again, with growing pauses.
func (c *containerProcess) supervise(alive context.Context) {
	for delay := time.Second; alive.Err() == nil; delay = min(2*delay, 30*time.Second) {
		err := c.run(alive)
		c.pod.kubelet.log(c.pod.name(), "container %s: %v", c.spec.Name, err)
		if alive.Err() == nil {
			pause(alive, delay)
			c.mu.Lock()
			c.restarts++
			c.mu.Unlock()
		}
	}
}

// run runs the container until it ends, or until the pod is to end: then it stops the container as its manifest says.
func (c *containerProcess) run(alive context.Context) error {
	spec, err := c.pod.spec(c.spec)
	if err != nil {
		return fmt.Errorf("container %s: %w", c.spec.Name, err)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	log, err := c.pod.kubelet.logFile(c.pod.name() + "_" + c.spec.Name)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command("/proc/self/exe", containerArg, string(text))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	c.set(cmd.Process.Pid, time.Now())
	defer c.set(0, time.Time{})
	if c.pod.image.lifecycle {
		probing, cancel := context.WithCancel(context.WithoutCancel(alive))
		defer cancel()
		go c.probe(probing, func() {
			if alive.Err() == nil {
				_ = cmd.Process.Signal(c.stopSignal())
			}
		})
	}
	select {
	case err := <-ended:
		return err
	case <-alive.Done():
	}
	return c.terminate(cmd, ended)
}

// terminate runs the preStop hook and sends the signal of the image; it kills the container when the grace period is over.
func (c *containerProcess) terminate(cmd *exec.Cmd, ended chan error) error {
	late, cancel := context.WithDeadline(context.Background(), c.pod.deadline())
	defer cancel()
	if l := c.spec.Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Exec != nil {
		// The program is that of this machine.
		words := l.PreStop.Exec.Command
		if out, err := exec.CommandContext(late, words[0], words[1:]...).CombinedOutput(); err != nil {
			c.pod.kubelet.log(c.pod.name(), "preStop: %v: %s", err, out)
		}
	}
	_ = cmd.Process.Signal(c.stopSignal())
	select {
	case err := <-ended:
		return err
	case <-late.Done():
	}
	_ = cmd.Process.Kill()
	return fmt.Errorf("killed after the grace period: %w", <-ended)
}

// deadline is when containers are killed: at once if the cluster ends before the pod.
func (p *podProcess) deadline() time.Time {
	select {
	case <-p.ending:
		return p.grace
	default:
		return time.Now()
	}
}

func (c *containerProcess) stopSignal() syscall.Signal {
	if image := c.pod.kubelet.image(c.spec.Image); image.stop != 0 {
		return image.stop
	}
	return syscall.SIGTERM
}

func (c *containerProcess) set(pid int, since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pid, c.since, c.ready = pid, since, false
}

func (c *containerProcess) setReady(ready bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ready = ready && !c.since.IsZero()
}

// libraries returns the paths of the libraries that a program loads.
func libraries(program string) ([]string, error) {
	out, err := exec.Command("ldd", program).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("ldd %s: %w: %s", program, err, out)
	}
	var list []string
	for line := range strings.Lines(string(out)) {
		for word := range strings.FieldsSeq(line) {
			if strings.HasPrefix(word, "/") {
				list = append(list, word)
			}
		}
	}
	return list, nil
}
