package keda

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Server is the address of a server with the API of Prometheus.
type Server struct {
	// Service and Namespace are those of a Service in the cluster, empty if the address is not of that form.
	Service, Namespace string
	Port               int32
	// Host and Path are as written.
	Host, Path string
}

// topLevel are domains that no namespace is usually named after.
var topLevel = []string{"ai", "app", "cloud", "com", "dev", "internal", "io", "lan", "local", "net", "org"}

// ParseServer returns what an address names, or why KEDA cannot use it: it appends /api/v1/query?query=... as text
// (pkg/scalers/prometheus_scaler.go, ExecutePromQuery).
func ParseServer(address string) (s Server, problem string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || strings.ContainsAny(u.Host, "<>{}$\""):
		return s, "is not a URL; use one such as http://prometheus.monitoring:9090"
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return s, "has no scheme; use http://HOST:PORT or https://HOST:PORT"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return s, "contains a query or a fragment, and KEDA appends /api/v1/query to it; use queryParameters"
	case strings.Contains(u.Path+"/", "/api/v1/query/"), strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/api/v1"):
		return s, "ends with a path of the API, which KEDA appends once more; remove everything from /api/v1 on"
	}
	s = Server{Host: u.Hostname(), Path: u.Path, Port: 80}
	if u.Scheme == "https" {
		s.Port = 443
	}
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		s.Port = int32(n)
	}
	labels := strings.Split(s.Host, ".")
	switch {
	case net.ParseIP(s.Host) != nil:
	case len(labels) == 1:
		s.Service = labels[0]
	case len(labels) == 2 && !slices.Contains(topLevel, labels[1]), len(labels) > 2 && labels[2] == "svc":
		s.Service, s.Namespace = labels[0], labels[1]
	}
	return s, ""
}

// promQL are parts of the addresses of servers that accept nothing but PromQL.
var promQL = []string{"prometheus", "thanos", "mimir", "cortex", "aps-workspaces."}

// Dialect tells whether a server surely accepts only PromQL. other is true for VictoriaMetrics, which accepts more.
func (s Server) Dialect() (prom, other bool) {
	if strings.Contains(s.Path, "/select/") {
		return false, true
	}
	for label := range strings.FieldsFuncSeq(strings.ToLower(s.Host), func(r rune) bool { return r == '.' || r == '-' }) {
		if strings.HasPrefix(label, "vm") || strings.HasPrefix(label, "victoria") {
			return false, true
		}
	}
	return slices.ContainsFunc(promQL, func(part string) bool { return strings.Contains(s.Host, part) }), false
}
