package gen

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// facts are all that rendering needs: every reference is followed, every default applied, every value checked.
type facts struct {
	gateways []gateway
	backends []backend
	adapter  adapterConfig
}

// workload is what a gateway and a backend have in common.
type workload struct {
	place model.Place
	ref   model.Ref
	// labels are those of the pods and of all objects; selector are the ones among them that never change.
	labels, selector map[string]string
	// allLabels and allAnnotations are those of all objects.
	allLabels, allAnnotations map[string]string
	min, max                  int32
	scaling                   *hpa.Scaling
	// origin is the path annotation of the input, for the paths of what is rendered from it.
	origin origin
}

// origin is the input that an object is rendered from.
type origin struct {
	source model.Object
	// annotations are those that say where the orchestrator keeps the input.
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
	// ports are those of the API, observed tells that the gateway serves metrics at a port of its own, too.
	ports               []port
	observed            bool
	serviceType         corev1.ServiceType
	requirements        corev1.ResourceRequirements
	readiness, liveness probeTimes
	// ingress is nil outside of Ingress mode.
	ingress *ingress
	// sidecars are the backends in the gateway's own pods, by container name.
	sidecars []backend
	// own is what only this kind of gateway has, as its build left it.
	own any
}

// ingress is how an API is reached in Ingress mode.
type ingress struct {
	name, host, tlsSecret string
	class                 string
	annotations           map[string]string
	https                 bool
	paths                 []string
}

// backend is one TargetEndpoint.
type backend struct {
	workload
	// provision is nil for a sidecar.
	provision *provision
	protocol  string
	container string
	image     string
	ports     []port
	// requirements are the resources of the container.
	requirements corev1.ResourceRequirements
	// readiness is the annotation's value: "none", "tcp" or a path.
	readiness                           string
	hardened, runAsNonRoot, readOnlyDir bool
	// observed tells that the configuration asks for metrics of all workloads.
	observed bool
	// metrics is nil if nothing reads the metrics of the backend.
	metrics *scrape
}

type port struct {
	name         string
	port, target int32
}

// scrape is where a backend serves its metrics.
type scrape struct {
	port         port
	path, scheme string
	// insecure, authority and serverName say how the certificate of an https endpoint is verified; authority may be nil.
	insecure   bool
	authority  *authority
	serverName string
	// extra tells that the port is not among the ports of the TargetEndpoint.
	extra bool
}

// authority is where the certificate of a certificate authority is kept: a Secret or a ConfigMap.
type authority struct{ kind, name, key string }
