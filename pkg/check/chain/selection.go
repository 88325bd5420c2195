package chain

import (
	"cmp"
	"fmt"
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	prommodel "github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Prometheus is a Prometheus or PrometheusAgent of prometheus-operator.
type Prometheus struct {
	Item *krm.Item
	Spec PrometheusSpec
	// wanted has the requirements of its selectors.
	wanted map[*metav1.LabelSelector][]labels.Requirement
}

// requirements returns the requirements of a selector of the Prometheus.
func (p *Prometheus) requirements(s *metav1.LabelSelector) []labels.Requirement {
	return lookup.Remember(p.wanted, s, lookup.Requirements)
}

// PrometheusSpec has the fields of CommonPrometheusFields and PrometheusAgentSpec that the checks use.
type PrometheusSpec struct {
	ServiceMonitorSelector          *metav1.LabelSelector                          `json:"serviceMonitorSelector"`
	ServiceMonitorNamespaceSelector *metav1.LabelSelector                          `json:"serviceMonitorNamespaceSelector"`
	PodMonitorSelector              *metav1.LabelSelector                          `json:"podMonitorSelector"`
	PodMonitorNamespaceSelector     *metav1.LabelSelector                          `json:"podMonitorNamespaceSelector"`
	ProbeSelector                   *metav1.LabelSelector                          `json:"probeSelector"`
	ScrapeConfigSelector            *metav1.LabelSelector                          `json:"scrapeConfigSelector"`
	AdditionalScrapeConfigs         *corev1.SecretKeySelector                      `json:"additionalScrapeConfigs"`
	ScrapeInterval                  monitoringv1.Duration                          `json:"scrapeInterval"`
	EvaluationInterval              monitoringv1.Duration                          `json:"evaluationInterval"`
	ScrapeClasses                   []monitoringv1.ScrapeClass                     `json:"scrapeClasses"`
	ArbitraryFSAccessThroughSMs     monitoringv1.ArbitraryFSAccessThroughSMsConfig `json:"arbitraryFSAccessThroughSMs"`
	IgnoreNamespaceSelectors        bool                                           `json:"ignoreNamespaceSelectors"`
	EnforcedNamespaceLabel          string                                         `json:"enforcedNamespaceLabel"`
	ServiceAccountName              string                                         `json:"serviceAccountName"`
	// Mode is a field of PrometheusAgent only.
	Mode string `json:"mode"`
}

// Refusal is the reason why a Prometheus does not use a monitor, and the field to change.
type Refusal struct {
	At  model.Place
	Why string
	// distance orders the refusals of several Prometheuses.
	distance int
	// Unsure means that the Prometheus may still scrape the pods by its own configuration.
	Unsure bool
}

// Refusal returns why no Prometheus in the input uses a monitor: the refusal of the nearest one. It returns nil if one uses it
// or may do so, or if there is none.
func (g *Graph) Refusal(m *Monitor) *Refusal {
	var nearest *Refusal
	for _, p := range g.Prometheuses {
		r := g.Refuses(p, m)
		if r == nil {
			return nil
		}
		if nearest == nil || r.distance < nearest.distance || r.distance == nearest.distance && r.Why < nearest.Why {
			nearest = r
		}
	}
	return nearest
}

// ownOnly reports whether every Prometheus that uses a monitor ignores its namespaceSelector.
func ownOnly(g *Graph, m *Monitor) bool {
	ignore := false
	for _, p := range g.Prometheuses {
		if g.Refuses(p, m) == nil {
			if !p.Spec.IgnoreNamespaceSelectors {
				return false
			}
			ignore = true
		}
	}
	return ignore
}

// Refuses returns why a Prometheus does not use a monitor, or nil if it does or may do so (prometheus-operator,
// pkg/prometheus/resource_selector.go).
func (g *Graph) Refuses(p *Prometheus, m *Monitor) *Refusal {
	what, labelSel, nsSel := "podMonitor", p.Spec.PodMonitorSelector, p.Spec.PodMonitorNamespaceSelector
	if !m.OfPods {
		what, labelSel, nsSel = "serviceMonitor", p.Spec.ServiceMonitorSelector, p.Spec.ServiceMonitorNamespaceSelector
	}
	if p.Unmanaged() {
		return &Refusal{At: p.Item.Place.Child("spec").Child(what + "Selector"), Unsure: true, distance: 60, Why: fmt.Sprintf(
			"is missing, like all other selectors, so the operator does not manage the configuration, and %s has no effect; use "+
				"{} to select everything", m.Item.Place.Object)}
	}
	if !m.OfPods && p.Spec.Mode == "DaemonSet" {
		return &Refusal{At: p.Item.Place.Child("spec").Child("mode"), distance: 100, Why: "is DaemonSet, and an agent in this mode uses only PodMonitors"}
	}
	if labelSel == nil {
		return &Refusal{At: p.Item.Place.Child("spec").Child(what + "Selector"), distance: 50, Why: fmt.Sprintf(
			"is missing, so it selects nothing, not even %s; use {} to select everything", m.Item.Place.Object)}
	}
	if failed, _ := lookup.Unmet(p.requirements(labelSel), m.Item.Labels); len(failed) > 0 {
		return &Refusal{At: m.Item.Place.Child("metadata").Child("labels"), distance: len(failed), Why: fmt.Sprintf(
			"%s selects %s, but the monitor has %s; add the labels that it selects",
			p.Item.Place.Object, lookup.DescribeRequirement(failed[0]), lookup.DescribeLabel(failed[0], m.Item.Labels))}
	}
	if r := g.refusesNamespace(p, m, what, nsSel); r != nil {
		return r
	}
	return p.rejects(m)
}

// Unmanaged reports whether the operator leaves the configuration to the user, as it does without any selector
// (prometheus-operator, pkg/prometheus/server/operator.go).
func (p *Prometheus) Unmanaged() bool {
	s := p.Spec
	return p.Item.Place.Object.Kind == "Prometheus" && s.ServiceMonitorSelector == nil && s.PodMonitorSelector == nil &&
		s.ProbeSelector == nil && s.ScrapeConfigSelector == nil
}

func (g *Graph) refusesNamespace(p *Prometheus, m *Monitor, what string, sel *metav1.LabelSelector) *Refusal {
	own, its := p.Item.Place.Object.Namespace, m.Item.Place.Object.Namespace
	if sel == nil && lookup.CompareNamespaces(own, its) != lookup.Different {
		return nil
	}
	at := p.Item.Place.Child("spec").Child(what + "NamespaceSelector")
	if sel == nil {
		return &Refusal{At: at, distance: 10, Why: fmt.Sprintf(
			"is missing, so it selects only namespace %s, but %s is in %s; use {} to select all namespaces",
			model.NamespaceOf(own), m.Item.Place.Object, model.NamespaceOf(its))}
	}
	set, listed := g.Namespaces.labelsOf(its)
	failed, _ := lookup.Unmet(p.requirements(sel), set)
	// What other labels a namespace has is known only if it is in the input, and so is the namespace of an object
	// that states none.
	failed = slices.DeleteFunc(failed, func(r labels.Requirement) bool { return !listed && r.Key() != corev1.LabelMetadataName })
	if len(failed) == 0 || its == "" {
		return nil
	}
	return &Refusal{At: at, distance: 10 + len(failed), Why: fmt.Sprintf(
		"selects namespaces with %s, and %s is in %s, which has %s; select that one too",
		lookup.DescribeRequirement(failed[0]), m.Item.Place.Object, its, lookup.DescribeLabel(failed[0], set))}
}

// rejects returns why the operator skips a monitor that the Prometheus selects.
func (p *Prometheus) rejects(m *Monitor) *Refusal {
	name := p.Item.Place.Object
	class := m.scrapeClass
	if class != "" && !slices.ContainsFunc(p.Spec.ScrapeClasses, func(c monitoringv1.ScrapeClass) bool { return c.Name == class }) {
		var known []string
		for _, c := range p.Spec.ScrapeClasses {
			known = append(known, c.Name)
		}
		return &Refusal{At: m.Item.Place.Child("spec").Child("scrapeClass"), Why: fmt.Sprintf(
			"%s has no scrape class %q so it skips the monitor%s", name, class, krm.DidYouMean(class, known))}
	}
	for i := range m.Endpoints {
		e := &m.Endpoints[i]
		if e.files != "" && p.Spec.ArbitraryFSAccessThroughSMs.Deny {
			return &Refusal{At: e.At().Child(e.files), Why: fmt.Sprintf(
				"reads files of the Prometheus pod, which arbitraryFSAccessThroughSMs of %s denies, so it skips the monitor; use "+
					"a Secret", name)}
		}
		if interval := cmp.Or(e.Interval, p.Spec.ScrapeInterval, defaultScrapeInterval); exceeds(e.Timeout, interval) {
			return &Refusal{At: e.At().Child("scrapeTimeout"), Why: fmt.Sprintf(
				"is %s, more than the interval of %s, so %s skips the monitor; use at most %s",
				e.Timeout, interval, name, interval)}
		}
	}
	return nil
}

// defaultScrapeInterval is the default of spec.scrapeInterval.
const defaultScrapeInterval monitoringv1.Duration = "30s"

// exceeds reports whether a is longer than b.
func exceeds(a, b monitoringv1.Duration) bool {
	x, errX := prommodel.ParseDuration(string(a))
	y, errY := prommodel.ParseDuration(string(b))
	return errX == nil && errY == nil && x > y
}
