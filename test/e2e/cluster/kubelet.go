//go:build e2e

package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// An image is a program of this machine that replaces a container image.
type image struct {
	part    string   // of the image's reference
	program string   // path
	args    []string // added to those of the container
}

// kubelet runs the containers of pods whose images it knows, each pod in its own network, with its volumes, its
// arguments and the identity of its service account. The status of the pods is kwok's.
type kubelet struct {
	client    kubernetes.Interface
	informers *watched
	images    []image
	dir       string
	logDir    string

	hosts struct {
		sync.Mutex
		text string
	}
	pods int // number of those that were started
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
	stop := map[types.UID]context.CancelFunc{}
	defer func() {
		for _, cancel := range stop {
			cancel()
		}
	}()
	for ; ctx.Err() == nil; pause(ctx, 500*time.Millisecond) {
		pods, err := k.informers.running()
		if err == nil {
			err = k.resolve()
		}
		if err != nil {
			k.log("kubelet", "%v", err)
			continue
		}
		present := map[types.UID]bool{}
		for _, pod := range pods {
			if k.image(pod.Spec.Containers[0].Image) == nil {
				continue // one of the workloads
			}
			present[pod.UID] = true
			if stop[pod.UID] != nil {
				continue
			}
			podCtx, cancel := context.WithCancel(ctx)
			stop[pod.UID] = cancel
			k.pods++
			p := &podProcess{kubelet: k, pod: pod, netns: fmt.Sprintf("pod%d", k.pods), dir: filepath.Join(k.dir, string(pod.UID))}
			go p.run(podCtx)
		}
		for uid, cancel := range stop {
			if !present[uid] {
				cancel()
				delete(stop, uid)
			}
		}
	}
}

// resolve makes /etc/hosts of all pods: the DNS of this cluster. There is no proxy for Services, so their names resolve
// to the addresses of their pods; the ports of Services in the stack are those of the containers, or the API server, which
// knows endpoints, is what connects to them.
func (k *kubelet) resolve() error {
	services, err := k.informers.services.List(labels.Everything())
	if err != nil {
		return err
	}
	var lines []string
	for _, service := range services {
		addresses, err := k.informers.endpoints(service)
		if err != nil {
			return err
		}
		for _, address := range addresses {
			name := service.Name + "." + service.Namespace
			lines = append(lines, fmt.Sprintf("%s %s %s.svc %s.svc.cluster.local", address, name, name, name))
		}
	}
	slices.Sort(lines)
	k.hosts.Lock()
	defer k.hosts.Unlock()
	k.hosts.text = "127.0.0.1 localhost\n" + strings.Join(lines, "\n") + "\n"
	return nil
}

func (k *kubelet) hostsFile() []byte {
	k.hosts.Lock()
	defer k.hosts.Unlock()
	return []byte(k.hosts.text)
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
