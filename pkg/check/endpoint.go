package check

import (
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/prometheus/model/relabel"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// endpoint is what the checks ask of an endpoint of either kind of monitors.
type endpoint struct {
	monitor *monitor
	// interval is "" where that of Prometheus applies, path for /metrics.
	interval, timeout monitoringv1.Duration
	path              string
	// relabelings and metricRelabelings are nil if there are none.
	relabelings, metricRelabelings *relabelings
	// portField is the field that says which targets are read, "" for all. It holds the name of the port of a Service if
	// onService is set, else the name or number of that of a container.
	portField string
	port      intstr.IntOrString
	// files is the field that names files of the Prometheus pod, "" for none.
	files string
	// number is its position among the endpoints of the monitor.
	number                 int32
	onService, honorLabels bool
}

// relabelings are those of an endpoint, read once.
type relabelings struct {
	list []monitoringv1.RelabelConfig
	read once[readRelabelings]
}

// readRelabelings are relabelings as Prometheus has them; ok is false where it would refuse one.
type readRelabelings struct {
	configs []*relabel.Config
	ok      bool
}

func newRelabelings(list []monitoringv1.RelabelConfig) *relabelings {
	if len(list) == 0 {
		return nil
	}
	return &relabelings{list: list}
}

// configs are the relabelings as Prometheus has them; ok is false where it would refuse one.
func (r *relabelings) configs() (cfgs []*relabel.Config, ok bool) {
	if r == nil {
		return nil, true
	}
	read := r.read.get(func() (read readRelabelings) {
		read.configs, read.ok = configs(r.list)
		return read
	})
	return read.configs, read.ok
}

// endpointsPlace is the field that holds the endpoints of m.
func (m *monitor) endpointsPlace() model.Place {
	if m.ofPods {
		return m.item.Place.Child("spec").Child("podMetricsEndpoints")
	}
	return m.item.Place.Child("spec").Child("endpoints")
}

// at is the place of the endpoint.
func (e *endpoint) at() model.Place { return e.monitor.endpointsPlace().Item(int(e.number)) }

// serviceEndpoint is the next endpoint of a ServiceMonitor. Of several ports, that counts which prometheus-operator prefers
// (pkg/prometheus/promcfg.go, generateServiceMonitorConfig).
func (m *monitor) serviceEndpoint(e *monitoringv1.Endpoint) endpoint {
	out := endpoint{
		monitor: m, number: int32(len(m.endpoints)), interval: e.Interval, timeout: e.ScrapeTimeout, path: e.Path,
		honorLabels: e.HonorLabels,
		relabelings: newRelabelings(e.RelabelConfigs), metricRelabelings: newRelabelings(e.MetricRelabelConfigs),
	}
	switch {
	case e.Port != "":
		out.portField, out.port, out.onService = "port", intstr.FromString(e.Port), true
	case e.TargetPort != nil && *e.TargetPort != intstr.IntOrString{} && *e.TargetPort != intstr.FromString(""):
		out.portField, out.port = "targetPort", *e.TargetPort
	}
	switch t := e.TLSConfig; {
	case e.BearerTokenFile != "": //nolint:staticcheck // The field is deprecated, but the operator still reads it.
		out.files = "bearerTokenFile"
	case t != nil && t.CAFile+t.CertFile+t.KeyFile != "":
		out.files = "tlsConfig"
	}
	return out
}

// podEndpoint is the same of a PodMonitor (generatePodMonitorConfig).
func (m *monitor) podEndpoint(e *monitoringv1.PodMetricsEndpoint) endpoint {
	out := endpoint{
		monitor: m, number: int32(len(m.endpoints)), interval: e.Interval, timeout: e.ScrapeTimeout, path: e.Path,
		honorLabels: e.HonorLabels,
		relabelings: newRelabelings(e.RelabelConfigs), metricRelabelings: newRelabelings(e.MetricRelabelConfigs),
	}
	old := e.TargetPort //nolint:staticcheck // The field is deprecated, but the operator still reads it.
	switch {
	case e.Port != nil && *e.Port != "":
		out.portField, out.port = "port", intstr.FromString(*e.Port)
	case e.PortNumber != nil && *e.PortNumber != 0:
		out.portField, out.port = "portNumber", intstr.FromInt32(*e.PortNumber)
	case old != nil && *old != intstr.IntOrString{} && *old != intstr.FromString(""):
		out.portField, out.port = "targetPort", *old
	}
	return out
}

// reads tells whether an endpoint reads t. The port that a container has is known to Prometheus only if it declares it.
func (e *endpoint) reads(t target) bool {
	switch {
	case e.portField == "":
		return true
	case e.onService:
		return t.onService && matchesPort(e.port.StrVal, t.service)
	case e.port.Type == intstr.String:
		return t.declared && matchesPort(e.port.StrVal, t.name)
	}
	return t.declared && t.port == e.port.IntVal
}
