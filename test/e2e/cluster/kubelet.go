//go:build e2e

package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// gatewayImage is a part of the reference of the official image of HAProxy.
const gatewayImage = "/haproxy:"

// An image is a program of this machine that replaces a container image.
type image struct {
	part      string         // of the image's reference
	program   string         // path
	libraries []string       // that it loads
	args      []string       // added to those of the container
	stop      syscall.Signal // SIGTERM if it is 0
	// lifecycle means that the status of the pods is the kubelet's: they are ready when their probes succeed, and stop as their
	// manifest says. The status of other pods is kwok's.
	lifecycle bool
}

// kubelet runs the containers of pods whose images it knows, each pod in its own network, with its volumes, its
// arguments and the identity of its service account.
type kubelet struct {
	client    kubernetes.Interface
	informers *watched
	images    []image
	dir       string
	logDir    string
	pods      int // number of those that were started
}

func (k *kubelet) image(reference string) *image {
	for i := range k.images {
		if strings.Contains(reference, k.images[i].part) {
			return &k.images[i]
		}
	}
	return nil
}

// run starts and stops pods as they come and go, until the context ends.
func (k *kubelet) run(ctx context.Context) {
	pods := map[types.UID]*podProcess{}
	for ; ctx.Err() == nil; pause(ctx, 200*time.Millisecond) {
		all, err := k.informers.pods.List(labels.Everything())
		if err != nil {
			k.log("kubelet", "%v", err)
			continue
		}
		present := map[types.UID]bool{}
		for _, pod := range all {
			image := k.image(pod.Spec.Containers[0].Image)
			switch {
			case image == nil, pod.Spec.NodeName == "": // one of the workloads, or not scheduled
				continue
			case !image.lifecycle && (pod.Status.Phase != corev1.PodRunning || pod.DeletionTimestamp != nil): // of kwok
				continue
			}
			present[pod.UID] = true
			if pods[pod.UID] == nil {
				pods[pod.UID] = k.start(ctx, pod, image)
			}
			if pod.DeletionTimestamp != nil {
				pods[pod.UID].end(time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second)
			}
		}
		for uid, pod := range pods {
			if !present[uid] {
				pod.end(5 * time.Second)
				delete(pods, uid)
			}
		}
	}
}

// start runs a pod. The addresses of those whose status is the kubelet's are beyond those that kwok gives.
func (k *kubelet) start(ctx context.Context, pod *corev1.Pod, image *image) *podProcess {
	k.pods++
	p := &podProcess{
		kubelet: k, pod: pod, image: image, netns: fmt.Sprintf("pod%d", k.pods), dir: filepath.Join(k.dir, string(pod.UID)),
		address: pod.Status.PodIP, tokens: map[string]time.Time{}, ending: make(chan struct{}),
	}
	if image.lifecycle {
		p.address = fmt.Sprintf("10.244.%d.%d", 128+k.pods/250, 1+k.pods%250)
	}
	for i := range pod.Spec.Containers {
		p.containers = append(p.containers, &containerProcess{pod: p, spec: &pod.Spec.Containers[i]})
	}
	go p.run(ctx, k.pods)
	return p
}

// log appends a line to LOGDIR/NAME.log.
func (k *kubelet) log(name, format string, args ...any) {
	f, err := k.logFile(name)
	if err != nil {
		return // the disk is full, so the tests will fail
	}
	_, _ = fmt.Fprintf(f, time.Now().Format(time.TimeOnly)+" kubelet: "+format+"\n", args...)
	_ = f.Close()
}

func (k *kubelet) logFile(name string) (*os.File, error) {
	if err := os.MkdirAll(k.logDir, 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(k.logDir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// network makes the network of a pod: a pair of devices, with routes. The address can belong to a pod that is still ending.
// Neighbors are fixed, because the node considers
// the address of the pod its own, and would not answer requests from it.
func network(netns, address string, number int) error {
	node := fmt.Sprintf("02:00:00:01:%02x:%02x", number/256, number%256)
	pod := fmt.Sprintf("02:00:00:02:%02x:%02x", number/256, number%256)
	return commands(
		"ip netns add "+netns,
		fmt.Sprintf("ip link add %s address %s type veth peer name eth0 address %s netns %s", netns, node, pod, netns),
		"ip link set "+netns+" up",
		"ip route replace "+address+"/32 dev "+netns,
		"ip neigh replace "+address+" lladdr "+pod+" dev "+netns+" nud permanent",
		"ip -n "+netns+" link set lo up",
		"ip -n "+netns+" addr add "+address+"/32 dev eth0",
		"ip -n "+netns+" link set eth0 up",
		"ip -n "+netns+" route add "+nodeIP+" dev eth0 scope link",
		"ip -n "+netns+" route add default via "+nodeIP,
		"ip -n "+netns+" neigh replace "+nodeIP+" lladdr "+node+" dev eth0 nud permanent",
	)
}

// owners are the numbers that the files of a container belong to.
type owners struct{ User, Group int }

func ownersOf(pod *corev1.Pod, container *corev1.Container) owners {
	var o owners
	if s := pod.Spec.SecurityContext; s != nil {
		o = owners{number(s.RunAsUser), number(s.RunAsGroup)}
	}
	if s := container.SecurityContext; s != nil {
		if s.RunAsUser != nil {
			o.User = number(s.RunAsUser)
		}
		if s.RunAsGroup != nil {
			o.Group = number(s.RunAsGroup)
		}
	}
	return o
}

func number(n *int64) int {
	if n == nil {
		return 0
	}
	return int(*n)
}
