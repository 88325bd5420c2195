package gen

import (
	"maps"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// monitor makes Prometheus read ports of the Service that is marked for it. The mark is a label of our own, since users
// overwrite app with kustomize, in Services but not in the selectors of monitors.
func monitor(w workload, ports []metricsPort, opts options) *monitoringv1.ServiceMonitor {
	m := &monitoringv1.ServiceMonitor{
		TypeMeta:   typeMeta("monitoring.coreos.com/v1", "ServiceMonitor"),
		ObjectMeta: w.meta(w.ref.Name, opts),
		Spec:       monitoringv1.ServiceMonitorSpec{Selector: metav1.LabelSelector{MatchLabels: map[string]string{metricsLabel: w.ref.Name}}},
	}
	maps.Copy(m.Labels, opts.monitorLabels)
	for _, p := range ports {
		ep := monitoringv1.Endpoint{Port: p.name, Path: p.path, Interval: monitoringv1.Duration(opts.interval)}
		if p.scheme == "https" {
			ep.Scheme = new(monitoringv1.Scheme(p.scheme))
		}
		m.Spec.Endpoints = append(m.Spec.Endpoints, ep)
	}
	return m
}
