package check

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The groups from which the HorizontalPodAutoscaler controller reads metrics (k8s.io/metrics/pkg/apis).
const (
	customMetrics   = "custom.metrics.k8s.io"
	externalMetrics = "external.metrics.k8s.io"
	resourceMetrics = "metrics.k8s.io"
)

// apis finds APIServices.
type apis struct {
	items []*krm.Item
	// found are those that lead to Services, by group.
	found once[map[string][]*api]
}

// api is an APIService: it gives a version of a group to a Service.
type api struct {
	item    *krm.Item
	service apiTarget
	// stated tells that the port is written.
	stated bool
	// trusted tells that the API server trusts the certificate of the Service, or that something puts an authority in.
	trusted bool
}

// apiTarget is the Service of an APIService (ServiceReference, k8s.io/kube-aggregator/pkg/apis/apiregistration/v1).
type apiTarget struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Port is 443 if nothing else is stated.
	Port int32 `json:"port"`
}

// apiServices are the APIServices of a group that lead to Services.
func (as *apis) of(group string) []*api { return as.found.get(as.find)[group] }

func (as *apis) find() map[string][]*api {
	all := map[string][]*api{}
	for _, it := range as.items {
		if it.Place.Object.Kind != "APIService" || model.Group(it.Place.Object.APIVersion) != "apiregistration.k8s.io" {
			continue
		}
		var spec struct {
			Group                 string     `json:"group"`
			Service               *apiTarget `json:"service"`
			InsecureSkipTLSVerify bool       `json:"insecureSkipTLSVerify"`
			CABundle              string     `json:"caBundle"`
		}
		_ = mistakes(krm.Get(it.Node(), "spec"), it.Place, &spec, false)
		if spec.Service == nil {
			continue
		}
		a := &api{item: it, service: *spec.Service, trusted: spec.InsecureSkipTLSVerify || spec.CABundle != "" || isInjected(it)}
		if a.stated = a.service.Port != 0; !a.stated {
			a.service.Port = 443
		}
		all[spec.Group] = append(all[spec.Group], a)
	}
	return all
}

// isInjected tells whether a controller writes the authority of the certificate into an APIService: that of cert-manager
// (cert-manager.io/inject-ca-from and others) or of OpenShift (service.beta.openshift.io/inject-cabundle).
func isInjected(it *krm.Item) bool {
	for name := range it.Annotations {
		if strings.Contains(name, "/inject-") {
			return true
		}
	}
	return false
}

// otherAdapters are parts of the names of Services behind which other programs serve custom and external metrics.
var otherAdapters = []string{
	"keda", "stackdriver", "datadog", "azure", "kube-metrics-adapter", "cloudwatch", "newrelic",
	"k8s-metrics-adapter",
}

// servedByOther tells whether an APIService among the items gives a group of metrics to another program.
func (as *apis) servedByOther(group string) bool {
	return slices.ContainsFunc(as.of(group), func(a *api) bool {
		return slices.ContainsFunc(otherAdapters, func(name string) bool { return strings.Contains(a.service.Name, name) })
	})
}

// adaptersBehind are the adapters among the items to whose pods a Service leads.
func (su *setup) behind(s *service) []adapter {
	var all []adapter
	for _, a := range su.adapters {
		if s.selectsPods(a.workload) {
			all = append(all, a)
		}
	}
	return all
}
