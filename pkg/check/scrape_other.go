package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	yaml "go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// scraperKinds are the kinds, other than the monitors of prometheus-operator, that make something scrape pods.
var scraperKinds = []string{
	"azmonitoring.coreos.com/PodMonitor",
	"azmonitoring.coreos.com/ServiceMonitor",
	"collectors.grafana.com/Alloy",
	"monitoring.coreos.com/ScrapeConfig",
	"monitoring.googleapis.com/ClusterPodMonitoring",
	"monitoring.googleapis.com/PodMonitoring",
	"monitoring.grafana.com/GrafanaAgent",
	"opentelemetry.io/OpenTelemetryCollector",
	"opentelemetry.io/TargetAllocator",
	"operator.victoriametrics.com/VMAgent",
	"operator.victoriametrics.com/VMPodScrape",
	"operator.victoriametrics.com/VMServiceScrape",
	"operator.victoriametrics.com/VMSingle",
	"operator.victoriametrics.com/VMStaticScrape",
}

// scraperImage matches images that scrape by their own configuration.
var scraperImage = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(^|/)(prometheus|alloy|vmagent|victoria-metrics|telegraf|opentelemetry-collector[a-z0-9-]*)([:@]|$)|grafana/agent|datadog/agent`)
})

// scrapers has what else makes Prometheus find pods, which is looked up only if it matters.
type scrapers struct {
	graph *chain.Graph
	// other is the result of otherScraper, endpoints that of endpointObjects.
	other     func() string
	endpoints func() map[string][]*krm.Item
}

func newScrapers(g *chain.Graph) *scrapers {
	return &scrapers{
		graph: g, other: sync.OnceValue(func() string { return otherScraper(g) }),
		endpoints: sync.OnceValue(func() map[string][]*krm.Item { return endpointObjects(g) }),
	}
}

// scrapedOtherwise describes what may scrape the pods of a workload besides the monitors, or returns "".
func (sc *scrapers) scrapedOtherwise(wl *chain.Workload) string {
	if other := sc.other(); other != "" {
		return other
	}
	for key := range wl.Template.Annotations {
		if strings.HasPrefix(key, "instrumentation.opentelemetry.io/inject-") || key == "sidecar.opentelemetry.io/inject" {
			return "an injected OpenTelemetry agent may push their metrics"
		}
	}
	for _, m := range sc.graph.Monitors {
		if slices.ContainsFunc(m.Endpoints, func(e chain.Endpoint) bool { return e.HonorLabels }) {
			return fmt.Sprintf("%s keeps the labels of an exporter (honorLabels), which may have their metrics", m.Item.Place.Object)
		}
	}
	switch {
	case annotated(wl) && len(sc.graph.Prometheuses) == 0:
		return "its annotations are meant for a Prometheus that is not in the input"
	case len(sc.graph.Monitors)+len(sc.graph.Prometheuses) == 0:
		return "no ServiceMonitor, PodMonitor, or Prometheus is in the input"
	}
	return ""
}

// otherScraper describes an object that may scrape pods by its own configuration, or returns "".
func otherScraper(g *chain.Graph) string {
	for _, it := range g.Items {
		o := it.Place.Object
		switch {
		case slices.Contains(scraperKinds, model.Group(o.APIVersion)+"/"+o.Kind):
			return fmt.Sprintf("%s may do so", o)
		case o.APIVersion == "v1" && (o.Kind == "ConfigMap" || o.Kind == "Secret") && configuresScrapes(it):
			return fmt.Sprintf("the configuration in %s may do so", o)
		}
	}
	for _, p := range g.Prometheuses {
		if p.Spec.AdditionalScrapeConfigs != nil {
			return fmt.Sprintf("additionalScrapeConfigs of %s may do so", p.Item.Place.Object)
		}
		if p.Unmanaged() {
			return fmt.Sprintf("%s selects no monitors, so its configuration is written manually", p.Item.Place.Object)
		}
	}
	for _, wl := range g.Workloads.All {
		if slices.ContainsFunc(wl.Template.Running, func(c chain.Container) bool { return scraperImage().MatchString(c.Image) }) {
			return fmt.Sprintf("%s may do so by a configuration of its own", wl.Item.Place.Object)
		}
	}
	return ""
}

// annotated reports whether the pods of a workload, or one of their Services, have the annotations that scrape configurations
// without the operator usually rely on.
func annotated(wl *chain.Workload) bool {
	asks := func(annotations map[string]string) bool {
		return annotations["prometheus.io/scrape"] == "true" || annotations["prometheus.io/port"] != ""
	}
	return asks(wl.Template.Annotations) ||
		slices.ContainsFunc(wl.Services, func(s *chain.Service) bool { return asks(s.Item.Annotations) })
}

// configuresScrapes reports whether a ConfigMap or Secret contains a scrape configuration.
func configuresScrapes(it *krm.Item) bool {
	for _, key := range []string{"data", "stringData"} {
		values := krm.Get(it.Node(), key)
		if values == nil || values.Kind != yaml.MappingNode {
			continue
		}
		for i := 1; i < len(values.Content); i += 2 {
			text := values.Content[i].Value
			if strings.Contains(text, "scrape_configs:") || strings.Contains(text, "kubernetes_sd_configs:") {
				return true
			}
		}
	}
	return false
}
