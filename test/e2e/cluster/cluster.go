//go:build e2e

package cluster

import (
	"bytes"
	"context"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	nodeName    = "node-0"
	nodeIP      = "10.200.0.1"
	apiPort     = 7443
	kubeletPort = 10247
	podCIDR     = "10.244.0.0/16"
	serviceCIDR = "10.96.0.0/16"
	etcdURL     = "http://127.0.0.1:2379"
	proxyHealth = "127.0.0.1:10256"
)

// A Cluster is a control plane that is ready, with one node and prometheus-operator, and nothing else.
type Cluster struct {
	Client    kubernetes.Interface
	Workloads *Workloads

	config     Config
	runDir     string
	logDir     string
	kubeconfig string
	started    time.Time
	processes  *processes
	memory     memory
}

// Start makes the cluster. It ends with the context, or with the process.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	c := &Cluster{
		config: config, started: time.Now(),
		runDir: filepath.Join(config.WorkDir, "run"), logDir: filepath.Join(config.WorkDir, "log"),
	}
	c.processes = &processes{bin: config.Bin, logDir: c.logDir}
	go c.memory.run(ctx)
	for _, step := range []func(context.Context) error{
		c.certificates, c.controlPlane, c.node, c.proxy, c.pods, c.operator,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Cluster) certificates(context.Context) error {
	ca, err := newAuthority(c.runDir, "ca")
	if err != nil {
		return err
	}
	front, err := newAuthority(c.runDir, "front-proxy-ca")
	if err != nil {
		return err
	}
	err = errors.Join(
		serviceAccountKeys(c.runDir),
		front.issue("front-proxy-client", pkix.Name{CommonName: "front-proxy-client"}),
		ca.issue("apiserver", pkix.Name{CommonName: "kube-apiserver"}, nodeIP, "127.0.0.1", "kubernetes.default.svc"),
		ca.issue("kubelet", pkix.Name{CommonName: "system:node:" + nodeName}, nodeIP, nodeName),
		ca.issue("admin", pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}}),
		ca.issue("controller-manager", pkix.Name{CommonName: "system:kube-controller-manager"}),
		ca.issue("scheduler", pkix.Name{CommonName: "system:kube-scheduler"}),
		ca.issue("proxy", pkix.Name{CommonName: "system:kube-proxy"}),
	)
	if err != nil {
		return err
	}
	for _, user := range []string{"admin", "controller-manager", "scheduler", "proxy"} {
		if _, err := ca.kubeconfig(user); err != nil {
			return err
		}
	}
	c.kubeconfig = c.path("admin.conf")
	return nil
}

func (c *Cluster) path(name string) string { return filepath.Join(c.runDir, name) }

func (c *Cluster) controlPlane(ctx context.Context) error {
	if err := c.processes.start("etcd", "--data-dir", c.path("etcd"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", etcdURL, "--advertise-client-urls", etcdURL,
		"--listen-peer-urls", "http://127.0.0.1:2380"); err != nil {
		return err
	}
	healthy := func(ctx context.Context) error { return get(ctx, etcdURL+"/health") }
	if err := c.Until(ctx, "etcd is healthy", 5*time.Minute, healthy); err != nil {
		return err
	}
	if err := c.processes.start("kube-apiserver",
		"--etcd-servers="+etcdURL, "--bind-address="+nodeIP, "--advertise-address="+nodeIP,
		fmt.Sprintf("--secure-port=%d", apiPort),
		"--cert-dir="+c.path("apiserver"), "--tls-cert-file="+c.path("apiserver.crt"),
		"--tls-private-key-file="+c.path("apiserver.key"),
		"--client-ca-file="+c.path("ca.crt"), "--authorization-mode=RBAC", "--service-cluster-ip-range="+serviceCIDR,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+c.path("sa.pub"), "--service-account-signing-key-file="+c.path("sa.key"),
		// The aggregation of metrics-server and prometheus-adapter.
		"--enable-aggregator-routing=true", "--requestheader-client-ca-file="+c.path("front-proxy-ca.crt"),
		"--requestheader-allowed-names=front-proxy-client", "--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file="+c.path("front-proxy-client.crt"), "--proxy-client-key-file="+c.path("front-proxy-client.key"),
	); err != nil {
		return err
	}
	restConfig, err := clientcmd.BuildConfigFromFlags("", c.kubeconfig)
	if err != nil {
		return err
	}
	restConfig.QPS = -1 // no limit
	restConfig.WarningHandler = rest.NoWarnings{}
	if c.Client, err = kubernetes.NewForConfig(restConfig); err != nil {
		return err
	}
	if err := c.Until(ctx, "kube-apiserver is ready", 10*time.Minute, func(ctx context.Context) error {
		return c.Client.CoreV1().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	}); err != nil {
		return err
	}
	return errors.Join(c.controllers(), c.kwok())
}

// controllers starts what acts on objects. The times of the HorizontalPodAutoscaler controller are short, so that a test
// does not wait for minutes. It has its own ServiceAccount, so its RBAC rules apply.
func (c *Cluster) controllers() error {
	manager, scheduler := c.path("controller-manager.conf"), c.path("scheduler.conf")
	return errors.Join(
		c.processes.start("kube-controller-manager",
			"--kubeconfig="+manager, "--authentication-kubeconfig="+manager, "--authorization-kubeconfig="+manager,
			"--bind-address=127.0.0.1", "--cert-dir="+c.path("controller-manager"), "--leader-elect=false",
			"--use-service-account-credentials=true", "--service-account-private-key-file="+c.path("sa.key"),
			"--root-ca-file="+c.path("ca.crt"),
			"--horizontal-pod-autoscaler-sync-period=5s", "--horizontal-pod-autoscaler-downscale-stabilization=20s",
			"--horizontal-pod-autoscaler-initial-readiness-delay=5s", "--horizontal-pod-autoscaler-cpu-initialization-period=15s"),
		c.processes.start("kube-scheduler",
			"--kubeconfig="+scheduler, "--authentication-kubeconfig="+scheduler, "--authorization-kubeconfig="+scheduler,
			"--bind-address=127.0.0.1", "--cert-dir="+c.path("scheduler"), "--leader-elect=false"),
	)
}

// simulated excludes the pods from kwok's stages whose status the kubelet writes.
const simulated = "    - {key: '.spec.containers.[].image | select(contains(\"" + gatewayImage + "\"))', operator: DoesNotExist}\n"

// kwok starts the simulation of nodes: their heartbeat, the status of their pods, and the usage that annotations of pods set.
func (c *Cluster) kwok() error {
	var text bytes.Buffer
	for _, pattern := range []string{
		"stage/node/fast/node-initialize.yaml", "stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
		"stage/pod/fast/pod-*.yaml", "metrics/resource/metrics-resource.yaml", "metrics/usage/usage-from-annotation.yaml",
	} {
		files, err := filepath.Glob(filepath.Join(c.config.KwokModule, "kustomize", pattern))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("%s of kwok: none: %w", pattern, err)
		}
		for _, file := range files {
			part, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if strings.HasPrefix(filepath.Base(file), "pod-") {
				part = bytes.Replace(part, []byte("    matchExpressions:\n"), []byte("    matchExpressions:\n"+simulated), 1)
			}
			text.Write(part)
			text.WriteString("\n---\n")
		}
	}
	if err := os.WriteFile(c.path("kwok.yaml"), text.Bytes(), 0o600); err != nil {
		return err
	}
	return c.processes.start("kwok", "--kubeconfig="+c.kubeconfig, "--config="+c.path("kwok.yaml"), "--manage-all-nodes=true",
		"--cidr="+podCIDR, "--node-ip="+nodeIP, fmt.Sprintf("--node-port=%d", kubeletPort), "--node-lease-duration-seconds=40",
		"--tls-cert-file="+c.path("kubelet.crt"), "--tls-private-key-file="+c.path("kubelet.key"))
}

func (c *Cluster) node(ctx context.Context) error {
	manifest := fmt.Sprintf(`apiVersion: v1
kind: Node
metadata:
  name: %[1]s
  labels: {kubernetes.io/hostname: %[1]s, kubernetes.io/os: linux}
  annotations:
    kwok.x-k8s.io/node: fake
    metrics.k8s.io/resource-metrics-path: /metrics/nodes/%[1]s/metrics/resource
status:
  allocatable: &size {cpu: "999", memory: 9999Gi, pods: "999"}
  capacity: *size
`, nodeName)
	if err := c.Apply(ctx, manifest); err != nil {
		return err
	}
	return c.Until(ctx, "the node is ready", 5*time.Minute, func(ctx context.Context) error {
		node, err := c.Client.CoreV1().Nodes().Get(ctx, nodeName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
				return nil
			}
		}
		return errors.New("it is not")
	})
}

// proxy makes the addresses of Services work. It has none of the limits of connections, which are settings of the kernel.
func (c *Cluster) proxy(ctx context.Context) error {
	if err := c.processes.start("kube-proxy", "--kubeconfig="+c.path("proxy.conf"), "--hostname-override="+nodeName,
		"--proxy-mode=iptables", "--iptables-min-sync-period=0s", "--healthz-bind-address="+proxyHealth, "--metrics-bind-address=127.0.0.1:10249",
		"--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0s", "--conntrack-tcp-timeout-close-wait=0s",
	); err != nil {
		return err
	}
	return c.Until(ctx, "kube-proxy is healthy", 2*time.Minute, func(ctx context.Context) error {
		return get(ctx, "http://"+proxyHealth+"/healthz")
	})
}

// pods starts the containers of pods, and what answers for the others.
func (c *Cluster) pods(ctx context.Context) error {
	informers, err := watch(ctx, c.Client)
	if err != nil {
		return err
	}
	kubelet := &kubelet{
		client: c.Client, informers: informers, dir: c.path("pods"), logDir: filepath.Join(c.logDir, "pods"),
		images: []image{
			{part: "/prometheus-operator:", program: c.config.Bin["operator"]},
			{part: "/prometheus-config-reloader:", program: c.config.Bin["prometheus-config-reloader"]},
			{part: "/prometheus:", program: c.config.Bin["prometheus"]},
			{part: "/prometheus-adapter:", program: c.config.Bin["adapter"]},
			{part: "/keda:", program: c.config.Bin["keda-operator"]},
			{part: "/keda-admission-webhooks:", program: c.config.Bin["keda-webhooks"]},
			{part: "/keda-metrics-apiserver:", program: c.config.Bin["keda-adapter"]},
			// The certificate of kwok is not in the cluster's trust.
			{part: "/metrics-server:", program: c.config.Bin["metrics-server"], args: []string{"--kubelet-insecure-tls"}},
		},
	}
	if haproxy := c.config.Bin["haproxy"]; haproxy != "" {
		libraries, err := libraries(haproxy)
		if err != nil {
			return err
		}
		// The entry point, command, and stop signal of github.com/docker-library/haproxy.
		kubelet.images = append(kubelet.images, image{
			part: gatewayImage, program: haproxy, libraries: libraries, stop: syscall.SIGUSR1, lifecycle: true,
			args: []string{"-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"},
		})
	}
	go kubelet.run(ctx)
	if err := (&names{informers}).run(ctx); err != nil {
		return err
	}
	c.Workloads = &Workloads{client: c.Client, informers: informers, logDir: c.logDir}
	go c.Workloads.run(ctx)
	return nil
}

// operator installs the prometheus-operator as its project ships it.
func (c *Cluster) operator(ctx context.Context) error {
	bundle := filepath.Join(c.config.OperatorModule, "bundle.yaml")
	if _, err := c.Kubectl(ctx, "", "create", "-f", bundle); err != nil { // its annotations are too long for apply
		return err
	}
	_, err := c.Kubectl(ctx, "", "wait", "--for=condition=Established", "--timeout=5m", "crd", "--all")
	return err
}

// Kubeconfig is the path of a file for clients of the administrator.
func (c *Cluster) Kubeconfig() string { return c.kubeconfig }

// Kubectl runs kubectl with a text on its standard input and returns its standard output.
func (c *Cluster) Kubectl(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.config.Bin["kubectl"], args...)
	cmd.Env = []string{"KUBECONFIG=" + c.kubeconfig, "HOME=" + c.runDir, "PATH=" + os.Getenv("PATH")}
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// Apply applies manifests on the server's side, in the way of Argo CD, and fails if another manager owns a field.
func (c *Cluster) Apply(ctx context.Context, manifests string) error {
	_, err := c.Kubectl(ctx, manifests, "apply", "--server-side", "--field-manager=gitops", "-f", "-")
	return err
}

// Since is the time since the cluster was started.
func (c *Cluster) Since() time.Duration { return time.Since(c.started).Round(time.Second) }

func get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, response.Status)
	}
	return errors.Join(err, response.Body.Close())
}
