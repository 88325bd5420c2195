package gen

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func gatewayDeployment(g *gateway) *appsv1.Deployment {
	ports := make([]corev1.ContainerPort, 0, len(g.ports)+1)
	names := map[string]bool{g.kind.metrics.name: true}
	add := func(p port) {
		ports = append(ports, corev1.ContainerPort{Name: p.name, ContainerPort: p.target, Protocol: corev1.ProtocolTCP})
		names[p.name] = true
	}
	for _, p := range g.ports {
		add(p)
	}
	if g.observed {
		add(g.kind.metrics)
	}
	containers := []corev1.Container{{
		Name: g.kind.container, Image: g.image, ImagePullPolicy: g.pullPolicy, Ports: ports, Env: g.env, EnvFrom: g.envFrom,
		Resources: g.requirements, VolumeMounts: g.mounts,
		ReadinessProbe: timed(g.kind.readiness, g.readiness), LivenessProbe: timed(g.kind.liveness, g.liveness),
	}}
	for _, b := range g.sidecars {
		containers = append(containers, backendContainer(&b, names))
	}
	if g.hardened {
		security := hardened(nil)
		security.RunAsNonRoot = new(true)
		security.RunAsUser = new(g.kind.user)
		containers[0].SecurityContext = security
	}
	d := g.deployment(corev1.PodSpec{
		Containers: containers, Volumes: g.volumes, ImagePullSecrets: g.pullSecrets, HostAliases: g.hostAliases,
	})
	g.kind.adapt(g, d)
	return d
}

func timed(h corev1.ProbeHandler, t probeTimes) *corev1.Probe {
	return &corev1.Probe{ProbeHandler: h, InitialDelaySeconds: t.delay, PeriodSeconds: t.period, TimeoutSeconds: 1}
}

// podSecurity is what all pods share.
var podSecurity = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}

// hardened returns the security context of a container that listens on ports, by the restricted Pod Security Standard
// (https://kubernetes.io/docs/concepts/security/pod-security-standards/) as far as possible without knowledge of the image. A
// port below 1024 requires the one capability that the standard lets containers keep.
func hardened(ports []port) *corev1.SecurityContext {
	c := &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}
	if slices.ContainsFunc(ports, func(p port) bool { return p.target < 1024 }) {
		c.Add = []corev1.Capability{"NET_BIND_SERVICE"}
	}
	return &corev1.SecurityContext{AllowPrivilegeEscalation: new(false), Capabilities: c}
}

func gatewayService(g *gateway) *corev1.Service {
	ports := make([]corev1.ServicePort, 0, len(g.ports))
	for _, p := range g.ports {
		ports = append(ports, servicePort(p))
	}
	return g.service(g.ref.Name, corev1.ServiceSpec{Type: g.serviceType, Ports: ports})
}

// servicePort targets the number of the container port: in a pod with several containers, a name could be ambiguous.
func servicePort(p port) corev1.ServicePort {
	return corev1.ServicePort{Name: p.name, Port: p.port, TargetPort: intstr.FromInt32(p.target), Protocol: corev1.ProtocolTCP}
}

// metricsPort is a port of the Service that Prometheus scrapes.
type metricsPort struct {
	scrape
	name string
}

// metricsPorts returns the ports of a gateway's pods that serve metrics: its own, then the ports of its sidecars.
func (g *gateway) metricsPorts() []metricsPort {
	var ports []metricsPort
	taken := map[string]bool{g.kind.metrics.name: true}
	if g.observed {
		own := scrape{port: g.kind.metrics, path: metricsPath, scheme: "http", params: g.metricsQuery, keep: g.metricsKeep}
		ports = append(ports, metricsPort{own, g.kind.metrics.name})
	}
	for _, b := range g.sidecars {
		if b.metrics != nil {
			ports = append(ports, metricsPort{*b.metrics, uniquePort(b.metrics.port.name, taken)})
		}
	}
	return ports
}

// gatewayMetricsService returns a headless Service, because Prometheus scrapes every pod. It is separate from the Service of
// the API, which can be public. A PodMonitor requires no Service.
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
