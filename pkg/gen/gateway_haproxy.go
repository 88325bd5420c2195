package gen

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	pmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/gateway/haproxy"
	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const (
	// haproxyImage is the official image of the branch whose configurations are tested.
	haproxyImage = "docker.io/library/haproxy:3.2.21"
	// haproxyDir is where the image expects haproxy.cfg; haproxyMounts contains keys and certificates.
	haproxyDir    = "/usr/local/etc/haproxy"
	haproxyMounts = "/etc/haproxy"

	gatewayChecksum = group + "/gateway-checksum"
	// drain is the number of seconds in which a gateway still accepts connections while its endpoints go.
	drain = 5
)

// haproxyGateway is HAProxy, configured from the documents. Its official image runs as user haproxy, which is a name, with the ID
// 99 (github.com/docker-library/haproxy, Dockerfile).
var haproxyGateway = gatewayKind{
	name:      "haproxy",
	container: "haproxy",
	user:      99,
	modes:     []string{string(model.PrivateJet), string(model.Sidecar), string(model.Shared)},
	http:      port{httpPortName, 9090, 9090},
	https:     port{httpsPortName, 9095, 9095},
	metrics:   port{metricsPortName, 9797, 9797},
	readiness: haproxyProbe(haproxy.ReadinessPath),
	liveness:  haproxyProbe(haproxy.HealthPath),
	// Probes and scrapes have a port of their own, so they are not load.
	profile: map[string]hpa.Formula{
		"http_requests_total_value_per_second": {
			Series: "haproxy_frontend_http_requests_total", Type: hpa.Counter, Aggregation: "sum",
			Matchers: []string{`proxy="` + haproxy.Frontend + `"`},
		},
	},
	// Without a scope, the pages have several series for each server of each operation.
	metricsQuery: map[string][]string{"scope": {"frontend"}},
	operations:   true,
	build:        buildHAProxy,
	volumes:      func(b *podBuilder) { b.own.(*haproxyFacts).volumes(b) },
	adapt:        func(g *gateway, d *appsv1.Deployment) { g.own.(*haproxyFacts).adapt(d) },
	activity:     func(g *gateway, backend model.Ref) []*labels.Matcher { return g.own.(*haproxyFacts).activity(backend) },
	outputs:      slices.Concat([]output{{gateway: haproxyConfigMap}}, outputs),
}

func haproxyProbe(at string) corev1.ProbeHandler {
	return corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: at, Port: intstr.FromInt32(9797)}}
}

// haproxyFacts is what only a gateway with HAProxy has.
type haproxyFacts struct {
	// files are the files of the configuration.
	files map[string]string
	// mounted are the Secrets and ConfigMaps with keys and certificates, by the directory in which they are mounted.
	mounted map[string]caSource
	env     []corev1.EnvVar
	// sleepers are the names of the proxies that call a backend without pods, by the backend.
	sleepers map[model.Ref][]string
}

// findSleepers finds the proxies of the operations that call backends without pods. Prometheus then also has to scrape the series
// that count their requests, of all series of these proxies.
func (h *haproxyFacts) findSleepers(g *gatewayBuilder, proxies []string) {
	h.sleepers = map[model.Ref][]string{}
	for i := range g.docs {
		for _, o := range g.operations[i] {
			for _, e := range o.Production.List {
				target := g.targets[e.Target]
				if e.URL != "" || target == nil || !g.opts.sleeps(target) {
					continue
				}
				if to := target.backend.ref; !slices.Contains(h.sleepers[to], proxies[0]) {
					h.sleepers[to] = append(h.sleepers[to], proxies[0])
				}
			}
			proxies = proxies[1:]
		}
	}
	if len(h.sleepers) > 0 {
		g.metricsQuery = map[string][]string{"scope": {"frontend", "backend"}}
		g.metricsKeep = "haproxy_frontend_.*|" + backendRequests
	}
}

// backendRequests counts the requests to a backend, also those that found no server.
const backendRequests = "haproxy_backend_http_requests_total"

// activity returns the matchers of the series that count requests to a backend.
func (h *haproxyFacts) activity(backend model.Ref) []*labels.Matcher {
	names := h.sleepers[backend]
	if len(names) == 0 {
		return nil
	}
	proxy := labels.MustNewMatcher(labels.MatchEqual, "proxy", names[0])
	if len(names) > 1 {
		quoted := make([]string, len(names))
		for i, name := range names {
			quoted[i] = regexp.QuoteMeta(name)
		}
		proxy = labels.MustNewMatcher(labels.MatchRegexp, "proxy", strings.Join(quoted, "|"))
	}
	return []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, pmodel.MetricNameLabel, backendRequests), proxy}
}

// mount mounts a Secret or ConfigMap, and returns the path of its key.
func (h *haproxyFacts) mount(s caSource) string {
	dir := path.Join(haproxyMounts, strings.ToLower(s.kind), s.name)
	h.mounted[dir] = caSource{kind: s.kind, name: s.name}
	return path.Join(dir, s.key)
}

// variable returns the name of a variable with a value of a Secret.
func (h *haproxyFacts) variable(secret, key string) string {
	from := &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: key}
	for _, e := range h.env {
		if e.ValueFrom.SecretKeyRef.Name == secret && e.ValueFrom.SecretKeyRef.Key == key {
			return e.Name
		}
	}
	name := "HAPROXY_SECRET_" + strconv.Itoa(len(h.env))
	h.env = append(h.env, corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: from}})
	return name
}

// buildHAProxy makes the configuration of an API.
func buildHAProxy(g *gatewayBuilder) {
	o := g.opts.gateway
	g.image = cmp.Or(strings.TrimSpace(g.in.spec.Image), o.image, haproxyImage)
	checkImage(g.image, model.GatewayImage, g.in.specPlace.Child("image"), g.ps)
	facts := &haproxyFacts{mounted: map[string]caSource{}}
	g.own = facts
	before := len(*g.ps)
	config := haproxy.Gateway{
		HTTP: g.port(g.kind.http.name), Metrics: g.kind.metrics.port, Families: o.families, Dir: haproxyDir,
		Threads: threads(g.settings.gateway.cpuLimit.value), MaxConnections: connections(g.settings.gateway.memoryLimit.value),
	}
	if secret := g.tlsSecret(); secret != "" {
		config.HTTPS = g.port(g.kind.https.name)
		config.Certificate = facts.mount(caSource{"Secret", secret, corev1.TLSCertKey})
	} else {
		g.ports = slices.DeleteFunc(g.ports, func(p port) bool { return p.name == g.kind.https.name })
	}
	r := routeBuilder{gatewayBuilder: g, facts: facts, security: newSecurity(g, facts)}
	for i, d := range g.docs {
		config.APIs = append(config.APIs, r.api(d, g.operations[i], g.described[i]))
	}
	facts.findSleepers(g, haproxy.Backends(config.APIs))
	config.Schemes = r.security.schemes()
	if (*g.ps)[before:].HasErrors() {
		return
	}
	files, err := haproxy.Render(config)
	if err != nil {
		g.ps.Errorf(model.GatewayConfig, g.in.place, "cannot be configured: %v", err)
		return
	}
	size := 0
	for name, text := range files {
		size += len(name) + len(text)
	}
	if size > maxConfigMap {
		g.ps.Errorf(model.InputLimit, g.in.place, "has so many operations that its configuration has %d bytes; Kubernetes rejects a "+
			"ConfigMap above %d; split the API", size, maxConfigMap)
	}
	facts.files = files
}

// tlsSecret returns the name of the Secret with the certificate for https, "" for none.
func (g *gatewayBuilder) tlsSecret() string {
	name, at := g.opts.gateway.tlsSecret, g.opts.gateway.at.Child("tlsSecret")
	if own := g.annotation(tlsSecretAnnotation); own != "" {
		name, at = own, annotation(g.in.item, tlsSecretAnnotation)
	}
	if name == "" {
		return ""
	}
	return g.secret(name, at)
}

// secret returns the current name of a Secret in the namespace of the API, whose pods can read no other.
func (g *gatewayBuilder) secret(name string, at model.Place) string {
	if it := g.items.find("Secret", name, g.in.referrer(), at, g.ps); it != nil {
		return it.Ref().Name
	}
	return name
}

// annotation returns an annotation of the API object.
func (g *gatewayBuilder) annotation(name string) string {
	if g.in.short {
		return ""
	}
	return g.in.item.Annotations[name]
}

// threads returns the number of threads for a CPU limit. HAProxy would start one for each CPU of the node.
func threads(cpu resource.Quantity) int { return int(min(max((cpu.MilliValue()+999)/1000, 1), 64)) }

// connections returns how many connections fit into a memory limit. A connection has two buffers of 16 KiB, and as much again in
// TLS and kernel memory; the program itself takes about 32 MiB.
func connections(memory resource.Quantity) int {
	const program, each, least, most = 32 << 20, 64 << 10, 100, 50000
	return int(min(max((memory.Value()-program)/each, least), most))
}

// volumes mounts the configuration, and the keys and certificates.
func (h *haproxyFacts) volumes(b *podBuilder) {
	const name = "haproxy"
	b.names[name], b.paths[haproxyDir] = true, true
	config := &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: haproxyConfig(b.ref.Name)}}
	b.volumes = append(b.volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{ConfigMap: config}})
	b.mounts = append(b.mounts, corev1.VolumeMount{Name: name, MountPath: haproxyDir, ReadOnly: true})
	for _, dir := range slices.Sorted(maps.Keys(h.mounted)) {
		b.mount(h.mounted[dir].kind, mount{Name: h.mounted[dir].name, MountLocation: dir}, b.in.place)
	}
	b.env = append(b.env, h.env...)
}

// adapt makes the pods restart when their configuration changes, and stop without losing requests: the Service still sends some
// for a moment after a pod is told to stop.
func (h *haproxyFacts) adapt(d *appsv1.Deployment) {
	pod := &d.Spec.Template
	pod.Annotations = with(pod.Annotations, map[string]string{gatewayChecksum: h.checksum()})
	c := &pod.Spec.Containers[0]
	c.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{
		Exec: &corev1.ExecAction{Command: []string{"sleep", strconv.Itoa(drain)}},
	}}
	// The time to drain, and then as long as HAProxy waits for the last responses.
	pod.Spec.TerminationGracePeriodSeconds = new(int64(drain + haproxy.HardStop + 5))
	if c.SecurityContext != nil {
		c.SecurityContext.ReadOnlyRootFilesystem = new(true)
	}
}

func (h *haproxyFacts) checksum() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(h.files)) {
		sum.Write([]byte(name + "\x00" + h.files[name] + "\x00"))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// haproxyConfigMap returns the ConfigMap with the configuration.
func haproxyConfigMap(g *gateway, _ *options) typedObject {
	return &corev1.ConfigMap{
		TypeMeta: typeMeta("v1", "ConfigMap"), ObjectMeta: g.meta(haproxyConfig(g.ref.Name)), Data: g.own.(*haproxyFacts).files,
	}
}
