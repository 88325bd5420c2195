package gen

import (
	"maps"
	neturl "net/url"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/trigger"
)

// prometheusSpec is spec.metrics.prometheus of a RenderAPIs: how scalers read from Prometheus without an adapter.
type prometheusSpec struct {
	// ServerAddress is the URL of Prometheus, without /api/v1.
	ServerAddress string `json:"serverAddress"`
	// AuthenticationRef names a TriggerAuthentication or ClusterTriggerAuthentication, and AuthModes what of it is used.
	AuthenticationRef *keda.AuthenticationRef `json:"authenticationRef"`
	AuthModes         []string                `json:"authModes"`
	// CustomHeaders are headers of every request.
	CustomHeaders map[string]string `json:"customHeaders"`
}

// prometheusOptions are the settings of triggers, except for the address.
type prometheusOptions struct {
	settings trigger.Prometheus
	address  string
	// at is the place of the address.
	at model.Place
}

// authModes are the modes that KEDA uses in requests to Prometheus. It accepts apiKey, too, but never sends it
// (pkg/scalers/prometheus_scaler.go, ExecutePromQuery). Of the modes other than tls, it uses only one.
var authModes = []string{"basic", "bearer", "custom", "oauth", "tls"}

func (o *options) setPrometheus(spec prometheusSpec, at func(string) model.Place, ps *model.Problems) {
	p := &o.prometheus
	p.address, p.at = spec.ServerAddress, at("prometheus.serverAddress")
	p.settings.Metadata = map[string]string{}
	if p.address != "" {
		checkServerAddress(p.address, p.at, ps)
	}
	p.setAuthentication(spec, at, ps)
	var headers []string
	for _, name := range slices.Sorted(maps.Keys(spec.CustomHeaders)) {
		value, at := spec.CustomHeaders[name], at("prometheus.customHeaders").Child(name)
		switch { // Messages must not show what might be a secret.
		case slices.Contains([]string{"authorization", "cookie", "proxy-authorization"}, strings.ToLower(name)):
			ps.Errorf(model.InputValue, at, "contains credentials, which everyone who reads the ScaledObject sees; "+
				"use authenticationRef and authModes")
		case len(validation.IsHTTPHeaderName(name)) > 0 || value == "" || strings.ContainsAny(value, ",=\r\n"):
			ps.Errorf(model.InputValue, at, "cannot be a header in a trigger; use a name of letters, digits, and dashes, and a value "+
				"without commas and equals signs")
		}
		headers = append(headers, name+"="+value)
	}
	if len(headers) > 0 {
		p.settings.Metadata["customHeaders"] = strings.Join(headers, ",")
	}
	set := p.address != "" || spec.AuthenticationRef != nil || len(spec.AuthModes) > 0 || len(headers) > 0
	if set && o.scaler.triggers == nil {
		where := at("prometheus")
		if p.address != "" {
			where = p.at
		}
		ps.Warnf(model.InputIgnored, where, "has no effect on a %s, which reads metrics through an adapter; set autoscaler: %s, "+
			"or remove it", o.scaler.kind, keda.ScaledObjectKind)
	}
}

func (p *prometheusOptions) setAuthentication(spec prometheusSpec, at func(string) model.Place, ps *model.Problems) {
	ref, place := spec.AuthenticationRef, at("prometheus.authenticationRef")
	p.settings.Authentication = ref
	kinds := []string{keda.TriggerAuthenticationKind, keda.ClusterTriggerAuthenticationKind}
	switch {
	case ref == nil && len(spec.AuthModes) > 0:
		ps.Errorf(model.InputRequired, place, "is missing; set it to the name of a %s with the parameters of authModes", kinds[0])
	case ref == nil:
	case len(validation.IsDNS1123Subdomain(ref.Name)) > 0:
		ps.Valuef(model.InputName, place.Child("name"), ref.Name, "%q is not a valid name; use lowercase letters, digits, '-', and '.'",
			ref.Name)
	case ref.Kind != "" && !slices.Contains(kinds, ref.Kind):
		ps.Add(model.Problem{
			ID: model.InputValue, Severity: model.Error, Place: place.Child("kind"), Value: ref.Kind,
			Suggestion: krm.Suggest(ref.Kind, kinds),
			Message:    strconv.Quote(ref.Kind) + " is not a kind with credentials; use " + model.Join(kinds, "or"),
		})
	}
	single := 0
	for i, mode := range spec.AuthModes {
		if !slices.Contains(authModes, mode) || slices.Contains(spec.AuthModes[:i], mode) {
			ps.Valuef(model.InputValue, at("prometheus.authModes").Item(i), mode, "is %q; use %s, each at most once",
				mode, model.Join(authModes, "or"))
		}
		if mode != "tls" {
			single++
		}
	}
	if single > 1 {
		ps.Errorf(model.InputValue, at("prometheus.authModes"), "are %s, but KEDA uses one of them besides tls; keep one",
			model.Join(spec.AuthModes, "and"))
	}
	if len(spec.AuthModes) > 0 {
		p.settings.Metadata["authModes"] = strings.Join(spec.AuthModes, ",")
	}
}

// checkServerAddress reports an address to which KEDA cannot append /api/v1/query and a query.
func checkServerAddress(text string, at model.Place, ps *model.Problems) {
	u, err := neturl.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		ps.Valuef(model.InputValue, at, text, "%q is not the address of a Prometheus; use one such as %s", text, usualAddress("monitoring"))
	case strings.HasSuffix(u.Path, "/") || strings.Contains(u.Path, "/api/v1"):
		better, _, _ := strings.Cut(text, "/api/v1")
		better = strings.TrimRight(better, "/")
		ps.Add(model.Problem{
			ID: model.InputValue, Severity: model.Error, Place: at, Value: text, Suggestion: better,
			Message: strconv.Quote(text) + " must end before /api/v1, which KEDA appends; use " + better,
		})
	}
}

// usualAddress returns the address of the Service that prometheus-operator makes for the instances in a namespace
// (pkg/prometheus/server/operator.go, governing Service).
func usualAddress(namespace string) string {
	return "http://prometheus-operated." + namespace + ".svc:9090"
}

// serverAddress returns the address of Prometheus: the one in the settings, or that of the only Prometheus object in the input;
// "" if there is none.
func (b *triggerBuilder) serverAddress() string {
	if a := b.opts.prometheus.address; a != "" {
		return a
	}
	all := b.source.prometheuses()
	if len(all) != 1 {
		return ""
	}
	it := all[0]
	shards := it.Field("spec", "shards")
	// One that these settings change has another address, or several of them.
	for _, path := range [][]string{{"web", "tlsConfig"}, {"serviceName"}, {"listenLocal"}, {"routePrefix"}} {
		if it.Has(append([]string{"spec"}, path...)...) {
			return ""
		}
	}
	if it.Ref().Namespace == "" || shards != nil && shards.Value != "1" {
		return ""
	}
	return usualAddress(it.Ref().Namespace)
}

// prometheuses returns the objects of prometheus-operator that run Prometheus.
func (src *source) prometheuses() []*krm.Item {
	return slices.DeleteFunc(slices.Clone(src.items["Prometheus|*"]), func(it *krm.Item) bool {
		return it.Place.Object.APIVersion != monitoringVersion
	})
}

func (b *triggerBuilder) noAddress() {
	found := "the input has no Prometheus object from which it follows"
	if n := len(b.source.prometheuses()); n == 1 {
		found = "it does not follow from the settings of " + b.source.prometheuses()[0].Place.Object.String()
	} else if n > 1 {
		found = "the input has " + strconv.Itoa(n) + " Prometheus objects"
	}
	b.ps.Errorf(model.InputRequired, b.opts.prometheus.at, "is missing, and %s; set it to the address of the Prometheus that has the "+
		"metrics, such as %s", found, usualAddress("monitoring"))
}
