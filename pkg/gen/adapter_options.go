package gen

import (
	"strings"
	"time"

	pmodel "github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// metricsSpec is spec.metrics of a RenderAPIs: how Prometheus scrapes the pods, and how the adapter reads from Prometheus.
type metricsSpec struct {
	// ScrapeInterval is a Prometheus duration.
	ScrapeInterval string `json:"scrapeInterval"`
	// RateWindow is the range of rates, a Prometheus duration of at least 4 scrape intervals.
	RateWindow string `json:"rateWindow"`
	// Monitor is the kind that makes Prometheus scrape pods: ServiceMonitor or PodMonitor.
	Monitor string `json:"monitor"`
	// ScrapeAnnotations adds the annotations prometheus.io/scrape and others to the pods.
	ScrapeAnnotations bool `json:"scrapeAnnotations"`
	// MonitorLabels are the labels by which the cluster's Prometheus selects monitors.
	MonitorLabels map[string]string `json:"monitorLabels"`
	// NamespaceLabel and PodLabel are the labels of series that name namespace and pod.
	NamespaceLabel string         `json:"namespaceLabel"`
	PodLabel       string         `json:"podLabel"`
	Overrides      []hpa.Override `json:"overrides"`
	Adapter        adapterSpec    `json:"adapter"`
	Prometheus     prometheusSpec `json:"prometheus"`
}

// adapterSpec names the ConfigMap from which prometheus-adapter reads its rules.
type adapterSpec struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
	// NameSuffixHash says whether kustomize appends a hash of the rules to the name. By default, it does if pods in the same
	// kustomization mount the ConfigMap.
	NameSuffixHash *bool `json:"nameSuffixHash"`
}

// adapterOptions are the settings of the adapter's rules.
type adapterOptions struct {
	// ref and key say where the adapter reads its rules.
	ref model.Ref
	key string
	// named means that the functionConfig names the ConfigMap.
	named bool
	// hash says whether kustomize appends a hash to the name. If it is nil, that depends on which pods mount the ConfigMap.
	hash     *bool
	formulas hpa.Formulas
	// overrides are the metrics of the overrides, in their order.
	overrides []placed
	labels    hpa.Labels
}

// placed is a value and its place.
type placed struct {
	value string
	place model.Place
}

func defaultAdapter() adapterOptions {
	return adapterOptions{
		ref: model.Ref{Namespace: adapterNamespace, Name: adapterName}, key: adapterKey,
		formulas: hpa.Formulas{Window: rateWindow(defaultInterval)},
		labels:   hpa.Labels{Namespace: namespaceLabel, Pod: podLabel},
	}
}

// rateWindow returns the range of rates for a valid interval.
func rateWindow(interval string) string {
	return pmodel.Duration(hpa.DefaultWindow(duration(interval))).String()
}

// duration returns the value of a valid Prometheus duration.
func duration(text string) time.Duration {
	d, _ := pmodel.ParseDuration(text)
	return time.Duration(d)
}

// setMetrics reads the settings of the metric chain beyond the interval and the labels of monitors. at returns the place of a
// field: in a ConfigMap, the fields of the adapter have different names.
func (o *options) setMetrics(spec metricsSpec, at func(field string) model.Place, ps *model.Problems) {
	switch spec.Monitor {
	case "", serviceMonitorKind:
	case podMonitorKind:
		o.podMonitors = true
	default:
		ps.Valuef(model.InputValue, at("monitor"), spec.Monitor,
			"is %q; use %s or %s", spec.Monitor, serviceMonitorKind, podMonitorKind)
	}
	o.scrapeAnnotations = spec.ScrapeAnnotations
	a := &o.adapter
	a.formulas.Window = rateWindow(o.interval)
	if spec.RateWindow != "" {
		d := hpa.CheckWindow(spec.RateWindow, duration(o.interval), at("rateWindow"), ps)
		a.formulas.Window = pmodel.Duration(d).String()
	}
	label := func(to *string, value, field string) {
		if value == "" {
			return
		}
		if !pmodel.LegacyValidation.IsValidLabelName(value) {
			ps.Valuef(model.InputValue, at(field), value,
				"%q is not a valid label name; use letters, digits, and underscores", value)
		}
		*to = value
	}
	label(&a.labels.Namespace, spec.NamespaceLabel, "namespaceLabel")
	label(&a.labels.Pod, spec.PodLabel, "podLabel")
	if a.labels.Namespace == a.labels.Pod {
		ps.Valuef(model.InputValue, at("podLabel"), a.labels.Pod,
			"is %q, the same as namespaceLabel; set the label of the pod", a.labels.Pod)
	}
	scrape := hpa.Scrape{Interval: duration(o.interval), Window: duration(a.formulas.Window)}
	overrides, more := hpa.ReadOverrides(spec.Overrides, scrape, at("overrides"))
	ps.Add(more...)
	a.formulas.Overrides = overrides
	for i, f := range spec.Overrides {
		a.overrides = append(a.overrides, placed{f.Metric, at("overrides").Item(i).Child("metric")})
	}
	a.setTarget(spec.Adapter, at, ps)
}

func (a *adapterOptions) setTarget(spec adapterSpec, at func(field string) model.Place, ps *model.Problems) {
	a.hash, a.named = spec.NameSuffixHash, spec.Name != "" || spec.Namespace != ""
	for _, f := range []struct {
		to            *string
		value, field  string
		check         func(string) []string
		what, instead string
	}{
		{
			&a.ref.Name, spec.Name, "name", validation.IsDNS1123Subdomain,
			"a ConfigMap", "lowercase letters, digits, dashes, and dots",
		},
		{
			&a.ref.Namespace, spec.Namespace, "namespace", validation.IsDNS1123Label,
			"a namespace", "lowercase letters, digits, and dashes",
		},
		{&a.key, spec.Key, "key", validation.IsConfigMapKey, "a key", "letters, digits, dashes, underscores, and dots"},
	} {
		if f.value == "" {
			continue
		}
		if len(f.check(f.value)) > 0 {
			ps.Valuef(model.InputName, at("adapter."+f.field), f.value, "%q cannot name %s; use %s", f.value, f.what, f.instead)
		}
		*f.to = f.value
	}
}

// metricsField returns the place of a field of spec.metrics, such as adapter.name, below at. In a ConfigMap, it has one key,
// such as adapterName.
func metricsField(at model.Place, field string) model.Place {
	parent, child, nested := strings.Cut(field, ".")
	switch {
	case !nested:
		return at.Child(parent)
	case at.Object.Kind == "ConfigMap":
		return at.Child(parent + strings.ToUpper(child[:1]) + child[1:])
	}
	return at.Child(parent).Child(child)
}

// flatMetrics reads the settings of spec.metrics from the keys of a ConfigMap.
func flatMetrics(data map[string]string, at model.Place, ps *model.Problems) metricsSpec {
	spec := metricsSpec{
		ScrapeInterval: data["scrapeInterval"], RateWindow: data["rateWindow"], Monitor: data["monitor"],
		NamespaceLabel: data["namespaceLabel"], PodLabel: data["podLabel"],
		Adapter: adapterSpec{Name: data["adapterName"], Namespace: data["adapterNamespace"], Key: data["adapterKey"]},
	}
	spec.Prometheus.ServerAddress = data["prometheusServerAddress"]
	spec.Adapter.NameSuffixHash = flatFlag(data, "adapterNameSuffixHash", at, ps)
	if f := flatFlag(data, "scrapeAnnotations", at, ps); f != nil {
		spec.ScrapeAnnotations = *f
	}
	for _, pair := range words(data["monitorLabels"]) {
		k, v, ok := strings.Cut(pair, "=")
		if !ok {
			ps.Errorf(model.InputValue, at.Child("monitorLabels"), "%q is not a label; use KEY=VALUE, separated by commas", pair)
			continue
		}
		if spec.MonitorLabels == nil {
			spec.MonitorLabels = map[string]string{}
		}
		spec.MonitorLabels[k] = v
	}
	return spec
}

// flatFlag reads "true" or "false" from a key of a ConfigMap; nil if it is not set.
func flatFlag(data map[string]string, key string, at model.Place, ps *model.Problems) *bool {
	switch s := data[key]; s {
	case "true", "false":
		return new(s == "true")
	case "":
	default:
		ps.Valuef(model.InputValue, at.Child(key), s, `%q is neither "true" nor "false"`, s)
	}
	return nil
}
