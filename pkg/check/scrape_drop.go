package check

import (
	"fmt"
	"regexp"
	"slices"
	"sync"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/relabel"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// knownMeta matches the labels of service discovery that follow from the objects. Names of pods, addresses, and nodes do not.
var knownMeta = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^__meta_kubernetes_(namespace|pod_(label|annotation)(present)?_.*|service_(name|(label|annotation)(present)?_.*)|` +
		`pod_container_(name|port_name)|pod_phase|(endpoint|endpointslice)_port_name)$`)
})

// annotationMeta matches those that webhooks may change.
var annotationMeta = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^__meta_kubernetes_pod_(label|annotation)`)
})

// dropped returns the relabeling that drops the pods of a workload, if that follows from the objects.
func dropped(g *chain.Graph, p chain.ScrapePath, wl *chain.Workload) (at model.Place, ok bool) {
	cfgs, ok := p.Relabelings.Configs()
	if !ok || len(cfgs) == 0 {
		return at, false
	}
	set := chain.TargetLabels(p, wl, true)
	for i, cfg := range cfgs {
		if _, kept := promexpr.Relabel(set, cfgs[:i+1]); kept {
			continue
		}
		return p.At().Child("relabelings").Item(i), certain(g, cfg, cfgs[:i], wl)
	}
	return at, false
}

// certain reports whether the source labels of a relabeling are known, and no earlier relabeling changes them.
func certain(g *chain.Graph, cfg *relabel.Config, earlier []*relabel.Config, wl *chain.Workload) bool {
	for _, l := range cfg.SourceLabels {
		name := string(l)
		made := slices.ContainsFunc(earlier, func(c *relabel.Config) bool {
			return c.TargetLabel == name || c.Action == relabel.LabelMap
		})
		if made || !knownMeta().MatchString(name) || annotationMeta().MatchString(name) && g.Namespaces.MayInject(wl) {
			return false
		}
	}
	return slices.Contains([]relabel.Action{relabel.Keep, relabel.Drop}, cfg.Action)
}

// checkDropped reports pods that all endpoints drop.
func checkDropped(g *chain.Graph, d *demand.Demand, ps *model.Problems) {
	var places []model.Place
	for _, p := range d.Workload.Scrapes() {
		at, ok := dropped(g, p, d.Workload)
		if !ok {
			return
		}
		places = append(places, at)
	}
	for _, at := range places {
		ps.Errorf(model.ScrapeNone, at,
			"drops the pods of %s, which no other monitor scrapes, so %s of %s has no value; keep them",
			d.Workload, d.MetricName(), d.Scaler)
	}
}

// checkRefused reports monitors that the API server rejects or the operator skips, whichever Prometheus selects them
// (prometheus-operator, pkg/prometheus/resource_selector.go, ValidateRelabelConfigs).
func checkRefused(m *chain.Monitor, ps *model.Problems) {
	spec := m.Item.Place.Child("spec")
	if !m.HasSelector {
		ps.Errorf(model.ScrapeUnselected, spec.Child("selector"),
			"is missing, so the API server rejects the monitor; use {} to select everything")
	}
	for i := range m.Endpoints {
		e := &m.Endpoints[i]
		for _, d := range []struct {
			name  string
			value monitoringv1.Duration
		}{{"interval", e.Interval}, {"scrapeTimeout", e.Timeout}} {
			if _, err := prommodel.ParseDuration(string(d.value)); err != nil && d.value != "" {
				ps.Valuef(model.ScrapeUnselected, e.At().Child(d.name), string(d.value),
					"%q is not a valid duration, so the API server rejects the monitor; use one such as 15s", d.value)
			}
		}
		for _, l := range []struct {
			name string
			all  *chain.Relabelings
		}{{"relabelings", e.Relabelings}, {"metricRelabelings", e.MetricRelabelings}} {
			if l.all == nil {
				continue
			}
			for i, c := range l.all.List {
				if _, ok := chain.RelabelConfigs([]monitoringv1.RelabelConfig{c}); !ok {
					ps.Errorf(model.ScrapeUnselected, e.At().Child(l.name).Item(i),
						"is not accepted by Prometheus, so prometheus-operator skips the monitor; correct %s", fieldsOf(c))
				}
			}
		}
	}
}

// fieldsOf names the fields of a relabeling that may be wrong.
func fieldsOf(c monitoringv1.RelabelConfig) string {
	if c.Regex != "" {
		if _, err := relabel.NewRegexp(c.Regex); err != nil {
			return fmt.Sprintf("its regex, %q", c.Regex)
		}
	}
	return "its action, or the fields that the action requires"
}
