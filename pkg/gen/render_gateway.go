package gen

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// gatewayUser is the user of the gateway's image (product-microgateway 3.2, docker/alpine/Dockerfile). The image names it
// instead of numbering it, so that runAsNonRoot alone would keep the kubelet from starting the container.
const gatewayUser int64 = 802

func gatewayDeployment(g *gateway) *appsv1.Deployment {
	probe := corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
		Path: "/health", Port: intstr.FromString(httpsPortName), Scheme: corev1.URISchemeHTTPS,
	}}
	ports := []corev1.ContainerPort{
		{Name: httpsPortName, ContainerPort: g.settings.httpsPort, Protocol: corev1.ProtocolTCP},
		{Name: httpPortName, ContainerPort: g.settings.httpPort, Protocol: corev1.ProtocolTCP},
	}
	if g.settings.observability {
		ports = append(ports, corev1.ContainerPort{Name: metricsPortName, ContainerPort: gatewayMetrics, Protocol: corev1.ProtocolTCP})
	}
	security := hardened(nil)
	security.RunAsNonRoot = new(true)
	security.RunAsUser = new(gatewayUser)
	containers := []corev1.Container{{
		Name: GatewayContainer, Image: g.image, Ports: ports, Env: g.env, EnvFrom: g.envFrom,
		Resources: g.settings.requirements, VolumeMounts: g.mounts, SecurityContext: security,
		ReadinessProbe: timed(probe, g.settings.readiness), LivenessProbe: timed(probe, g.settings.liveness),
	}}
	names := map[string]bool{httpsPortName: true, httpPortName: true, metricsPortName: true}
	for _, b := range g.sidecars {
		containers = append(containers, backendContainer(&b, names))
	}
	d := g.deployment(corev1.PodSpec{
		Containers: containers, Volumes: g.volumes, ImagePullSecrets: g.pullSecrets, HostAliases: g.hostAliases,
		AutomountServiceAccountToken: new(false), SecurityContext: podSecurity,
	})
	if len(g.endpoints) > 0 {
		d.Annotations = with(d.Annotations, map[string]string{endpointsAnnotation: strings.Join(g.endpoints, ",")})
	}
	return d
}

func timed(h corev1.ProbeHandler, t probeTimes) *corev1.Probe {
	return &corev1.Probe{ProbeHandler: h, InitialDelaySeconds: t.delay, PeriodSeconds: t.period, TimeoutSeconds: 1}
}

// podSecurity is what all pods share.
var podSecurity = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}

// hardened is the security context of a container that listens on ports, by the restricted Pod Security Standard
// (https://kubernetes.io/docs/concepts/security/pod-security-standards/) as far as it needs no knowledge of the image.
// A port below 1024 needs the one capability that the standard lets containers keep.
func hardened(ports []port) *corev1.SecurityContext {
	c := &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}
	if slices.ContainsFunc(ports, func(p port) bool { return p.target < 1024 }) {
		c.Add = []corev1.Capability{"NET_BIND_SERVICE"}
	}
	return &corev1.SecurityContext{AllowPrivilegeEscalation: new(false), Capabilities: c}
}

func gatewayService(g *gateway) *corev1.Service {
	kind := corev1.ServiceTypeLoadBalancer
	if g.settings.exposure != loadBalancer {
		kind = corev1.ServiceTypeClusterIP
	}
	return g.service(g.ref.Name, corev1.ServiceSpec{Type: kind, Ports: []corev1.ServicePort{
		servicePort(port{httpsPortName, g.settings.httpsPort, g.settings.httpsPort}),
		servicePort(port{httpPortName, g.settings.httpPort, g.settings.httpPort}),
	}})
}

// servicePort leads to the number of the container's port: in a pod of several containers a name could mean two.
func servicePort(p port) corev1.ServicePort {
	return corev1.ServicePort{Name: p.name, Port: p.port, TargetPort: intstr.FromInt32(p.target), Protocol: corev1.ProtocolTCP}
}

// metricsPort is a port of the Service that Prometheus reads.
type metricsPort struct {
	scrape
	name string
}

// metricsPorts are the ports of a gateway's pods that serve metrics: its own, then those of its sidecars.
func (g *gateway) metricsPorts() []metricsPort {
	var ports []metricsPort
	taken := map[string]bool{metricsPortName: true}
	if g.settings.observability {
		ports = append(ports, metricsPort{scrape{port: port{target: gatewayMetrics}, path: metricsPath, scheme: "http"}, metricsPortName})
	}
	for _, b := range g.sidecars {
		if b.metrics != nil {
			ports = append(ports, metricsPort{*b.metrics, uniquePort(b.metrics.port.name, taken)})
		}
	}
	return ports
}

// gatewayMetricsService is headless, because Prometheus reads every pod, and apart from the Service of the API, which
// may be reached from outside. A PodMonitor needs none.
func gatewayMetricsService(g *gateway, opts *options) typedObject {
	var ports []corev1.ServicePort
	for _, p := range g.metricsPorts() {
		ports = append(ports, servicePort(port{p.name, p.port.target, p.port.target}))
	}
	if len(ports) == 0 || opts.podMonitors {
		return nil
	}
	s := g.service(metricsService(g.ref.Name), corev1.ServiceSpec{
		Type: corev1.ServiceTypeClusterIP, ClusterIP: corev1.ClusterIPNone, Ports: ports,
	})
	s.Labels = with(s.Labels, map[string]string{metricsLabel: g.ref.Name})
	return s
}

func gatewayMonitor(g *gateway, opts *options) typedObject {
	ports := g.metricsPorts()
	if len(ports) == 0 {
		return nil
	}
	return monitor(&g.workload, ports, func() *appsv1.Deployment { return gatewayDeployment(g) }, opts)
}
