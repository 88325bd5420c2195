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

// Demand is a metric that a scaler requests from the custom or external metrics API. It has many fields and methods because
// the checks start from it: it joins the scaler, the rules, and the pods. The joins are lazy, and belong to one metric.
type Demand struct {
	set      *Set
	Scaler   *chain.Scaler
	Workload *chain.Workload
	Kind     autoscalingv2.MetricSourceType
	Metric   string
	selector labels.Selector
	// Resource is what the metric describes. Problem says why the controller cannot find it.
	Resource schema.GroupResource
	Problem  string
	offered  lookup.Lazy[[]*Offer]
	best     lookup.Lazy[*Offer]
	// Number is the position of the metric in the scaler, source where its value comes from.
	Number int
	source chain.Source
	// query is that of a prometheus trigger of KEDA.
	query *Query
	// describesNamespace means that the metric describes a Namespace.
	describesNamespace bool
}

// At returns the place of the metric.
func (d *Demand) At() model.Place { return d.Scaler.MetricAt(d.Number) }

// IsOfPods reports whether pods have the metric, so that monitors scrape it from them.
func (d *Demand) IsOfPods() bool {
	return d.Kind == autoscalingv2.PodsMetricSourceType || d.query != nil && len(d.query.Own) > 0
}

// Paths returns the ways by which Prometheus scrapes the pods that have the metric.
func (d *Demand) Paths() []chain.ScrapePath {
	if !d.IsOfPods() || d.Workload == nil {
		return nil
	}
	return d.Workload.Scrapes()
}

// Origins returns these ways with their effect on labels.
func (d *Demand) Origins() []Origin {
	if !d.IsOfPods() {
		return nil
	}
	return d.set.Arrivals.Of(d.Workload)
}

// sampled returns the names of the series in samples of the pods.
func (d *Demand) sampled() []string {
	if !d.IsOfPods() {
		return nil
	}
	return d.set.Samples.names(d.Workload)
}

// Names returns the names of the objects that the metric describes.
func (d *Demand) Names() []string {
	switch {
	case d.IsOfPods():
		return examplePods
	case d.describesNamespace:
		return []string{d.Scaler.Namespace()}
	case d.External():
		return nil
	}
	return []string{d.Scaler.Metrics[d.Number].Object.DescribedObject.Name}
}

// index returns the rules that may serve the metric.
func (d *Demand) index() *adapter.Index {
	if d.External() {
		return d.set.setup.External
	}
	return d.set.setup.Custom
}

// KnownSeries returns the names of the series of recording rules and samples.
func (d *Demand) KnownSeries() []string { return slices.Concat(d.set.recordings().names, d.sampled()) }

// examplePods stand for the pods of a query.
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

// SelectorKeys returns the labels that the selector of the metric is about.
func (d *Demand) SelectorKeys() []string {
	var keys []string
	reqs, _ := d.selector.Requirements()
	for _, r := range reqs {
		keys = append(keys, r.Key())
	}
	return keys
}

// describe sets the object that the controller requests the metric of (Kubernetes, pkg/controller/podautoscaler/metrics,
// GetObjectMetric).
func (d *Demand) describe(o autoscalingv2.CrossVersionObjectReference, k *adapter.Kinds) {
	gk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind).GroupKind()
	d.Resource, d.Problem = k.ResourceOf(gk)
	d.describesNamespace = d.Resource == naming.NsGroupResource
}

// What returns the name of the metric for messages.
func (d *Demand) What() string {
	if d.Kind == autoscalingv2.ExternalMetricSourceType {
		return fmt.Sprintf("external metric %q", d.Metric)
	}
	return fmt.Sprintf("metric %q of %s", d.Metric, d.Resource)
}

// MetricName returns the name for messages that tell the pods otherwise.
func (d *Demand) MetricName() string { return fmt.Sprintf("metric %q", d.Metric) }

// External reports whether the metric belongs to the external metrics API.
func (d *Demand) External() bool { return d.Kind == autoscalingv2.ExternalMetricSourceType }

// Group returns the API group that the controller reads the metric from.
func (d *Demand) Group() string {
	if d.External() {
		return chain.ExternalMetrics
	}
	return chain.CustomMetrics
}

// ForAdapter reports whether prometheus-adapter must serve the metric, and all its rules are known.
func (d *Demand) ForAdapter() bool {
	return d.set.setup.KnowsRules && d.FromAdapter() && !d.Unserved() && !d.set.graph.APIs.ServedByOther(d.Group())
}

// FromAdapter reports whether the name of the metric is not one that only other programs serve.
func (d *Demand) FromAdapter() bool { return d.source == chain.AdapterRule }

// Unserved reports whether the adapters have no rules for the API of the metric, so that they do not serve it at all, and another
// adapter may (prometheus-adapter, cmd/adapter/adapter.go, makeProvider). A rule for the other API shows that one should.
func (d *Demand) Unserved() bool {
	su := d.set.setup
	return su.KnowsRules && d.FromAdapter() && len(d.index().Rules) == 0 && d.hintOtherList() == ""
}

// exporterPrefixes match series about pods that Prometheus scrapes elsewhere: those of cAdvisor, kube-state-metrics, the
// kubelet, node-exporter, dcgm-exporter, meshes, and ingress controllers.
var exporterPrefixes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(container|kube|kubelet|node|DCGM|istio|envoy|nginx_ingress_controller|traefik|haproxy)_`)
})

// fromPrometheus reports whether the metric comes from Prometheus, as far as its scaler and the APIServices tell.
func (d *Demand) fromPrometheus() bool {
	if d.query != nil {
		return d.query.Server.Service != ""
	}
	return d.FromAdapter() && !d.set.graph.APIs.ServedByOther(chain.CustomMetrics)
}

// FromPods reports whether Prometheus scrapes the metric from the pods themselves, as far as the names of its series tell. The
// series of recording rules may come from anywhere.
func (d *Demand) FromPods() bool {
	if d.query != nil {
		return d.IsOfPods()
	}
	fromElse := func(name string) bool {
		return exporterPrefixes().MatchString(name) && !d.isProgram(name) || strings.Contains(name, ":") || d.IsRecorded(name)
	}
	if fromElse(d.Metric) {
		return false
	}
	elsewhere := func(o *Offer) bool {
		// Prometheus renames a label to exported_X if the target has X. So it is the label of an exporter.
		return strings.HasPrefix(o.Label, "exported_") || slices.ContainsFunc(o.Series, fromElse)
	}
	// What a general rule could serve from an exporter is only a guess.
	general := func(o *Offer) bool { return !o.Specific() && elsewhere(o) }
	certain := lookup.Except(d.offers(), general)
	return len(certain) > 0 && !slices.ContainsFunc(certain, elsewhere) || len(d.offers()) == 0
}

// exporters are the beginnings of series that usually come from other pods than those that are scaled: exporters, proxies,
// brokers, and clouds. Their labels and intervals are unknown.
var exporters = []string{
	"container_", "kube_", "node_", "kubelet_", "machine_", "nginx_ingress_", "istio_", "envoy_", "kafka_", "rabbitmq_", "redis_",
	"aws_", "azure_", "stackdriver_", "traefik_", "haproxy_", "kong_", "linkerd_", "apisix_", "contour_", "pod_", "DCGM_", "gpu_",
	"nats_", "nsq_", "sqs_", "mysql_", "pg_", "elasticsearch_", "celery_", "sidekiq_", "response_total", "request_total", "up",
}

// FromExporter reports whether a series probably comes from an exporter.
func (d *Demand) FromExporter(series string) bool {
	return !d.isProgram(series) && slices.ContainsFunc(exporters, func(prefix string) bool {
		return strings.HasPrefix(series, prefix) && (strings.HasSuffix(prefix, "_") || series == prefix)
	})
}

// programs serve series about themselves, which begin with their names.
var programs = []string{"envoy", "haproxy", "traefik"}

// isProgram reports whether the pods run the program after which a series is named, such as HAProxy.
func (d *Demand) isProgram(series string) bool {
	name, _, _ := strings.Cut(series, "_")
	return d.Workload != nil && slices.Contains(programs, name) &&
		slices.ContainsFunc(d.Workload.Template.Running, func(c chain.Container) bool {
			image, _, _ := strings.Cut(c.Image[strings.LastIndexByte(c.Image, '/')+1:], ":")
			image, _, _ = strings.Cut(image, "@")
			return image == name
		})
}
