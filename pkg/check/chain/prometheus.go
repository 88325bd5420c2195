package chain

import (
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
)

// Prometheus is a Prometheus or a PrometheusAgent of prometheus-operator.
type Prometheus struct {
	Item *krm.Item
	Spec PrometheusSpec
	// wanted are what the selectors demand of labels.
	wanted map[*metav1.LabelSelector][]labels.Requirement
}

// requirements are what one of the selectors of p demands.
func (p *Prometheus) requirements(s *metav1.LabelSelector) []labels.Requirement {
	return lookup.Remember(p.wanted, s, lookup.Requirements)
}

// PrometheusSpec is what decides which monitors are read, of CommonPrometheusFields and PrometheusAgentSpec.
type PrometheusSpec struct {
	ServiceMonitorSelector          *metav1.LabelSelector                          `json:"serviceMonitorSelector"`
	ServiceMonitorNamespaceSelector *metav1.LabelSelector                          `json:"serviceMonitorNamespaceSelector"`
	PodMonitorSelector              *metav1.LabelSelector                          `json:"podMonitorSelector"`
	PodMonitorNamespaceSelector     *metav1.LabelSelector                          `json:"podMonitorNamespaceSelector"`
	ProbeSelector                   *metav1.LabelSelector                          `json:"probeSelector"`
	ScrapeConfigSelector            *metav1.LabelSelector                          `json:"scrapeConfigSelector"`
	AdditionalScrapeConfigs         *corev1.SecretKeySelector                      `json:"additionalScrapeConfigs"`
	ScrapeInterval                  monitoringv1.Duration                          `json:"scrapeInterval"`
	ScrapeClasses                   []monitoringv1.ScrapeClass                     `json:"scrapeClasses"`
	ArbitraryFSAccessThroughSMs     monitoringv1.ArbitraryFSAccessThroughSMsConfig `json:"arbitraryFSAccessThroughSMs"`
	IgnoreNamespaceSelectors        bool                                           `json:"ignoreNamespaceSelectors"`
	EnforcedNamespaceLabel          string                                         `json:"enforcedNamespaceLabel"`
	ServiceAccountName              string                                         `json:"serviceAccountName"`
	// Mode is that of a PrometheusAgent.
	Mode string `json:"mode"`
}
