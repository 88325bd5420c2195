package gen

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// watch is how Prometheus scrapes the pods of a workload that krm-fn does not render.
type watch struct {
	scrape
	// service are the labels of the Service with the port. It is nil for a PodMonitor, which uses pods.
	service map[string]string
	pods    *metav1.LabelSelector
	// portName is the name of the port of the Service, or of the container for a PodMonitor. If it is empty, the container port
	// has the number of scrape.port.
	portName string
}

// The annotations by which a Prometheus without monitors usually finds pods.
const (
	scrapePort   = "prometheus.io/port"
	scrapePath   = "prometheus.io/path"
	scrapeScheme = "prometheus.io/scheme"
)

func portText(t chain.Target) string {
	if t.Name != "" {
		return t.Name
	}
	return portNumber(t)
}

func portNumber(t chain.Target) string { return strconv.Itoa(int(t.Port)) }

// watch finds how Prometheus can scrape the pods of a workload. It returns nil if a monitor in the input does so already. it has
// the annotations with the settings.
func (b *builder) watch(it *krm.Item, wl *chain.Workload, ps *model.Problems) *watch {
	if it.Annotations[metricsPortAnnotation] == "" && len(wl.Scrapes()) > 0 {
		return nil // The checks tell whether it scrapes the right port.
	}
	target, ok := metricsTarget(it, wl, ps)
	if !ok {
		return nil
	}
	w := &watch{pods: wl.Selector}
	w.port.target = target.Port
	w.path = cmp.Or(it.Annotations[metricsPathAnnotation], wl.Template.Annotations[scrapePath], metricsPath)
	w.scheme = cmp.Or(choice(it, metricsSchemeAnnotation, []string{"http", "https"}, ps), wl.Template.Annotations[scrapeScheme], "http")
	w.setTLS(b.items, it, ps)
	if slices.ContainsFunc(wl.Scrapes(), func(p chain.ScrapePath) bool {
		return p.PodPort == target.Port && cmp.Or(p.Path, metricsPath) == w.path
	}) {
		return nil
	}
	if !b.opts.podMonitors && b.watchService(w, it, wl, target, ps) {
		return w
	}
	w.portName = target.Name
	if wl.Selector == nil {
		ps.Errorf(model.ScrapePort, wl.Item.Place.Child("spec").Child("selector"),
			"is missing, so no PodMonitor can select the pods; create a Service with the port %s", portText(target))
		return nil
	}
	return w
}

// watchService finds the Service through which a ServiceMonitor scrapes a port. It reports false if a PodMonitor must do so: no
// Service has the port, or its labels do not tell it from others.
func (b *builder) watchService(w *watch, it *krm.Item, wl *chain.Workload, target chain.Target, ps *model.Problems) bool {
	type candidate struct {
		service *chain.Service
		port    string
	}
	var found []candidate
	var names []string
	wanted := it.Annotations[metricsServiceAnnotation]
	for _, svc := range wl.Services {
		for _, p := range svc.Ports {
			t, ok := chain.ResolvePort(p, chain.PodTargets(wl))
			if name := svc.Item.Place.Object.Name; ok && t.Port == target.Port && !slices.Contains(names, name) {
				names = append(names, name)
				if wanted == "" || wanted == name {
					found = append(found, candidate{svc, p.Name})
				}
			}
		}
	}
	switch {
	case wanted != "" && len(found) == 0:
		ps.Add(model.Problem{
			ID: model.ScrapePort, Severity: model.Error, Place: annotation(it, metricsServiceAnnotation), Value: wanted,
			Suggestion: krm.Suggest(wanted, names),
			Message:    "is not a Service with the port " + portText(target) + " of " + wl.String() + "; " + availableServices(names),
		})
		return true
	case len(found) > 1:
		ps.Errorf(model.ScrapePort, it.Place, "the Services %s have the port %s of %s, so samples would be counted twice; set the annotation "+
			"%s to one of them", model.Join(names, "and"), portText(target), wl, metricsServiceAnnotation)
		return true
	case len(found) == 0:
		return false
	}
	svc := found[0].service
	labels := identifying(svc.Item.Labels)
	if len(labels) == 0 || b.selectsOthers(labels, svc) {
		return false
	}
	w.service, w.portName = labels, found[0].port
	return true
}

func availableServices(names []string) string {
	if len(names) == 0 {
		return "no Service has it; remove the annotation"
	}
	return "available: " + strings.Join(names, ", ")
}

// volatileLabels change with a release, or tell only which program wrote an object.
var volatileLabels = []string{
	"helm.sh/chart", "chart", "heritage", "app.kubernetes.io/version", managedByLabel, "version",
}

// identifying returns the labels that select a Service in all of its releases.
func identifying(labels map[string]string) map[string]string {
	return lookup.Without(labels, volatileLabels)
}

// selectsOthers reports whether labels also select another Service of the namespace.
func (b *builder) selectsOthers(labels map[string]string, svc *chain.Service) bool {
	g := b.adopter.graph()
	spaces := lookup.NamespacesFor(svc.Item.Place.Object.Namespace)
	return slices.ContainsFunc(g.Services.Labels.Find(nil, spaces), func(i int) bool {
		other := g.Services.All[i]
		return other != svc && lookup.Matches(&metav1.LabelSelector{MatchLabels: labels}, other.Item.Labels)
	})
}

// monitor returns the ServiceMonitor or PodMonitor for the pods of w.
func (m *watch) monitor(w *workload, opts *options) typedObject {
	if m == nil {
		return nil
	}
	meta := w.meta(w.ref.Name)
	meta.Labels = with(meta.Labels, opts.monitorLabels)
	relabelings := opts.relabelings()
	if name := w.labels[workloadLabel]; name != "" && len(opts.scaler.podLabels) > 0 { // The pods do not have the label.
		relabelings = append(relabelings, monitoringv1.RelabelConfig{TargetLabel: workloadSeries, Replacement: &name})
	}
	interval, scheme := monitoringv1.Duration(opts.interval), (*monitoringv1.Scheme)(nil)
	if m.scheme == "https" {
		scheme = new(monitoringv1.Scheme(m.scheme))
	}
	if m.service == nil {
		ep := monitoringv1.PodMetricsEndpoint{Path: m.path, Interval: interval}
		ep.RelabelConfigs, ep.TLSConfig, ep.Scheme = relabelings, m.tlsConfig(), scheme
		if m.portName != "" {
			ep.Port = &m.portName
		} else {
			ep.PortNumber = &m.port.target
		}
		out := &monitoringv1.PodMonitor{TypeMeta: typeMeta(monitoringVersion, podMonitorKind), ObjectMeta: meta}
		out.Spec.Selector, out.Spec.PodMetricsEndpoints = *m.pods, []monitoringv1.PodMetricsEndpoint{ep}
		return out
	}
	ep := monitoringv1.Endpoint{Port: m.portName, Path: m.path, Interval: interval}
	ep.RelabelConfigs, ep.Scheme = relabelings, scheme
	if m.portName == "" {
		ep.TargetPort = new(intstr.FromInt32(m.port.target))
	}
	if tls := m.tlsConfig(); tls != nil {
		ep.TLSConfig = &monitoringv1.TLSConfig{SafeTLSConfig: *tls}
	}
	out := &monitoringv1.ServiceMonitor{TypeMeta: typeMeta(monitoringVersion, serviceMonitorKind), ObjectMeta: meta}
	out.Spec.Selector.MatchLabels, out.Spec.Endpoints = m.service, []monitoringv1.Endpoint{ep}
	return out
}
