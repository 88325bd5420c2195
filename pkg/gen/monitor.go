package gen

import (
	"cmp"
	"slices"
	"strconv"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

const monitoringVersion = "monitoring.coreos.com/v1"

// monitor makes Prometheus scrape ports of the pods of w, which a Deployment creates.
func monitor(w *workload, ports []metricsPort, pods func() *appsv1.Deployment, opts *options) typedObject {
	ports = slices.Clone(ports)
	slices.SortStableFunc(ports, func(a, b metricsPort) int { return cmp.Compare(a.name, b.name) })
	if opts.podMonitors {
		return podMonitor(w, ports, pods().Spec.Template.Spec.Containers, opts)
	}
	return serviceMonitor(w, ports, opts)
}

// annotatePods sets the annotations by which a Prometheus without monitors usually finds pods, as the operator did. They can name
// only one port.
func (w *workload) annotatePods(ports []metricsPort, opts options, ps *model.Problems) {
	if !opts.scrapeAnnotations || len(ports) == 0 {
		return
	}
	p := ports[0]
	w.podAnnotations = map[string]string{
		"prometheus.io/scrape": "true", "prometheus.io/port": strconv.Itoa(int(p.port.target)),
	}
	if p.path != metricsPath {
		w.podAnnotations["prometheus.io/path"] = p.path
	}
	if p.scheme == "https" {
		w.podAnnotations["prometheus.io/scheme"] = p.scheme
	}
	if len(ports) > 1 {
		ps.Warnf(model.GatewayConfig, w.place, "serves metrics at %d ports, but scrapeAnnotations can name only one: port %d is "+
			"annotated; the others need a monitor", len(ports), p.port.target)
	}
}

// serviceMonitor selects the Service that is marked for it. The mark is our own label, because users overwrite app with
// kustomize, which changes Services but not the selectors of monitors.
func serviceMonitor(w *workload, ports []metricsPort, opts *options) *monitoringv1.ServiceMonitor {
	m := &monitoringv1.ServiceMonitor{TypeMeta: typeMeta(monitoringVersion, serviceMonitorKind), ObjectMeta: w.meta(w.ref.Name)}
	m.Spec.Selector.MatchLabels = map[string]string{metricsLabel: w.ref.Name}
	m.Spec.PodTargetLabels = opts.scaler.podLabels
	m.Labels = with(m.Labels, opts.monitorLabels)
	for _, p := range ports {
		ep := monitoringv1.Endpoint{Port: p.name, Path: p.path, Interval: monitoringv1.Duration(opts.interval), Params: p.params}
		if p.scheme == "https" {
			ep.Scheme = new(monitoringv1.Scheme(p.scheme))
		}
		ep.RelabelConfigs, ep.MetricRelabelConfigs = opts.relabelings(), p.metricRelabelings()
		if tls := p.tlsConfig(); tls != nil {
			ep.TLSConfig = &monitoringv1.TLSConfig{SafeTLSConfig: *tls}
		}
		m.Spec.Endpoints = append(m.Spec.Endpoints, ep)
	}
	return m
}

// podMonitor selects the pods by the label that identifies their workload, regardless of which Services select them.
func podMonitor(w *workload, ports []metricsPort, containers []corev1.Container, opts *options) *monitoringv1.PodMonitor {
	m := &monitoringv1.PodMonitor{TypeMeta: typeMeta(monitoringVersion, podMonitorKind), ObjectMeta: w.meta(w.ref.Name)}
	m.Spec.Selector.MatchLabels = map[string]string{workloadLabel: w.labels[workloadLabel]}
	m.Spec.PodTargetLabels = opts.scaler.podLabels
	m.Labels = with(m.Labels, opts.monitorLabels)
	for _, p := range ports {
		ep := monitoringv1.PodMetricsEndpoint{Path: p.path, Interval: monitoringv1.Duration(opts.interval), Params: p.params}
		if name := portName(containers, p.port.target); name != "" {
			ep.Port = &name
		} else { // Old operators do not support this field.
			ep.PortNumber = new(p.port.target)
		}
		if p.scheme == "https" {
			ep.Scheme = new(monitoringv1.Scheme(p.scheme))
		}
		ep.RelabelConfigs, ep.MetricRelabelConfigs = opts.relabelings(), p.metricRelabelings()
		ep.TLSConfig = p.tlsConfig()
		m.Spec.PodMetricsEndpoints = append(m.Spec.PodMetricsEndpoints, ep)
	}
	return m
}

// relabelings adds the labels by which the adapter identifies namespace and pod to the series, in addition to the labels of the
// operator.
func (o *options) relabelings() []monitoringv1.RelabelConfig {
	var all []monitoringv1.RelabelConfig
	for _, l := range []struct {
		label, usual string
		source       monitoringv1.LabelName
	}{
		{o.adapter.labels.Namespace, namespaceLabel, "__meta_kubernetes_namespace"},
		{o.adapter.labels.Pod, podLabel, "__meta_kubernetes_pod_name"},
	} {
		if l.label != l.usual {
			all = append(all, monitoringv1.RelabelConfig{SourceLabels: []monitoringv1.LabelName{l.source}, TargetLabel: l.label})
		}
	}
	return all
}

// metricRelabelings drops the series that nothing reads.
func (m scrape) metricRelabelings() []monitoringv1.RelabelConfig {
	if m.keep == "" {
		return nil
	}
	return []monitoringv1.RelabelConfig{{SourceLabels: []monitoringv1.LabelName{"__name__"}, Regex: m.keep, Action: "keep"}}
}

// portName returns the name of the port with a number in a pod. It is "" if the port has no name, because another container has
// a port of that name.
func portName(containers []corev1.Container, number int32) string {
	for _, c := range containers {
		for _, p := range c.Ports {
			if p.ContainerPort == number {
				return p.Name
			}
		}
	}
	return ""
}

// tlsConfig returns nil if nothing is set for the certificate.
func (m scrape) tlsConfig() *monitoringv1.SafeTLSConfig {
	var tls monitoringv1.SafeTLSConfig
	if m.insecure {
		tls.InsecureSkipVerify = new(true)
	}
	if m.serverName != "" {
		tls.ServerName = &m.serverName
	}
	if a := m.ca; a != nil && a.kind == "Secret" {
		tls.CA.Secret = &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: a.name}, Key: a.key}
	} else if a != nil {
		tls.CA.ConfigMap = &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: a.name}, Key: a.key}
	}
	if tls == (monitoringv1.SafeTLSConfig{}) {
		return nil
	}
	return &tls
}
