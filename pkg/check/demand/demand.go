package demand

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Demand is a metric that an HPA requests from the custom or external metrics API. It has many fields and methods because every
// check walks from a demand, which joins the scaler, the rules, and the pods; the joins are lazy and belong to one metric.
type Demand struct {
	set      *Set
	Scaler   *chain.Scaler
	Workload *chain.Workload
	Kind     autoscalingv2.MetricSourceType
	Metric   string
	selector labels.Selector
	// Resource is what the metric describes; a problem says why the client of the HPA cannot say so.
	Resource schema.GroupResource
	Problem  string
	offered  lookup.Lazy[[]*Offer]
	best     lookup.Lazy[*Offer]
	// Number is the position of the metric in the scaler, source where its number comes from.
	Number int
	source chain.Source
	// describesNamespace is a metric of the namespace itself.
	describesNamespace bool
}

// At is the place of the metric.
func (d *Demand) At() model.Place { return d.Scaler.MetricAt(d.Number) }

// ofPods reports whether the metric is one that pods have, so that the monitors here tell about its series.
func (d *Demand) ofPods() bool { return d.Kind == autoscalingv2.PodsMetricSourceType }

// Paths are the ways by which Prometheus reads the pods that have the metric, origins what becomes of their series.
func (d *Demand) Paths() []chain.ScrapePath {
	if !d.ofPods() || d.Workload == nil {
		return nil
	}
	return d.Workload.Scrapes()
}

// Origins are the ways by which the series of the pods that have the metric reach Prometheus.
func (d *Demand) Origins() []Origin {
	if !d.ofPods() {
		return nil
	}
	return d.set.Arrivals.Of(d.Workload)
}

// sampled are the names of the series of a sample of the pods.
func (d *Demand) sampled() []string {
	if !d.ofPods() {
		return nil
	}
	return d.set.Samples.names(d.Workload)
}

// Names are those of what the metric describes.
func (d *Demand) Names() []string {
	switch {
	case d.ofPods():
		return examplePods
	case d.describesNamespace:
		return []string{d.Scaler.Namespace()}
	case d.External():
		return nil
	}
	return []string{d.Scaler.Metrics[d.Number].Object.DescribedObject.Name}
}

// index finds the rules that may serve the demand.
func (d *Demand) index() *adapter.Index {
	if d.External() {
		return d.set.setup.External
	}
	return d.set.setup.Custom
}

// KnownSeries are the names of the series of the recording rules and of a sample.
func (d *Demand) KnownSeries() []string { return slices.Concat(d.set.recordings().names, d.sampled()) }

// examplePods are pods that a query may ask for.
var examplePods = []string{"pod-a", "pod-b"}

func (d *Demand) of(m autoscalingv2.MetricIdentifier) {
	d.Metric, d.selector = m.Name, labels.Everything()
	if m.Selector == nil {
		return
	}
	if sel, err := metav1.LabelSelectorAsSelector(m.Selector); err == nil {
		d.selector = sel
	}
}

// describe says what the controller asks for (Kubernetes, pkg/controller/podautoscaler/metrics, GetObjectMetric).
func (d *Demand) describe(o autoscalingv2.CrossVersionObjectReference, k *adapter.Kinds) {
	gk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind).GroupKind()
	d.Resource, d.Problem = k.ResourceOf(gk)
	d.describesNamespace = d.Resource == naming.NsGroupResource
}

// What names the metric in messages.
func (d *Demand) What() string {
	if d.Kind == autoscalingv2.ExternalMetricSourceType {
		return fmt.Sprintf("external metric %q", d.Metric)
	}
	return fmt.Sprintf("metric %q of %s", d.Metric, d.Resource)
}

// MetricName names a metric of pods in messages that tell whose they are.
func (d *Demand) MetricName() string { return fmt.Sprintf("metric %q", d.Metric) }

// External reports whether d is asked of the external metrics API.
func (d *Demand) External() bool { return d.Kind == autoscalingv2.ExternalMetricSourceType }

// Group is the API from which the HorizontalPodAutoscaler controller reads the metric.
func (d *Demand) Group() string {
	if d.External() {
		return chain.ExternalMetrics
	}
	return chain.CustomMetrics
}

// ForAdapter reports whether the adapter is who has to serve the metric, and its whole configuration is known.
func (d *Demand) ForAdapter() bool {
	su := d.set.setup
	if !su.KnowsRules || d.source != chain.AdapterRule || d.External() && len(su.External.Rules) == 0 && d.hintOtherList() == "" {
		return false
	}
	return !d.set.graph.APIs.ServedByOther(d.Group())
}

// exporterPrefixes are the beginnings of the names of series that Prometheus does not read from the pods that they are about:
// those of cAdvisor, kube-state-metrics, the kubelet, node-exporter, dcgm-exporter, meshes and ingress controllers.
var exporterPrefixes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(container|kube|kubelet|node|DCGM|istio|envoy|nginx_ingress_controller|traefik|haproxy)_`)
})

// fromPrometheus reports whether a metric of pods comes from Prometheus at all, as far as its scaler and the APIServices here
// tell.
func (d *Demand) fromPrometheus() bool {
	return d.source == chain.AdapterRule && !d.set.graph.APIs.ServedByOther(chain.CustomMetrics)
}

// fromPods reports whether a metric is read from the pods themselves, as far as the names of its series tell: those that
// the rules of the adapter make it from, and its own. What a recording rule computes may come from anywhere.
func (d *Demand) fromPods() bool {
	fromElse := func(name string) bool {
		return exporterPrefixes().MatchString(name) || strings.Contains(name, ":") || d.IsRecorded(name)
	}
	if fromElse(d.Metric) {
		return false
	}
	return !slices.ContainsFunc(d.offers(), func(o *Offer) bool { return slices.ContainsFunc(o.Series, fromElse) })
}

// exporters are prefixes of series that come from elsewhere than the pods which are scaled: the kubelet, the state of the
// cluster, ingress controllers, proxies, brokers, clouds. Nothing is known of their labels and intervals.
var exporters = []string{
	"container_", "kube_", "node_", "kubelet_", "machine_", "nginx_ingress_", "istio_", "envoy_", "kafka_", "rabbitmq_", "redis_",
	"aws_", "azure_", "stackdriver_", "traefik_", "haproxy_", "kong_", "linkerd_", "apisix_", "contour_", "pod_", "DCGM_", "gpu_",
	"nats_", "nsq_", "sqs_", "mysql_", "pg_", "elasticsearch_", "celery_", "sidekiq_", "response_total", "request_total", "up",
}

// FromExporter reports whether a series most likely comes from an exporter and not from the pods themselves.
func FromExporter(series string) bool {
	return slices.ContainsFunc(exporters, func(prefix string) bool {
		return strings.HasPrefix(series, prefix) && (strings.HasSuffix(prefix, "_") || series == prefix)
	})
}
