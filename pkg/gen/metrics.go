package gen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// buildMetrics finds where a backend serves its metrics. It returns nil if nothing reads them. wanted says whether the
// configuration enables them; an annotation of the TargetEndpoint overrides it.
func (b *backend) buildMetrics(items index, it *krm.Item, wanted bool, ps *model.Problems) *scrape {
	if !wantsMetrics(it, wanted, ps) || len(b.ports) == 0 {
		return nil
	}
	m := &scrape{port: b.ports[0], path: metricsPath, scheme: b.protocol}
	if s := choice(it, metricsSchemeAnnotation, []string{"http", "https"}, ps); s != "" {
		m.scheme = s
	}
	if p := it.Annotations[metricsPathAnnotation]; p != "" {
		m.path = p
		if !strings.HasPrefix(p, "/") {
			ps.Valuef(model.InputValue, annotation(it, metricsPathAnnotation), p,
				"%q is not a path; use one that begins with a slash, such as %s", p, metricsPath)
		}
	}
	if p := it.Annotations[metricsPortAnnotation]; p != "" {
		m.setPort(p, b.ports, annotation(it, metricsPortAnnotation), ps)
	}
	m.setTLS(items, it, ps)
	return m
}

// wantsMetrics reports whether the pods of a TargetEndpoint are scraped: if its annotation says so, if another one configures it,
// or if it is wanted otherwise.
func wantsMetrics(it *krm.Item, wanted bool, ps *model.Problems) bool {
	if annotated := choice(it, metricsAnnotation, []string{"true", "false"}, ps); annotated != "" {
		return annotated == "true"
	}
	for _, a := range []string{
		metricsPortAnnotation, metricsPathAnnotation, metricsSchemeAnnotation, metricsTLSAnnotation, metricsServerNameAnnotation,
	} {
		wanted = wanted || it.Annotations[a] != ""
	}
	return wanted
}

// insecure is the value of the annotation that keeps Prometheus from verifying a certificate.
const insecure = "insecure-skip-verify"

// setTLS reads how Prometheus verifies the certificate of an https endpoint. It calls pods by their IP address, which almost no
// certificate contains, so by default it would reject them all.
func (m *scrape) setTLS(items index, it *krm.Item, ps *model.Problems) {
	verify, at := it.Annotations[metricsTLSAnnotation], annotation(it, metricsTLSAnnotation)
	m.serverName = it.Annotations[metricsServerNameAnnotation]
	kind, ref, _ := strings.Cut(verify, "/")
	name, key, ok := strings.Cut(ref, "/")
	kinds := map[string]string{"secret": "Secret", "configmap": "ConfigMap"}
	switch {
	case m.scheme != "https" && (verify != "" || m.serverName != ""):
		ps.Warnf(model.InputValue, at, "metrics are scraped over http, so this has no effect; set %s: https",
			metricsSchemeAnnotation)
	case m.scheme != "https":
	case verify == "":
		ps.Warnf(model.InputValue, at,
			"Prometheus does not trust the certificate of the pods; set %s, or secret/NAME/KEY or configmap/NAME/KEY for "+
				"the CA certificate", insecure)
	case verify == insecure:
		m.insecure = true
	case !ok || kinds[kind] == "" || len(validation.IsDNS1123Subdomain(name)) > 0 || len(validation.IsConfigMapKey(key)) > 0:
		ps.Valuef(model.InputValue, at, verify, "%q is not one of %s, secret/NAME/KEY, and configmap/NAME/KEY", verify, insecure)
	default:
		if ca := items.find(kinds[kind], name, referrer{it, namespacesOf(it.Refs())}, at, ps); ca != nil {
			name = ca.Ref().Name
		}
		m.ca = &caSource{kinds[kind], name, key}
		if m.serverName == "" && it.Ref().Namespace != "" {
			m.serverName = it.Ref().Name + "." + it.Ref().Namespace + ".svc"
		}
	}
	if m.serverName != "" && len(validation.IsDNS1123Subdomain(m.serverName)) > 0 {
		ps.Valuef(model.InputName, annotation(it, metricsServerNameAnnotation), m.serverName,
			"%q is not a valid host name; use the one in the certificate", m.serverName)
	}
}

// setPort finds the port by name or by the number on which the container listens. A number that the TargetEndpoint does not
// list becomes an extra port.
func (m *scrape) setPort(s string, ports []port, at model.Place, ps *model.Problems) {
	n, err := strconv.ParseInt(s, 10, 32)
	i := slices.IndexFunc(ports, func(p port) bool { return p.name == s || err == nil && int64(p.target) == n })
	switch {
	case i >= 0:
		m.port = ports[i]
	case err == nil && n >= 1 && n <= 65535:
		taken := map[string]bool{}
		for _, p := range ports {
			taken[p.name] = true
			if int64(p.port) == n {
				ps.Valuef(model.BackendPort, at, s,
					"%d is the Service port number of %q; use the container port, %d, or the port name", n, p.name, p.target)
				return
			}
		}
		m.port, m.extra = port{uniquePort(metricsPortName, taken), int32(n), int32(n)}, true
	default:
		names := make([]string, len(ports))
		for i, p := range ports {
			names[i] = p.name
		}
		ps.Add(model.Problem{
			ID: model.BackendPort, Severity: model.Error, Place: at, Value: s, Suggestion: krm.Suggest(s, names),
			Message: fmt.Sprintf("%q is neither a number from 1 to 65535 nor a port name; available: %s", s,
				strings.Join(names, ", ")),
		})
	}
}
