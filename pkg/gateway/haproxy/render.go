package haproxy

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// The names of the files that Render returns, besides those of public keys.
const (
	ConfigFile     = "haproxy.cfg"
	literalsFile   = "literals.map"
	templatesFile  = "templates.map"
	operationsFile = "operations.map"
	methodsFile    = "methods.map"
	policiesFile   = "policies.map"
	apisFile       = "apis.map"
)

// HardStop is the number of seconds that HAProxy waits for the last responses when it stops.
const HardStop = 30

// The names of the proxies that are not operations.
const (
	// Frontend receives the requests of clients. It is the label proxy of the metrics haproxy_frontend_*.
	Frontend        = "api"
	metricsFrontend = "metrics"
	nowhere         = "none"
)

// The paths on the port for metrics.
const (
	MetricsPath   = "/metrics"
	HealthPath    = "/health"
	ReadinessPath = "/ready"
)

// renderer renders one gateway.
type renderer struct {
	*Gateway
	writer
	routes   []route
	policies policies
	// sources are the samples of the tokens that schemes use.
	sources []string
	// keys are the different public keys.
	keys  []string
	files map[string]string
}

// Render returns the files of a gateway by their names. It fails if a value cannot stand in a configuration, such as a path with a
// line break.
func Render(g Gateway) (map[string]string, error) {
	r := renderer{Gateway: &g, files: map[string]string{}}
	if err := r.render(); err != nil {
		return nil, err
	}
	return r.files, nil
}

func (r *renderer) render() error {
	r.routes = routes(r.APIs)
	r.policies = policiesOf(r.routes)
	r.global()
	r.userLists()
	r.limitTables()
	r.frontend()
	for i := range r.routes {
		r.operation(&r.routes[i])
	}
	r.section("backend", nowhere)
	r.respond(nil, failure{500, 500, "Internal Server Error", "The gateway has no such backend"})
	r.metrics()
	r.maps()
	r.files[ConfigFile] = r.text.String()
	return r.err()
}

// file returns the path of a file.
func (r *renderer) file(name string) string { return path.Join(r.Dir, name) }

func (r *renderer) global() {
	r.section("global")
	r.line("log", "stdout", "format", "raw", "local0", "info")
	r.line("maxconn", strconv.Itoa(r.MaxConnections))
	r.line("nbthread", strconv.Itoa(r.Threads))
	r.line("hard-stop-after", strconv.Itoa(HardStop)+"s")
	if r.HTTPS != 0 {
		// tls.crt and tls.key, as Kubernetes names the parts of a certificate.
		r.line("ssl-load-extra-del-ext")
		r.line("ssl-load-extra-files", "key")
		r.line("ssl-default-bind-options", "ssl-min-ver", "TLSv1.2")
	}
	r.section("resolvers", "cluster")
	r.line("parse-resolv-conf")
	r.line("hold", "valid", "10s")
	r.section("defaults")
	r.line("mode", "http")
	r.line("log", "global")
	r.line("option", "dontlognull")
	r.line("timeout", "connect", "5s")
	r.line("timeout", "client", "60s")
	r.line("timeout", "server", "60s")
	r.line("timeout", "queue", "5s")
	r.line("timeout", "http-request", "10s")
	r.line("timeout", "http-keep-alive", "60s")
	r.line("timeout", "tunnel", "1h")
	r.line("retry-on", "conn-failure", "empty-response")
	// A name that does not exist yet must not stop the gateway.
	r.line("default-server", "resolvers", "cluster", "init-addr", "libc,none", "resolve-prefer", r.preferred(), "inter", "5s")
	for _, f := range []failure{
		{502, 101503, "Runtime Error", "Error connecting to the back end"},
		unreachable,
		{504, 101504, "Runtime Error", "Connection timed out"},
	} {
		r.line("http-error", "status", strconv.Itoa(f.status), "content-type", "application/json", "string", f.body())
	}
}

// unreachable is the response without a server.
var unreachable = failure{503, 101503, "Runtime Error", "Error connecting to the back end"}

func (r *renderer) preferred() string {
	if len(r.Families) > 0 && r.Families[0] == IPv6 {
		return "ipv6"
	}
	return "ipv4"
}

// bind listens on a port in all families.
func (r *renderer) bind(port int32, options ...string) {
	families := r.Families
	if len(families) == 0 {
		families = []Family{IPv4}
	}
	for _, f := range families {
		words := []string{"bind", "*:" + strconv.Itoa(int(port))}
		if f == IPv6 {
			words = []string{"bind", ":::" + strconv.Itoa(int(port)), "v6only"}
		}
		r.line(append(words, options...)...)
	}
}

// failure is a response of the gateway itself, in the format of the WSO2 micro-gateway.
type failure struct {
	status, code         int
	message, description string
}

// body returns the JSON. The texts are constants without special characters.
func (f failure) body() string {
	return fmt.Sprintf(`{"fault":{"code":%d,"message":%q,"description":%q}}`, f.code, f.message, f.description)
}

// respond answers requests that meet a condition. headers alternates names and format strings.
func (w *writer) respond(condition []string, f failure, headers ...string) {
	words := []string{
		"http-request", "return", "status", strconv.Itoa(f.status), "content-type", "application/json", "string", f.body(),
	}
	for i := 0; i < len(headers); i += 2 {
		words = append(words, "hdr", headers[i], headers[i+1])
	}
	w.rule(condition, words...)
}

// logFormat is one JSON object for each request. The path has no query, which can contain credentials.
var logFormat = "{" + strings.Join([]string{
	`"time":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]"`,
	`"client":"%ci"`,
	`"method":"%[var(txn.method),json(utf8s)]"`,
	`"path":"%[var(txn.path),json(utf8s)]"`,
	`"operation":"%[var(txn.operation),json(utf8s)]"`,
	`"status":%ST`,
	`"server":"%s"`,
	`"bytes":%B`,
	`"milliseconds":%Ta`,
	`"retries":"%rc"`,
	`"state":"%ts"`,
}, ",") + "}"

func (r *renderer) frontend() {
	r.section("frontend", Frontend)
	r.bind(r.HTTP)
	if r.HTTPS != 0 {
		r.bind(r.HTTPS, "ssl", "crt", r.Certificate, "alpn", "h2,http/1.1")
	}
	r.line("option", "forwardfor")
	// Before a kept connection closes, a response says so. Otherwise, a request that is on the way when the pod stops is lost.
	r.line("option", "idle-close-on-response")
	r.line("log-format", logFormat)
	// A server that stops closes its connections, even if a request is on the way. Only a GET or HEAD is sent again.
	r.line("http-request", "disable-l7-retry", "unless", "METH_GET")
	r.route()
	r.cors()
	r.methods()
	r.security()
	r.limits()
	r.bodies()
	r.line("http-request", "set-header", "X-Forwarded-Proto", "http", "unless", "{", "ssl_fc", "}")
	r.line("http-request", "set-header", "X-Forwarded-Proto", "https", "if", "{", "ssl_fc", "}")
	r.line("use_backend", "%[var(txn.operation)]")
	r.line("default_backend", nowhere)
}

// metrics serves metrics and health on a port of its own, so that they are no load of the API. A gateway is ready if it has a
// server for at least one operation: one backend that is down must not take the others away. It is also ready if servers sleep,
// because only requests wake them.
func (r *renderer) metrics() {
	r.section("frontend", metricsFrontend)
	r.bind(r.Metrics)
	r.line("no", "log")
	r.line("http-request", "use-service", "prometheus-exporter", "if", "{", "path", MetricsPath, "}")
	r.line("http-request", "return", "status", "200", "content-type", "application/json",
		"string", `{"status":"healthy"}`, "if", "{", "path", HealthPath, "}")
	r.line("acl", "reachable", "always_false")
	for i := range r.routes {
		switch p := &r.routes[i].Pool; {
		case p.sleeps():
			r.line("acl", "reachable", "always_true")
		case len(p.Servers) > 0:
			r.line("acl", "reachable", "nbsrv("+r.routes[i].name+")", "ge", "1")
		}
	}
	r.line("http-request", "return", "status", "200", "content-type", "application/json",
		"string", `{"status":"ready"}`, "if", "{", "path", ReadinessPath, "}", "reachable", "!{", "stopping", "}")
	r.line("http-request", "return", "status", "503", "content-type", "application/json",
		"string", `{"status":"not ready"}`, "if", "{", "path", ReadinessPath, "}")
	r.line("http-request", "return", "status", "404")
}

// maps completes the files, except for the configuration.
func (r *renderer) maps() {
	var literals, templates, operations, methods, policies, apis mapFile
	for _, t := range templatesOf(r.routes) {
		if t.literal {
			literals.add(t.path, t.name)
			literals.add(strings.TrimSuffix(t.path, "/")+"/", t.name)
		} else {
			templates.add(t.pattern(), t.name)
		}
		methods.add(t.name, strings.Join(t.methods(), ", "))
		apis.add(t.name, t.api)
	}
	for _, o := range r.routes {
		operations.add(o.Method+":"+o.template.name, o.name)
		policies.add(o.name, r.policies.name(o.Access))
	}
	for name, m := range map[string]*mapFile{
		literalsFile: &literals, templatesFile: &templates, operationsFile: &operations, methodsFile: &methods,
		policiesFile: &policies, apisFile: &apis,
	} {
		r.files[name] = m.text.String()
		r.errs = append(r.errs, errors.Join(m.errs...))
	}
}
