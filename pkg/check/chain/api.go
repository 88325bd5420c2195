package chain

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The metrics APIs that the HorizontalPodAutoscaler controller reads (k8s.io/metrics/pkg/apis).
const (
	CustomMetrics   = "custom.metrics.k8s.io"
	ExternalMetrics = "external.metrics.k8s.io"
	ResourceMetrics = "metrics.k8s.io"
)

// APIServices finds APIServices.
type APIServices struct {
	items []*krm.Item
	// found has the APIServices with a Service, by group.
	found lookup.Lazy[map[string][]*APIService]
}

// APIService is an APIService with a Service.
type APIService struct {
	Item    *krm.Item
	Service ServiceReference
	// Stated means that the manifest has the port.
	Stated bool
	// Trusted means that the API server trusts the certificate of the Service, or that a controller injects the CA.
	Trusted bool
}

// ServiceReference is the Service of an APIService (k8s.io/kube-aggregator/pkg/apis/apiregistration/v1).
type ServiceReference struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Port defaults to 443.
	Port int32 `json:"port"`
}

// Of returns the APIServices of a group that have a Service.
func (as *APIServices) Of(group string) []*APIService { return as.found.Get(as.find)[group] }

func (as *APIServices) find() map[string][]*APIService {
	all := map[string][]*APIService{}
	for _, it := range as.items {
		if it.Place.Object.Kind != "APIService" || model.Group(it.Place.Object.APIVersion) != "apiregistration.k8s.io" {
			continue
		}
		var spec struct {
			Group                 string            `json:"group"`
			Service               *ServiceReference `json:"service"`
			InsecureSkipTLSVerify bool              `json:"insecureSkipTLSVerify"`
			CABundle              string            `json:"caBundle"`
		}
		_ = mistakes(krm.Last(it.Node(), "spec"), it.Place, &spec, false)
		if spec.Service == nil {
			continue
		}
		trusted := spec.InsecureSkipTLSVerify || spec.CABundle != "" || isInjected(it)
		a := &APIService{Item: it, Service: *spec.Service, Trusted: trusted}
		if a.Stated = a.Service.Port != 0; !a.Stated {
			a.Service.Port = 443
		}
		all[spec.Group] = append(all[spec.Group], a)
	}
	return all
}

// isInjected reports whether a controller injects the CA of an APIService: cert-manager (cert-manager.io/inject-ca-from and
// others) or OpenShift (service.beta.openshift.io/inject-cabundle).
func isInjected(it *krm.Item) bool {
	for name := range it.Annotations {
		if strings.Contains(name, "/inject-") {
			return true
		}
	}
	return false
}

// otherAdapters are parts of the Service names of other programs that serve custom and external metrics.
var otherAdapters = []string{
	"keda", "stackdriver", "datadog", "azure", "kube-metrics-adapter", "cloudwatch", "newrelic",
	"k8s-metrics-adapter",
}

// ServedByOther reports whether the input registers a group for another program.
func (as *APIServices) ServedByOther(group string) bool {
	return slices.ContainsFunc(as.Of(group), (*APIService).IsOther)
}

// IsOther reports whether the Service is that of another program than prometheus-adapter.
func (a *APIService) IsOther() bool {
	return slices.ContainsFunc(otherAdapters, func(name string) bool { return strings.Contains(a.Service.Name, name) })
}

// ServiceOf returns the Service of an APIService, or nil if it is not in the input.
func (g *Graph) ServiceOf(t ServiceReference) *Service {
	i := slices.IndexFunc(g.Services.All, func(s *Service) bool {
		o := s.Item.Place.Object
		return o.Name == t.Name && lookup.CompareNamespaces(o.Namespace, t.Namespace) != lookup.Different
	})
	if i < 0 {
		return nil
	}
	return g.Services.All[i]
}
