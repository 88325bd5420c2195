package chain

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Services are all Services of the input, and an index of their labels.
type Services struct {
	All    []*Service
	Labels *lookup.Index
}

// Service is a Service.
type Service struct {
	Item     *krm.Item
	selector map[string]string
	Ports    []ServicePort
	// Workloads are those whose pods it selects.
	Workloads    []*Workload
	requirements lookup.Lazy[[]labels.Requirement]
	// number is the position among the Services.
	number int32
	// External means that the type is ExternalName, Monitored that a monitor selects it.
	External, Monitored bool
}

// ServicePort is a port of a Service.
type ServicePort struct {
	Name     string
	Protocol corev1.Protocol
	Number   int32
	Target   intstr.IntOrString
}

func (r *reader) addService(it *krm.Item, ps *model.Problems) {
	spec := specOf[corev1.ServiceSpec](it, ps)
	ports := make([]ServicePort, len(spec.Ports))
	for i, p := range spec.Ports {
		ports[i] = ServicePort{p.Name, protocol(p.Protocol), p.Port, p.TargetPort}
	}
	r.graph.Services.All = append(r.graph.Services.All, &Service{
		Item: it, number: int32(len(r.graph.Services.All)), selector: spec.Selector, Ports: ports,
		External: spec.Type == corev1.ServiceTypeExternalName,
	})
}

// String returns the name for messages.
func (s *Service) String() string { return "Service " + s.Item.Place.Object.Name }

// HasSelector reports whether the endpoints of the Service follow from its selector.
func (s *Service) HasSelector() bool { return len(s.selector) > 0 && !s.External }

// SelectsPods reports whether the Service selects the pods of a workload.
func (s *Service) SelectsPods(wl *Workload) bool {
	return s.HasSelector() && MayShareNamespace(s.Item, wl.Item) && selectsLabels(s.selector, wl.Template.Labels)
}

// LeadsToPrometheus reports whether a Service selects the pods of a Prometheus: by its image, or by the labels that
// prometheus-operator gives them (pkg/prometheus/server/statefulset.go).
func (g *Graph) LeadsToPrometheus(s *Service) bool {
	for _, wl := range s.Workloads {
		if slices.ContainsFunc(wl.Template.Running, func(c Container) bool {
			name, _, _ := strings.Cut(path.Base(c.Image), ":")
			return name == "prometheus"
		}) {
			return true
		}
	}
	return slices.ContainsFunc(g.Prometheuses, func(p *Prometheus) bool {
		name := p.Item.Place.Object.Name
		return MayShareNamespace(p.Item, s.Item) && s.HasSelector() && selectsLabels(s.selector, map[string]string{
			"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": name, "app.kubernetes.io/managed-by": "prometheus-operator",
			"operator.prometheus.io/name": name, "prometheus": name, "operator.prometheus.io/shard": "0",
		})
	})
}

// Requirements returns the requirements of the selector.
func (s *Service) Requirements() []labels.Requirement {
	return s.requirements.Get(func() []labels.Requirement {
		return lookup.Requirements(&metav1.LabelSelector{MatchLabels: s.selector})
	})
}
