package chain

import (
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/relabel"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Endpoint is an endpoint of a ServiceMonitor or PodMonitor.
type Endpoint struct {
	Monitor *Monitor
	// Interval is empty if that of Prometheus applies. An empty Path means /metrics.
	Interval, Timeout monitoringv1.Duration
	Path              string
	// Relabelings and MetricRelabelings are nil if there are none.
	Relabelings, MetricRelabelings *Relabelings
	// PortField is the field that selects the targets, empty if the endpoint scrapes all. It names a Service port if OnService
	// is set, else a container port by its name or number.
	PortField string
	Port      intstr.IntOrString
	// files is the field that refers to files of the Prometheus pod, or empty.
	files string
	// number is the position among the endpoints of the monitor.
	number                 int32
	OnService, HonorLabels bool
}

// Relabelings are the relabelings of an endpoint, converted once.
type Relabelings struct {
	List []monitoringv1.RelabelConfig
	read lookup.Lazy[[]*relabel.Config]
}

func newRelabelings(list []monitoringv1.RelabelConfig) *Relabelings {
	if len(list) == 0 {
		return nil
	}
	return &Relabelings{List: list}
}

// Configs returns the relabelings as Prometheus has them. It returns false if Prometheus would reject one.
func (r *Relabelings) Configs() (cfgs []*relabel.Config, ok bool) {
	if r == nil {
		return nil, true
	}
	cfgs = r.read.Get(func() []*relabel.Config {
		cfgs, _ := RelabelConfigs(r.List)
		return cfgs
	})
	return cfgs, cfgs != nil
}

// EndpointsPlace returns the field with the endpoints.
func (m *Monitor) EndpointsPlace() model.Place {
	if m.OfPods {
		return m.Item.Place.Child("spec").Child("podMetricsEndpoints")
	}
	return m.Item.Place.Child("spec").Child("endpoints")
}

// At returns the place of the endpoint.
func (e *Endpoint) At() model.Place { return e.Monitor.EndpointsPlace().Item(int(e.number)) }

// serviceEndpoint converts an endpoint of a ServiceMonitor. If it has several ports, the operator prefers the name
// (prometheus-operator, pkg/prometheus/promcfg.go, generateServiceMonitorConfig).
func (m *Monitor) serviceEndpoint(e *monitoringv1.Endpoint) Endpoint {
	out := Endpoint{
		Monitor: m, number: int32(len(m.Endpoints)), Interval: e.Interval, Timeout: e.ScrapeTimeout, Path: e.Path,
		HonorLabels: e.HonorLabels,
		Relabelings: newRelabelings(e.RelabelConfigs), MetricRelabelings: newRelabelings(e.MetricRelabelConfigs),
	}
	switch {
	case e.Port != "":
		out.PortField, out.Port, out.OnService = "port", intstr.FromString(e.Port), true
	case e.TargetPort != nil && *e.TargetPort != intstr.IntOrString{} && *e.TargetPort != intstr.FromString(""):
		out.PortField, out.Port = "targetPort", *e.TargetPort
	}
	switch t := e.TLSConfig; {
	case e.BearerTokenFile != "": //nolint:staticcheck // The field is deprecated, but the operator still reads it.
		out.files = "bearerTokenFile"
	case t != nil && t.CAFile+t.CertFile+t.KeyFile != "":
		out.files = "tlsConfig"
	}
	return out
}

// podEndpoint converts an endpoint of a PodMonitor (generatePodMonitorConfig).
func (m *Monitor) podEndpoint(e *monitoringv1.PodMetricsEndpoint) Endpoint {
	out := Endpoint{
		Monitor: m, number: int32(len(m.Endpoints)), Interval: e.Interval, Timeout: e.ScrapeTimeout, Path: e.Path,
		HonorLabels: e.HonorLabels,
		Relabelings: newRelabelings(e.RelabelConfigs), MetricRelabelings: newRelabelings(e.MetricRelabelConfigs),
	}
	old := e.TargetPort //nolint:staticcheck // The field is deprecated, but the operator still reads it.
	switch {
	case e.Port != nil && *e.Port != "":
		out.PortField, out.Port = "port", intstr.FromString(*e.Port)
	case e.PortNumber != nil && *e.PortNumber != 0:
		out.PortField, out.Port = "portNumber", intstr.FromInt32(*e.PortNumber)
	case old != nil && *old != intstr.IntOrString{} && *old != intstr.FromString(""):
		out.PortField, out.Port = "targetPort", *old
	}
	return out
}

// Reads reports whether the endpoint scrapes a target. Prometheus knows only the container ports that are declared.
func (e *Endpoint) Reads(t Target) bool {
	switch {
	case e.PortField == "":
		return true
	case e.OnService:
		return t.onService && MatchesPort(e.Port.StrVal, t.service)
	case e.Port.Type == intstr.String:
		return t.Declared && MatchesPort(e.Port.StrVal, t.Name)
	}
	return t.Declared && t.Port == e.Port.IntVal
}

// RelabelConfigs converts the relabelings of a monitor to those of Prometheus. It returns false if Prometheus would reject
// one.
func RelabelConfigs(list []monitoringv1.RelabelConfig) (out []*relabel.Config, ok bool) {
	for _, c := range list {
		cfg := relabel.DefaultRelabelConfig
		for _, l := range c.SourceLabels {
			cfg.SourceLabels = append(cfg.SourceLabels, prommodel.LabelName(l))
		}
		if c.Separator != nil {
			cfg.Separator = *c.Separator
		}
		if c.Replacement != nil {
			cfg.Replacement = *c.Replacement
		}
		if c.Action != "" {
			// It lowers the case, and rejects unknown actions.
			err := cfg.Action.UnmarshalYAML(func(v any) error { *v.(*string) = c.Action; return nil })
			if err != nil {
				return nil, false
			}
		}
		if c.Regex != "" {
			re, err := relabel.NewRegexp(c.Regex)
			if err != nil {
				return nil, false
			}
			cfg.Regex = re
		}
		cfg.Modulus, cfg.TargetLabel = uint64(max(c.Modulus, 0)), c.TargetLabel
		if cfg.Validate(prommodel.UTF8Validation) != nil {
			return nil, false
		}
		out = append(out, &cfg)
	}
	return out, true
}
