package gen

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// facts are everything that rendering requires: every reference is followed, every default applied, and every value checked.
type facts struct {
	gateways []gateway
	backends []backend
	// adopted are the scalers of users.
	adopted []adopted
	adapter adapterConfig
}

// workload contains what a gateway and a backend have in common.
type workload struct {
	place model.Place
	ref   model.Ref
	// labels are the labels of the pods and of all objects; selector has those of them that never change.
	labels, selector map[string]string
	// allLabels and allAnnotations are the labels and annotations of all objects.
	allLabels, allAnnotations map[string]string
	// hardened means that the containers have a security context; pullPolicy is "" for the default of Kubernetes.
	hardened   bool
	pullPolicy corev1.PullPolicy
	min, max   int32
	scaling    *hpa.Scaling
	// target is what a scaler of it scales.
	target autoscalingv2.CrossVersionObjectReference
	// triggers are how a scaler reads metrics that no adapter serves.
	triggers []keda.Trigger
	// podAnnotations are annotations of the pods only.
	podAnnotations map[string]string
	// origin is the path annotation of the input, for the paths of what is rendered from it.
	origin origin
}

// origin is the input that an object is rendered from.
type origin struct {
	source model.Object
	// path and packagePath say where the orchestrator keeps the input.
	path, packagePath string
}

// gateway is one API.
type gateway struct {
	workload
	image       string
	pullSecrets []corev1.LocalObjectReference
	env         []corev1.EnvVar
	envFrom     []corev1.EnvFromSource
	volumes     []corev1.Volume
	mounts      []corev1.VolumeMount
	hostAliases []corev1.HostAlias
	kind        *gatewayKind
	// ports are the ports of the API; observed means that the gateway also serves metrics at its own port.
	ports               []port
	observed            bool
	serviceType         corev1.ServiceType
	requirements        corev1.ResourceRequirements
	readiness, liveness probeTimes
	// ingress is nil outside Ingress mode, and routes is nil if no Gateway of the Gateway API serves the API.
	ingress *ingress
	routes  *routes
	// sidecars are the backends in the gateway's own pods, by container name.
	sidecars []backend
	// metricsQuery are the parameters of requests for its metrics. metricsKeep matches the series to keep; "" keeps all.
	metricsQuery map[string][]string
	metricsKeep  string
	// own is what only this gateway kind has; its build sets it.
	own any
}

// ingress is how clients reach an API in Ingress mode.
type ingress struct {
	name, host, tlsSecret string
	class                 string
	annotations           map[string]string
	// https means that clients use https; port is the port of the gateway to which the Ingress forwards.
	https bool
	port  string
	paths []string
}

// backend is one TargetEndpoint.
type backend struct {
	workload
	// provision is nil for a sidecar.
	provision *provision
	// callers are the APIs that call it; minPlace is the place of its minimum.
	callers   []string
	minPlace  model.Place
	protocol  string
	container string
	image     string
	ports     []port
	// requirements are the resources of the container.
	requirements corev1.ResourceRequirements
	// readiness is the annotation's value: "none", "tcp", or a path.
	readiness                 string
	runAsNonRoot, readOnlyDir bool
	// observed means that the configuration enables metrics for all workloads.
	observed bool
	// metrics is nil if nothing reads the metrics of the backend, or if watch says where they are.
	metrics *scrape
	// watch is nil if krm-fn renders the pods, or if their metrics need no monitor.
	watch *watch
}

type port struct {
	name         string
	port, target int32
}

// scrape is where a backend serves its metrics.
type scrape struct {
	port         port
	path, scheme string
	// insecure, ca, and serverName say how the certificate of an https endpoint is verified; ca can be nil.
	insecure   bool
	ca         *caSource
	serverName string
	// params are parameters of the requests. keep matches the series to keep; "" keeps all.
	params map[string][]string
	keep   string
	// extra means that the TargetEndpoint does not list the port.
	extra bool
}

// caSource is the Secret or ConfigMap that contains a CA certificate.
type caSource struct{ kind, name, key string }
