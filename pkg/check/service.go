package check

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// serviceSet is all Services, and how they are found by their labels.
type serviceSet struct {
	all    []*service
	labels *labelIndex
}

// service is what the checks ask of a Service.
type service struct {
	item     *krm.Item
	selector map[string]string
	ports    []servicePort
	// behind are the workloads whose pods it selects.
	behind []*workload
	wants  once[[]labels.Requirement]
	// number is its position among the Services.
	number int32
	// external tells that it is of type ExternalName, monitored that a monitor selects it.
	external, monitored bool
}

// servicePort is what the checks ask of a corev1.ServicePort.
type servicePort struct {
	name     string
	protocol corev1.Protocol
	number   int32
	target   intstr.IntOrString
}

func (r *reader) addService(it *krm.Item, ps *model.Problems) {
	spec := specOf[corev1.ServiceSpec](it, ps)
	ports := make([]servicePort, len(spec.Ports))
	for i, p := range spec.Ports {
		ports[i] = servicePort{p.Name, protocol(p.Protocol), p.Port, p.TargetPort}
	}
	r.graph.services.all = append(r.graph.services.all, &service{
		item: it, number: int32(len(r.graph.services.all)), selector: spec.Selector, ports: r.servicePorts.share(ports),
		external: spec.Type == corev1.ServiceTypeExternalName,
	})
}

// String is how messages name a Service.
func (s *service) String() string { return "Service " + s.item.Place.Object.Name }

// hasSelector tells whether the endpoints of a Service follow from its selector.
func (s *service) hasSelector() bool { return len(s.selector) > 0 && !s.external }

// selectsPods tells whether a Service sends requests to pods of wl
// (k8s.io/endpointslice: a Service without a selector has no endpoints but those that somebody writes).
func (s *service) selectsPods(wl *workload) bool {
	return s.hasSelector() && meet(s.item, wl.item) && selectsLabels(s.selector, wl.template.labels)
}

// requirements are what a Service demands of the labels of pods.
func (s *service) requirements() []labels.Requirement {
	return s.wants.get(func() []labels.Requirement { return requirements(&metav1.LabelSelector{MatchLabels: s.selector}) })
}
