package check

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
)

// seriesFor gives names of series from which the rule makes metric, as the adapter's own code sees it: each is accepted
// by the seriesQuery, kept by the filters and named metric. The names come from known ones, such as those of a sample,
// and from the rule and metric themselves. It gives none if the rule cannot make metric.
func (r *rule) seriesFor(metric string, known []string) []string {
	if r.namer == nil || r.matchers == nil {
		return nil
	}
	var out []string
	for _, name := range slices.Concat(r.names(), known, guesses(r, metric)) {
		if !slices.Contains(out, name) && r.accepts(name) && r.metricOf(name) == metric {
			out = append(out, name)
		}
	}
	if len(out) == 0 && r.names() == nil && r.literal() && r.Name.As == metric {
		// The rule gives every series that it finds this name. That none of the guesses passes its filters does not
		// mean that none does.
		return append(spellPattern(r.Name.Matches), metric)[:1]
	}
	return out
}

func (r *rule) literal() bool {
	return r.namer != nil && r.Name.As != "" && (!strings.Contains(r.Name.As, "$") || r.inverse().literal())
}

// names are those that the seriesQuery lists, nil if it leaves them open.
func (r *rule) names() []string {
	var out []string
	for _, m := range r.matchers {
		switch {
		case m.Name != model.MetricNameLabel:
		case m.Type == labels.MatchEqual:
			out = append(out, m.Value)
		case m.Type == labels.MatchRegexp:
			out = append(out, m.SetMatches()...)
		}
	}
	return out
}

// specific tells whether the rule is about one series, not about whatever there is.
func (r *rule) specific() bool { return len(r.names()) > 0 || r.literal() }

// breadth orders rules by how much they are about: 0 for one series, 1 for those of a certain kind of name, 2 for all.
func breadth(r *rule) int {
	switch {
	case r.specific():
		return 0
	case !r.selects(unlikely):
		return 1
	}
	return 2
}

// unlikely is a name that no expression for names has in mind.
const unlikely = "Qj_Xw_Zv"

// guesses are names that the rule may make metric from.
func guesses(r *rule, metric string) []string {
	if len(r.names()) > 0 {
		return nil
	}
	out := append(r.inverse().series(metric), variants(metric)...)
	for _, m := range r.matchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchRegexp {
			out = append(out, spellPattern(m.Value)...)
		}
	}
	for _, f := range r.SeriesFilters {
		out = append(out, spellPattern(f.Is)...)
	}
	return append(out, spellPattern(r.Name.Matches)...)
}

func spellPattern(pattern string) []string {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || pattern == "" {
		return nil
	}
	return spell(tree, nil)
}

var rateSuffix = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`_(per_second|per_minute|per_sec|rate|rps|qps|avg|sum|max|p\d+)$`)
})

// counters are names of series that a rate of this name is usually made from, in the order of likelihood.
func counters(metric string) []string {
	base := strings.ReplaceAll(metric, "-", "_")
	for rateSuffix().MatchString(base) {
		base = rateSuffix().ReplaceAllString(base, "")
	}
	return []string{base + "_total", base, base + "_count", base + "_seconds_total", base + "_sum", base + "_bucket"}
}

// variants are names of series that a metric of this name may be made from.
func variants(metric string) []string {
	name := strings.ReplaceAll(metric, "-", "_")
	out := append([]string{metric}, counters(metric)...)
	out = append(out, name+"_total", name, strings.TrimSuffix(name, "_total"))
	return append(out, "container_"+out[2], "container_"+out[1])
}

// accepts tells whether the adapter considers a series of this name, whose other labels are as the rule wants them.
func (r *rule) accepts(name string) bool {
	if !model.LegacyValidation.IsValidMetricName(name) || !r.selects(name) {
		return false
	}
	return len(r.namer.FilterSeries([]prom.Series{{Name: name}})) == 1
}

// selects tells whether the seriesQuery admits the name.
func (r *rule) selects(name string) bool {
	for _, m := range r.matchers {
		if m.Name == model.MetricNameLabel && !m.Matches(name) {
			return false
		}
	}
	return true
}

// metricOf is the name under which the adapter serves a series, "" if it cannot name it.
func (r *rule) metricOf(series string) string {
	name, err := r.namer.MetricNameForSeries(prom.Series{Name: series})
	if err != nil {
		return ""
	}
	return name
}

// exporters are prefixes of series that come from elsewhere than the pods which are scaled: the kubelet, the state of the
// cluster, ingress controllers, proxies, brokers, clouds. Nothing is known of their labels and intervals.
var exporters = []string{
	"container_", "kube_", "node_", "kubelet_", "machine_", "nginx_ingress_", "istio_", "envoy_", "kafka_", "rabbitmq_", "redis_",
	"aws_", "azure_", "stackdriver_", "traefik_", "haproxy_", "kong_", "linkerd_", "apisix_", "contour_", "pod_", "DCGM_", "gpu_",
	"nats_", "nsq_", "sqs_", "mysql_", "pg_", "elasticsearch_", "celery_", "sidekiq_", "response_total", "request_total", "up",
}

// fromElsewhere tells whether a series most likely comes from an exporter and not from the pods themselves.
func fromElsewhere(series string) bool {
	return slices.ContainsFunc(exporters, func(prefix string) bool {
		return strings.HasPrefix(series, prefix) && (strings.HasSuffix(prefix, "_") || series == prefix)
	})
}
