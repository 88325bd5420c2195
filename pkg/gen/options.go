package gen

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const (
	// newestMinor is the default target version.
	newestMinor = check.NewestMinor
	// oldestMinor has networking.k8s.io/v1 Ingress and the seccompProfile field.
	oldestMinor = 19
	// defaultInterval is the scrape interval: a quarter of the rate window of one minute that is usual in adapter rules.
	defaultInterval = "15s"
)

// options are the settings of one run.
type options struct {
	// owner names the function configuration.
	owner string
	// minor is the target version, Kubernetes 1.x.
	minor         int
	interval      string
	monitorLabels map[string]string
	// podMonitors means to render PodMonitors instead of ServiceMonitors.
	podMonitors bool
	// scrapeAnnotations means that pods also have the annotations by which a Prometheus without monitors scrapes them.
	scrapeAnnotations bool
	adapter           adapterOptions
	prometheus        prometheusOptions
	gateway           gatewayOptions
	// adoptAll means that the metrics of all scalers of users get what they need, not only of those with the annotation.
	adoptAll bool
	// scaler is the kind to render for workloads that scale.
	scaler        *scalerKind
	resourceFiles []string
	apis          []apiShorthand
	// config is the functionConfig, nil for none; place is its place, and fields the place of its settings.
	config   *krm.Item
	place    model.Place
	fields   model.Place
	readFile func(string) ([]byte, error)
}

// renderAPIs is the functionConfig of kind RenderAPIs.
type renderAPIs struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   rawNode        `json:"metadata"`
	Spec       renderAPIsSpec `json:"spec"`
}

type renderAPIsSpec struct {
	// KubernetesVersion is the cluster's version, such as "1.31".
	KubernetesVersion string `json:"kubernetesVersion"`
	// Autoscaler is the kind that scales workloads: HorizontalPodAutoscaler or ScaledObject.
	Autoscaler string      `json:"autoscaler"`
	Gateway    gatewaySpec `json:"gateway"`
	// ClusterDomain is the domain of Service names, and IPFamilies are the families of the cluster, the preferred one first.
	ClusterDomain string      `json:"clusterDomain"`
	IPFamilies    []string    `json:"ipFamilies"`
	Metrics       metricsSpec `json:"metrics"`
	// Scalers says which scalers of users get what their metrics need: annotated, the default, or all.
	Scalers string `json:"scalers"`
	// ResourceFiles are files of Kubernetes resources to read in addition to the items.
	ResourceFiles []string       `json:"resourceFiles"`
	APIs          []apiShorthand `json:"apis"`
}

// apiShorthand is the shorthand for an API and its OpenAPI ConfigMaps.
type apiShorthand struct {
	Name         string   `json:"name"`
	Namespace    string   `json:"namespace"`
	SwaggerFiles []string `json:"swaggerFiles"`
	Image        string   `json:"image"`
	Version      string   `json:"version"`
	Replicas     *int32   `json:"replicas"`
	Mode         string   `json:"mode"`
}

// flatKeys are the keys of a ConfigMap functionConfig.
var flatKeys = []string{
	"adapterKey", "adapterName", "adapterNameSuffixHash", "adapterNamespace", "autoscaler", "image", "kubernetesVersion", "mode",
	"monitor", "monitorLabels", "name", "namespace", "namespaceLabel", "podLabel", "prometheusServerAddress", "rateWindow", "replicas",
	"resourceFiles", "scalers", "scrapeAnnotations", "scrapeInterval", "swaggerFiles", "version",
}

// readOptions reads the functionConfig.
func readOptions(config *krm.Item, readFile func(string) ([]byte, error)) (options, model.Problems) {
	opts := options{owner: managedBy, minor: newestMinor, interval: defaultInterval, config: config, readFile: readFile}
	opts.adapter, opts.gateway, opts.scaler = defaultAdapter(), defaultGateway(), scalerKinds[0]
	if config == nil {
		return opts, nil
	}
	obj := config.Place.Object
	opts.place = config.Place
	opts.owner = obj.Kind + "/" + obj.Name
	var ps model.Problems
	at := config.Place.Child("spec")
	var spec renderAPIsSpec
	switch {
	case obj.Kind == configKind && obj.APIVersion == group+"/v1alpha1":
		var c renderAPIs
		ps.Add(krm.Decode(config.Node(), config.Place, &c)...)
		spec = c.Spec
	case obj.Kind == "ConfigMap" && obj.APIVersion == "v1":
		at = config.Place.Child("data")
		spec = flatOptions(config, &ps)
	case len(config.Node().Content) == 0:
		return opts, nil
	case obj.Kind == "" || obj.APIVersion == "":
		ps.Errorf(model.InputRequired, config.Place.Child("kind"),
			"functionConfig lacks apiVersion or kind; use a RenderAPIs of %s/v1alpha1 or a ConfigMap of v1", group)
		return opts, ps
	default:
		ps.Errorf(model.InputType, config.Place.Child("kind"),
			"functionConfig is a %s of %q; use a RenderAPIs of %s/v1alpha1 or a ConfigMap of v1", obj.Kind, obj.APIVersion, group)
		return opts, ps
	}
	opts.resourceFiles, opts.apis, opts.fields = spec.ResourceFiles, spec.APIs, at
	opts.setVersion(spec.KubernetesVersion, at.Child("kubernetesVersion"), &ps)
	opts.setScaler(spec.Autoscaler, at.Child("autoscaler"), &ps)
	opts.gateway.set(spec, at, &ps)
	metrics := at
	if obj.Kind == configKind {
		metrics = at.Child("metrics")
	}
	opts.setScalers(spec.Scalers, at.Child("scalers"), &ps)
	opts.setInterval(spec.Metrics.ScrapeInterval, metrics.Child("scrapeInterval"), &ps)
	opts.monitorLabels = spec.Metrics.MonitorLabels
	checkLabels(opts.monitorLabels, metrics.Child("monitorLabels"), &ps)
	place := func(field string) model.Place { return metricsField(metrics, field) }
	opts.setMetrics(spec.Metrics, place, &ps)
	opts.setPrometheus(spec.Metrics.Prometheus, place, &ps)
	return opts, ps
}

// flatOptions reads the flat keys of a ConfigMap.
func flatOptions(config *krm.Item, ps *model.Problems) renderAPIsSpec {
	data, more := configMapData(config)
	ps.Add(more...)
	at := config.Place.Child("data")
	unknownKeys(data, flatKeys, at, ps)
	spec := renderAPIsSpec{
		KubernetesVersion: data["kubernetesVersion"], Autoscaler: data["autoscaler"], Scalers: data["scalers"],
		ResourceFiles: words(data["resourceFiles"]),
	}
	spec.Metrics = flatMetrics(data, at, ps)
	api := apiShorthand{
		Name: data["name"], Namespace: data["namespace"], SwaggerFiles: words(data["swaggerFiles"]),
		Image: data["image"], Version: data["version"], Mode: data["mode"],
	}
	if s, ok := data["replicas"]; ok {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			ps.Valuef(model.InputValue, at.Child("replicas"), s, "%q is not a number; use a whole number of at least 1", s)
		} else {
			api.Replicas = new(int32(n))
		}
	}
	if api.Name != "" || len(api.SwaggerFiles) > 0 {
		spec.APIs = []apiShorthand{api}
	}
	return spec
}

// words splits a list in one string at commas and whitespace.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

func (o *options) setVersion(s string, at model.Place, ps *model.Problems) {
	if s == "" {
		return
	}
	minor, err := check.ParseVersion(s)
	if err != nil {
		ps.Valuef(model.InputValue, at, s, "%v", err)
		return
	}
	o.minor = minor
	if minor < oldestMinor {
		ps.Valuef(model.OutputUnsupported, at, s, "Kubernetes %s lacks APIs that are rendered; the oldest is 1.%d", s, oldestMinor)
	}
}

// setScalers reads which scalers of users get what their metrics need.
func (o *options) setScalers(s string, at model.Place, ps *model.Problems) {
	const annotated, all = "annotated", "all"
	if s != "" && s != annotated && s != all {
		ps.Add(model.Problem{
			ID: model.InputValue, Severity: model.Error, Place: at, Value: s, Suggestion: krm.Suggest(s, []string{annotated, all}),
			Message: fmt.Sprintf("%q is not one of %s and %s%s", s, annotated, all, krm.DidYouMean(s, []string{annotated, all})),
		})
	}
	o.adoptAll = s == all
}

// durationPattern matches a Prometheus duration, as in the API types of prometheus-operator.
var durationPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?$`)
})

func (o *options) setInterval(s string, at model.Place, ps *model.Problems) {
	if s == "" {
		return
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second || !durationPattern().MatchString(s) {
		ps.Valuef(model.InputValue, at, s, "%q is not a valid scrape interval; use a duration of at least 1s, such as %s",
			s, defaultInterval)
		return
	}
	o.interval = s
}

// checkLabels reports keys and values that Kubernetes rejects as labels.
func checkLabels(labels map[string]string, at model.Place, ps *model.Problems) {
	for k, v := range labels {
		if len(validation.IsQualifiedName(k)) > 0 || len(validation.IsValidLabelValue(v)) > 0 {
			ps.Valuef(model.InputValue, at.Child(k), v,
				"%s=%q is not a valid label; use at most 63 letters, digits, '-', '_', and '.', with a letter or digit at "+
					"both ends", k, v)
		}
	}
}
