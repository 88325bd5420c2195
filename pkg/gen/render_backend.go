package gen

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func backendDeployment(b *backend) *appsv1.Deployment {
	return b.deployment(corev1.PodSpec{Containers: []corev1.Container{backendContainer(b, map[string]bool{})}})
}

// backendContainer returns the container of a backend in a pod whose port names are names, and adds its own. It omits a name
// that another container of the pod has, because Services target numbers.
func backendContainer(b *backend, names map[string]bool) corev1.Container {
	c := corev1.Container{
		Name: b.container, Image: b.image, ImagePullPolicy: b.pullPolicy, Resources: b.requirements,
		ReadinessProbe: readinessProbe(b),
	}
	numbers := map[int32]bool{}
	for _, p := range b.allPorts() {
		if numbers[p.target] {
			continue
		}
		cp := corev1.ContainerPort{Name: p.name, ContainerPort: p.target, Protocol: corev1.ProtocolTCP}
		if names[p.name] {
			cp.Name = ""
		}
		names[p.name], numbers[p.target] = true, true
		c.Ports = append(c.Ports, cp)
	}
	if b.hardened {
		c.SecurityContext = hardened(b.allPorts())
	}
	if b.runAsNonRoot || b.readOnlyDir {
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		if b.runAsNonRoot {
			c.SecurityContext.RunAsNonRoot = new(true)
		}
		if b.readOnlyDir {
			c.SecurityContext.ReadOnlyRootFilesystem = new(true)
		}
	}
	return c
}

// allPorts returns the ports of the TargetEndpoint, and the extra port that only serves metrics.
func (b *backend) allPorts() []port {
	ports := b.ports
	if b.metrics != nil && b.metrics.extra {
		ports = append(slices.Clip(ports), b.metrics.port)
	}
	return ports
}

func readinessProbe(b *backend) *corev1.Probe {
	if len(b.ports) == 0 || b.readiness == "none" {
		return nil
	}
	target := intstr.FromInt32(b.ports[0].target)
	if b.readiness == "tcp" {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: target}}}
	}
	get := &corev1.HTTPGetAction{Path: b.readiness, Port: target}
	if b.protocol == "https" {
		get.Scheme = corev1.URISchemeHTTPS
	}
	return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: get}}
}

func backendService(b *backend) *corev1.Service {
	var ports []corev1.ServicePort
	for _, p := range b.allPorts() {
		ports = append(ports, servicePort(p))
	}
	s := b.service(b.ref.Name, corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, Ports: ports})
	if b.metrics != nil {
		s.Labels = with(s.Labels, map[string]string{metricsLabel: b.ref.Name})
	}
	return s
}

func backendMonitor(b *backend, opts *options) typedObject {
	ports := b.metricsPorts()
	if len(ports) == 0 {
		return nil
	}
	return monitor(&b.workload, ports, func() *appsv1.Deployment { return backendDeployment(b) }, opts)
}

// metricsPorts returns the port of a backend that serves metrics, if anything reads them.
func (b *backend) metricsPorts() []metricsPort {
	if b.metrics == nil {
		return nil
	}
	return []metricsPort{{*b.metrics, b.metrics.port.name}}
}
