package demand

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
)

// ForAdapter tells whether the adapter is who has to serve the metric, and its whole configuration is known.
func (d *Demand) ForAdapter() bool {
	su := d.set.setup
	if !su.KnowsRules() || d.source != chain.AdapterRule || d.External() && len(su.External.Rules) == 0 && d.hintOtherList() == "" {
		return false
	}
	return !d.set.graph.APIs.ServedByOther(d.Group())
}

// exporterPrefixes are the beginnings of the names of series that Prometheus does not read from the pods that they are about:
// those of cAdvisor, kube-state-metrics, the kubelet, node-exporter, dcgm-exporter, meshes and ingress controllers.
var exporterPrefixes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(container|kube|kubelet|node|DCGM|istio|envoy|nginx_ingress_controller|traefik|haproxy)_`)
})

// fromPrometheus tells whether a metric of pods comes from Prometheus at all, as far as its scaler and the APIServices here
// tell.
func (d *Demand) fromPrometheus() bool {
	return d.source == chain.AdapterRule && !d.set.graph.APIs.ServedByOther(chain.CustomMetrics)
}

// fromPods tells whether a metric is read from the pods themselves, as far as the names of its series tell: those that
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

// FromExporter tells whether a series most likely comes from an exporter and not from the pods themselves.
func FromExporter(series string) bool {
	return slices.ContainsFunc(exporters, func(prefix string) bool {
		return strings.HasPrefix(series, prefix) && (strings.HasSuffix(prefix, "_") || series == prefix)
	})
}
