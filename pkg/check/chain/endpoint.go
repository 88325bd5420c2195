package chain

import (
	"slices"
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/relabel"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Endpoint is what the checks ask of an endpoint of either kind of monitors.
type Endpoint struct {
	Monitor *Monitor
	// Interval is "" where that of Prometheus applies, path for /metrics.
	Interval, Timeout monitoringv1.Duration
	Path              string
	// Relabelings and metricRelabelings are nil if there are none.
	Relabelings, MetricRelabelings *Relabelings
	// PortField is the field that says which targets are read, "" for all. It holds the name of the port of a Service if
	// onService is set, else the name or number of that of a container.
	PortField string
	Port      intstr.IntOrString
	// files is the field that names files of the Prometheus pod, "" for none.
	files string
	// number is its position among the endpoints of the monitor.
	number                 int32
	OnService, HonorLabels bool
}

// Relabelings are those of an endpoint, read once.
type Relabelings struct {
	List []monitoringv1.RelabelConfig
	read lookup.Lazy[readRelabelings]
}

// readRelabelings are relabelings as Prometheus has them; ok is false where it would refuse one.
type readRelabelings struct {
	configs []*relabel.Config
	ok      bool
}

func newRelabelings(list []monitoringv1.RelabelConfig) *Relabelings {
	if len(list) == 0 {
		return nil
	}
	return &Relabelings{List: list}
}

// Configs are the relabelings as Prometheus has them; ok is false where it would refuse one.
func (r *Relabelings) Configs() (cfgs []*relabel.Config, ok bool) {
	if r == nil {
		return nil, true
	}
	read := r.read.Get(func() (read readRelabelings) {
		read.configs, read.ok = RelabelConfigs(r.List)
		return read
	})
	return read.configs, read.ok
}

// EndpointsPlace is the field that holds the endpoints of m.
func (m *Monitor) EndpointsPlace() model.Place {
	if m.OfPods {
		return m.Item.Place.Child("spec").Child("podMetricsEndpoints")
	}
	return m.Item.Place.Child("spec").Child("endpoints")
}

// At is the place of the endpoint.
func (e *Endpoint) At() model.Place { return e.Monitor.EndpointsPlace().Item(int(e.number)) }

// serviceEndpoint is the next endpoint of a ServiceMonitor. Of several ports, that counts which prometheus-operator prefers
// (pkg/prometheus/promcfg.go, generateServiceMonitorConfig).
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

// podEndpoint is the same of a PodMonitor (generatePodMonitorConfig).
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

// Reads reports whether an endpoint reads t. The port that a container has is known to Prometheus only if it declares it.
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

var relabelActions = []relabel.Action{
	relabel.Replace, relabel.Keep, relabel.Drop, relabel.KeepEqual, relabel.DropEqual, relabel.HashMod, relabel.LabelMap,
	relabel.LabelDrop, relabel.LabelKeep, relabel.Lowercase, relabel.Uppercase,
}

// RelabelConfigs turns relabelings of a monitor into those of Prometheus; ok is false where Prometheus would refuse one.
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
			cfg.Action = relabel.Action(strings.ToLower(c.Action))
		}
		if c.Regex != "" {
			re, err := relabel.NewRegexp(c.Regex)
			if err != nil {
				return nil, false
			}
			cfg.Regex = re
		}
		cfg.Modulus, cfg.TargetLabel = uint64(max(c.Modulus, 0)), c.TargetLabel
		if !slices.Contains(relabelActions, cfg.Action) || cfg.Validate(prommodel.UTF8Validation) != nil {
			return nil, false
		}
		out = append(out, &cfg)
	}
	return out, true
}
