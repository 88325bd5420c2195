//go:build e2e

package cluster

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// probe follows the probes of a container while it runs. restart is called when it is not alive.
func (c *containerProcess) probe(ctx context.Context, restart func()) {
	c.repeat(ctx, c.spec.StartupProbe, func(ok bool) bool {
		if !ok {
			restart()
		}
		return ok
	})
	if c.spec.ReadinessProbe == nil {
		c.setReady(ctx.Err() == nil)
	}
	go c.repeat(ctx, c.spec.LivenessProbe, func(ok bool) bool {
		if !ok {
			restart()
		}
		return false
	})
	c.repeat(ctx, c.spec.ReadinessProbe, func(ok bool) bool {
		if ctx.Err() == nil {
			c.setReady(ok)
		}
		return false
	})
}

// repeat probes until then returns true, and calls it with each result that is certain.
func (c *containerProcess) repeat(ctx context.Context, probe *corev1.Probe, then func(ok bool) bool) {
	if probe == nil {
		return
	}
	pause(ctx, seconds(probe.InitialDelaySeconds))
	last, times := false, int32(0)
	for ; ctx.Err() == nil; pause(ctx, seconds(probe.PeriodSeconds)) {
		err := c.try(ctx, probe)
		if ok := err == nil; ok != last {
			last, times = ok, 0
		}
		times++
		if err != nil && ctx.Err() == nil {
			c.pod.kubelet.log(c.pod.name(), "container %s: probe: %v", c.spec.Name, err)
		}
		if (last && times >= probe.SuccessThreshold || !last && times >= probe.FailureThreshold) && then(last) {
			return
		}
	}
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }

// try probes once.
func (c *containerProcess) try(ctx context.Context, probe *corev1.Probe) error {
	ctx, cancel := context.WithTimeout(ctx, seconds(probe.TimeoutSeconds))
	defer cancel()
	if probe.HTTPGet == nil {
		return errors.New("only probes with httpGet are supported")
	}
	get := probe.HTTPGet
	port := get.Port.String()
	for _, p := range c.spec.Ports {
		if p.Name == port {
			port = fmt.Sprint(p.ContainerPort)
		}
	}
	url := fmt.Sprintf("%s://%s%s", strings.ToLower(string(get.Scheme)), net.JoinHostPort(c.pod.address, port), get.Path)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	request.Close = true
	// A kubelet does not verify certificates either.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode >= 400 {
		err = fmt.Errorf("%s: %s", url, response.Status)
	}
	return errors.Join(err, response.Body.Close())
}

// report writes the status of the pod if it has changed.
func (p *podProcess) report(ctx context.Context) error {
	if !p.image.lifecycle {
		return nil
	}
	status := p.status()
	if reflect.DeepEqual(status, p.reported) {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": p.pod.UID}, "status": status})
	if err != nil {
		return err
	}
	if _, err := p.kubelet.client.CoreV1().Pods(p.pod.Namespace).
		Patch(ctx, p.pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
		return err
	}
	p.reported = status
	return nil
}

// status returns the status of the pod. The times of conditions are those of their last change.
func (p *podProcess) status() corev1.PodStatus {
	status := corev1.PodStatus{
		Phase: corev1.PodRunning, HostIP: nodeIP, PodIP: p.address, PodIPs: []corev1.PodIP{{IP: p.address}},
		StartTime: p.reported.StartTime,
	}
	now := metav1.Now().Rfc3339Copy()
	if status.StartTime == nil {
		status.StartTime = &now
	}
	ready := corev1.ConditionTrue
	for _, c := range p.containers {
		state := c.state()
		if !state.Ready {
			ready = corev1.ConditionFalse
		}
		status.ContainerStatuses = append(status.ContainerStatuses, state)
	}
	for _, kind := range []corev1.PodConditionType{corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
		condition := corev1.PodCondition{Type: kind, Status: ready, LastTransitionTime: now}
		if kind == corev1.PodInitialized {
			condition.Status = corev1.ConditionTrue
		}
		for _, old := range p.reported.Conditions {
			if old.Type == kind && old.Status == condition.Status {
				condition = old
			}
		}
		status.Conditions = append(status.Conditions, condition)
	}
	return status
}

func (c *containerProcess) state() corev1.ContainerStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	running := !c.since.IsZero()
	state := corev1.ContainerStatus{
		Name: c.spec.Name, Image: c.spec.Image, Ready: c.ready, Started: &running, RestartCount: c.restarts,
	}
	if running {
		state.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(c.since).Rfc3339Copy()}
	} else {
		state.State.Waiting = &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}
	}
	return state
}
