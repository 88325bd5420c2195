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

// buildMetrics finds where a backend serves its metrics: nil if nothing reads them. wanted tells whether the
// configuration asks for them; an annotation of the TargetEndpoint overrides it.
func (b *backend) buildMetrics(items index, it *krm.Item, wanted bool, ps *model.Problems) *scrape {
	annotated := choice(it, metricsAnnotation, []string{"true", "false"}, ps)
	for _, a := range []string{
		metricsPortAnnotation, metricsPathAnnotation, metricsSchemeAnnotaton, metricsTLSAnnotation, metricsServerNameAnnotation,
	} {
		wanted = wanted || it.Annotations[a] != ""
	}
	if annotated == "false" || annotated == "" && !wanted || len(b.ports) == 0 {
		return nil
	}
	m := &scrape{port: b.ports[0], path: metricsPath, scheme: b.protocol}
	if s := choice(it, metricsSchemeAnnotaton, []string{"http", "https"}, ps); s != "" {
		m.scheme = s
	}
	if p := it.Annotations[metricsPathAnnotation]; p != "" {
		m.path = p
		if !strings.HasPrefix(p, "/") {
			ps.Valuef(model.InputValue, annotation(it, metricsPathAnnotation), p,
				"%q is no path; write one that begins with a slash, such as %s", p, metricsPath)
		}
	}
	if p := it.Annotations[metricsPortAnnotation]; p != "" {
		m.setPort(p, b.ports, annotation(it, metricsPortAnnotation), ps)
	}
	m.setTLS(items, it, ps)
	return m
}

// insecure is the value of the annotation that keeps Prometheus from verifying a certificate.
const insecure = "insecure-skip-verify"

// setTLS reads how Prometheus verifies the certificate of an https endpoint. It calls pods by their IP address, which is
// in hardly any certificate, so that without a word it would refuse them all.
func (m *scrape) setTLS(items index, it *krm.Item, ps *model.Problems) {
	verify, at := it.Annotations[metricsTLSAnnotation], annotation(it, metricsTLSAnnotation)
	m.serverName = it.Annotations[metricsServerNameAnnotation]
	kind, ref, _ := strings.Cut(verify, "/")
	name, key, ok := strings.Cut(ref, "/")
	kinds := map[string]string{"secret": "Secret", "configmap": "ConfigMap"}
	switch {
	case m.scheme != "https" && (verify != "" || m.serverName != ""):
		ps.Warnf(model.InputValue, at, "metrics are read over http, so that this has no effect; write %s: https", metricsSchemeAnnotaton)
	case m.scheme != "https":
	case verify == "":
		ps.Warnf(model.InputValue, at, "Prometheus will not trust the certificate of the pods; write %s, or secret/NAME/KEY or "+
			"configmap/NAME/KEY for the certificate of its authority", insecure)
	case verify == insecure:
		m.insecure = true
	case !ok || kinds[kind] == "" || len(validation.IsDNS1123Subdomain(name)) > 0 || len(validation.IsConfigMapKey(key)) > 0:
		ps.Valuef(model.InputValue, at, verify, "%q is none of %s, secret/NAME/KEY and configmap/NAME/KEY", verify, insecure)
	default:
		if ca := items.find(kinds[kind], name, referrer{it, namespacesOf(it.Refs())}, at, ps); ca != nil {
			name = ca.Ref().Name
		}
		m.authority = &authority{kinds[kind], name, key}
		if m.serverName == "" && it.Ref().Namespace != "" {
			m.serverName = it.Ref().Name + "." + it.Ref().Namespace + ".svc"
		}
	}
	if m.serverName != "" && len(validation.IsDNS1123Subdomain(m.serverName)) > 0 {
		ps.Valuef(model.InputName, annotation(it, metricsServerNameAnnotation), m.serverName,
			"%q is no host name; write the one in the certificate", m.serverName)
	}
}

// setPort finds the port by name or by the number on which the container listens. A number that the TargetEndpoint does
// not list becomes a port of its own.
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
				ps.Valuef(model.BackendPort, at, s, "%d is the Service's number of port %q; "+
					"write the number on which the container listens, %d, or the name", n, p.name, p.target)
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
			Message: fmt.Sprintf("%q is neither a number from 1 to 65535 nor the name of a port; there is %s", s,
				strings.Join(names, ", ")),
		})
	}
}
