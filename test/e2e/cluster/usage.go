//go:build e2e

package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// usagePeriod is the time over which the cpu of a pod is measured.
const usagePeriod = 5 * time.Second

// writeUsage writes the thousandths of a core that a pod uses into the annotation that kwok reports.
func writeUsage(ctx context.Context, client kubernetes.Interface, namespace, pod string, cpu int) error {
	patch := fmt.Appendf(nil,
		`{"metadata":{"annotations":{"kwok.x-k8s.io/usage-cpu":"%dm","kwok.x-k8s.io/usage-memory":"64Mi"}}}`, max(1, cpu))
	_, err := client.CoreV1().Pods(namespace).Patch(ctx, pod, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

// use reports the cpu that the processes of the pod have used since the last time.
func (p *podProcess) use(ctx context.Context) error {
	if !p.image.lifecycle {
		return nil
	}
	var used time.Duration
	for _, c := range p.containers {
		c.mu.Lock()
		pid := c.pid
		c.mu.Unlock()
		used += cpuTime(pid)
	}
	cpu := (used - p.used).Milliseconds() * 1000 / usagePeriod.Milliseconds()
	p.used = used
	return writeUsage(ctx, p.kubelet.client, p.pod.Namespace, p.pod.Name, int(cpu))
}

// cpuTime is the time that a process and its children have used.
func cpuTime(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0 // it has ended
	}
	// Fields 14 and 15, in hundredths of a second; the name before, in parentheses, can have spaces (proc_pid_stat(5)).
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var user, system time.Duration
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0
	}
	sum := (user + system) * 10 * time.Millisecond
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return sum
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for child := range strings.FieldsSeq(string(text)) {
			var number int
			if _, err := fmt.Sscan(child, &number); err == nil {
				sum += cpuTime(number)
			}
		}
	}
	return sum
}
