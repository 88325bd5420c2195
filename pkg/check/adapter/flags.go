package adapter

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

var releaseTag = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`:v?0\.(\d{1,3})\.\d+$`) })

// release returns the 12 of v0.12.0. It returns false if the tag of the image does not tell.
func (a Instance) release() (int, bool) {
	image, _, _ := strings.Cut(a.Container.Image, "@")
	m := releaseTag().FindStringSubmatch(image)
	if m == nil || !isAdapterImage(image) {
		return 0, false
	}
	minor, err := strconv.Atoi(m[1])
	return minor, err == nil
}

const (
	// firstWithConfig is the first release that reads rules from --config, with the flags of today.
	firstWithConfig = 3
	// knownFlagsRelease is the release whose flags are knownFlags.
	knownFlagsRelease = 12
	// defaultRelist is the default of --metrics-relist-interval.
	defaultRelist = 10 * time.Minute
)

// isOld reports whether an adapter is older than the flags that are known.
func (a Instance) isOld() bool {
	release, ok := a.release()
	return ok && release < firstWithConfig
}

// checkFlags reports flags with which an adapter does not start, or lists no metrics (prometheus-adapter, cmd/adapter/adapter.go).
func (su *Setup) checkFlags(a Instance, ps *model.Problems) {
	if !a.known || a.isOld() {
		return
	}
	at := a.At.Child("args")
	args := a.Args()
	if release, _ := a.release(); release == knownFlagsRelease {
		checkKnownFlags(args, at, ps)
	}
	duration := func(name string, unset time.Duration) time.Duration {
		value, _ := FlagValue(args, name)
		if d, err := time.ParseDuration(value); err == nil && d > 0 {
			return d
		}
		return unset
	}
	relist := duration("metrics-relist-interval", defaultRelist)
	if age := duration("metrics-max-age", relist); age < relist && len(su.Custom.Rules)+len(su.External.Rules) > 0 {
		ps.Errorf(model.RuleMissing, at,
			"has --metrics-max-age=%s, less than --metrics-relist-interval, which is %s; the adapter does not start; use at least %[2]s",
			age, relist)
	}
	if text, ok := FlagValue(args, "prometheus-url"); ok && !strings.Contains(text, "$(") {
		su.checkURL(a, text, at, ps)
	}
}

func checkKnownFlags(args []string, at model.Place, ps *model.Problems) {
	for _, arg := range args {
		name, found := strings.CutPrefix(arg, "--")
		name, _, _ = strings.Cut(name, "=")
		if !found || name == "" || strings.Contains(arg, "$(") || slices.Contains(knownFlags(), name) {
			continue
		}
		ps.Errorf(model.RuleMissing, at, "has --%s, which v0.%d of the adapter does not have; it does not start%s",
			name, knownFlagsRelease, krm.DidYouMean(name, knownFlags()))
	}
}

func (su *Setup) checkURL(a Instance, text string, at model.Place, ps *model.Problems) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https":
		ps.Errorf(model.RuleMissing, at,
			"has --prometheus-url=%s, which does not begin with http:// or https://, so the adapter cannot reach Prometheus; use "+
				"http://SERVICE.NAMESPACE.svc:PORT", text)
		return
	case u.Hostname() == "":
		ps.Errorf(model.RuleMissing, at, "has --prometheus-url=%s, which names no host; use http://SERVICE.NAMESPACE.svc:PORT", text)
		return
	}
	parts := strings.Split(strings.TrimSuffix(u.Hostname(), "."), ".")
	ref := chain.ServiceReference{Name: parts[0], Namespace: a.Workload.Item.Place.Object.Namespace}
	if len(parts) > 1 {
		ref.Namespace = parts[1]
	}
	if len(parts) > 2 && parts[2] != "svc" {
		return
	}
	svc := su.graph.ServiceOf(ref)
	if svc == nil {
		su.checkServer(ref, text, at, ps)
		return
	}
	port, known := map[string]int{"http": 80, "https": 443}[u.Scheme], len(svc.Ports) > 0
	if u.Port() != "" {
		port, _ = strconv.Atoi(u.Port())
	}
	if known && !slices.ContainsFunc(svc.Ports, func(p chain.ServicePort) bool { return int(p.Number) == port }) {
		ps.Errorf(model.RuleMissing, at, "has --prometheus-url=%s, but %s has no port %d; it has %d", text,
			svc.Item.Place.Object, port, svc.Ports[0].Number)
	}
}

// checkServer reports a Service that is not in the input, although another one leads to a Prometheus.
func (su *Setup) checkServer(ref chain.ServiceReference, text string, at model.Place, ps *model.Problems) {
	for _, p := range su.graph.Prometheuses {
		if ref.Name == "prometheus-operated" && ref.Namespace == p.Item.Place.Object.Namespace {
			return // The operator creates it.
		}
	}
	for _, svc := range su.graph.Services.All {
		if su.graph.LeadsToPrometheus(svc) {
			ps.Warnf(model.RuleMissing, at,
				"has --prometheus-url=%s, but the input has no Service %s/%s, while %s leads to Prometheus; use that one",
				text, model.NamespaceOf(ref.Namespace), ref.Name, svc.Item.Place.Object)
			return
		}
	}
}

// knownFlags are the flags of v0.12.0 (prometheus-adapter --help).
var knownFlags = sync.OnceValue(func() []string {
	return strings.Fields(`
	audit-log-batch-buffer-size audit-log-batch-max-size audit-log-batch-max-wait audit-log-batch-throttle-burst
	audit-log-batch-throttle-enable audit-log-batch-throttle-qps audit-log-compress audit-log-format audit-log-maxage
	audit-log-maxbackup audit-log-maxsize audit-log-mode audit-log-path audit-log-truncate-enabled
	audit-log-truncate-max-batch-size audit-log-truncate-max-event-size audit-log-version audit-policy-file
	audit-webhook-batch-buffer-size audit-webhook-batch-max-size audit-webhook-batch-max-wait audit-webhook-batch-throttle-burst
	audit-webhook-batch-throttle-enable audit-webhook-batch-throttle-qps audit-webhook-config-file audit-webhook-initial-backoff
	audit-webhook-mode audit-webhook-truncate-enabled audit-webhook-truncate-max-batch-size
	audit-webhook-truncate-max-event-size audit-webhook-version authentication-kubeconfig authentication-skip-lookup
	authentication-token-webhook-cache-ttl authentication-tolerate-lookup-failure authorization-always-allow-paths
	authorization-kubeconfig authorization-webhook-cache-authorized-ttl authorization-webhook-cache-unauthorized-ttl bind-address
	cert-dir client-burst client-ca-file client-qps config contention-profiling debug-socket-path disable-http2
	discovery-interval enable-priority-and-fairness help http2-max-streams-per-connection lister-kubeconfig log-flush-frequency
	metrics-max-age metrics-relist-interval permit-address-sharing permit-port-sharing profiling prometheus-auth-config
	prometheus-auth-incluster prometheus-ca-file prometheus-client-tls-cert-file prometheus-client-tls-key-file prometheus-header
	prometheus-token-file prometheus-url prometheus-verb requestheader-allowed-names requestheader-client-ca-file
	requestheader-extra-headers-prefix requestheader-group-headers requestheader-username-headers secure-port tls-cert-file
	tls-cipher-suites tls-min-version tls-private-key-file tls-sni-cert-key v vmodule`)
})
