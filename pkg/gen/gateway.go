package gen

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// gatewayBuilder resolves one API.
type gatewayBuilder struct {
	gateway
	*builder
	apiDocuments
	in       apiInput
	mode     model.Mode
	settings *settings
	// targets are the TargetEndpoints that the documents name.
	targets map[model.Ref]*endpoint
	// urls are the URLs of the backends, sorted.
	urls []string
	// deploymentConfigs is mgw-deployment-configs.
	deploymentConfigs configMap
	// maxBody is the maximum size of request bodies in bytes; 0 for none.
	maxBody int64
	// configs are the ConfigMaps that configure this API.
	configs []*krm.Item
	ps      *model.Problems
}

// gateway resolves an API: its OpenAPI documents, the backends that they name, and its configuration. It also returns the
// ConfigMaps that it read.
func (b *builder) gateway(in apiInput, kind *gatewayKind, read apiDocuments) (gateway, []*krm.Item, model.Problems) {
	var ps model.Problems
	g := gatewayBuilder{builder: b, apiDocuments: read, in: in, ps: &ps, targets: map[model.Ref]*endpoint{}}
	g.workload = newWorkload(in.item, in.place)
	g.ref = in.refs[0]
	if in.short {
		g.labels = map[string]string{} // The labels of the functionConfig do not apply to the APIs in it.
	}
	checkLabels(g.labels, in.place.Child("metadata").Child("labels"), &ps)
	g.identify(g.ref.Name)
	g.hardened = true
	if !in.short {
		g.keepSelector(in.item, &ps)
		g.buildAnnotations(in.item, &ps)
	}
	g.origin.source = in.object()
	g.kind, g.metricsQuery = kind, kind.metricsQuery
	g.maxBody = g.bodyLimit()
	g.configure()
	in.spec.reportIgnored(in.specPlace, &ps)
	ps.Add(g.problems...)
	g.mode = apiMode(in, g.docs, g.kind.modes, &ps)
	checkBasePaths(g.docs, &ps)
	g.scaling = &hpa.Scaling{}
	if !kind.podless {
		g.buildPorts()
		g.buildScaling()
		g.buildAliases()
	}
	g.resolve()
	g.kind.build(&g)
	if !kind.podless {
		g.buildWorkload()
	}
	g.share(b.opts.owner)
	return g.gateway, slices.Concat(g.files, g.configs), ps
}

// buildWorkload resolves the pods of the gateway, and how clients reach them.
func (g *gatewayBuilder) buildWorkload() {
	g.env = environment(g.in.spec.EnvironmentVariables, g.in.specPlace.Child("environmentVariables"), g.ps)
	g.buildPods()
	switch {
	case g.settings.exposure == gatewayMode:
		g.exposeGateway()
	// The operator made an Ingress for a host name in any mode (pkg/controller/api/api_controller.go).
	case g.settings.exposure == ingressMode || g.in.spec.IngressHostname != "":
		g.ingress = g.buildIngress()
	}
	g.checkNames()
	g.annotatePods(g.metricsPorts(), g.opts, g.ps)
}

// configure applies the operator's settings.
func (g *gatewayBuilder) configure() {
	s := g.builder.settings.read(g.in.referrer(), g.ps)
	s.gateway.check(g.in.place, g.ps)
	g.settings, g.pullSecrets, g.observed = s, s.pullSecrets, s.observability
	g.gateway.requirements, g.readiness, g.liveness = s.requirements, s.readiness, s.liveness
	g.serviceType = corev1.ServiceTypeClusterIP
	if s.exposure == loadBalancer {
		g.serviceType = corev1.ServiceTypeLoadBalancer
	}
}

// buildPorts finds the ports of the API: those of apim-config, or those of the gateway kind.
func (g *gatewayBuilder) buildPorts() {
	s, k := g.settings, g.kind
	http, https, metrics := cmp.Or(s.httpPort, k.http.port), cmp.Or(s.httpsPort, k.https.port), k.metrics.port
	if http == https || http == metrics || https == metrics {
		g.ps.Errorf(model.GatewayConfig, s.portsPlace, "httpPort %d, httpsPort %d, and the metrics port %d must differ", http, https, metrics)
	}
	g.ports = []port{{k.https.name, https, https}, {k.http.name, http, http}}
}

// port returns the port of the API with a name; 0 if there is none.
func (g *gateway) port(name string) int32 {
	for _, p := range g.ports {
		if p.name == name {
			return p.port
		}
	}
	return 0
}

// config reads the ConfigMap of configuration name for the API.
func (g *gatewayBuilder) config(name string, known []string) configMap {
	cm := readConfig(g.items.config(name, g.in.referrer(), g.ps), known, g.ps)
	if cm.item != nil {
		g.configs = append(g.configs, cm.item)
	}
	return cm
}

// checkNames reports names that are too long once something is appended to them.
func (g *gatewayBuilder) checkNames() {
	name, at := g.ref.Name, g.in.namePlace
	if most := validation.DNS1035LabelMaxLength; len(g.metricsPorts()) > 0 && len(name) <= most &&
		len(metricsService(name)) > most {
		g.ps.Valuef(model.InputName, at, name, "%q cannot name a Service; use at most %d characters in %q",
			metricsService(name), most-len(metricsService("")), name)
	}
}

// environment reads variables of the form NAME=VALUE.
func environment(vars []string, at model.Place, ps *model.Problems) []corev1.EnvVar {
	var env []corev1.EnvVar
	seen := map[string]bool{}
	for i, s := range vars {
		name, value, ok := strings.Cut(s, "=")
		at := at.Item(i)
		switch {
		case !ok:
			ps.Valuef(model.InputValue, at, s, "%q is not a variable; use NAME=VALUE", s)
		case len(validation.IsEnvVarName(name)) > 0:
			ps.Valuef(model.InputValue, at, s,
				"%q cannot name a variable; use letters, digits, '_', '-', and '.', and do not begin with a digit", name)
		case seen[name]:
			ps.Valuef(model.InputDuplicate, at, s, "variable %s is defined twice; remove one of them", name)
		default:
			env = append(env, corev1.EnvVar{Name: name, Value: value})
		}
		seen[name] = true
	}
	return env
}

// buildScaling finds the replica limits and metrics of the API.
func (g *gatewayBuilder) buildScaling() {
	g.scaling = g.policies.scaling(g.in.referrer(), func(p *hpa.Policy) *hpa.Scaling { return &p.Gateway }, g.ps)
	g.ps.Add(g.scaling.Assumed...)
	g.min, g.max = 1, g.scaling.MaxReplicas
	at := g.in.specPlace.Child("replicas")
	if g.in.spec.Replicas != nil {
		g.min = *g.in.spec.Replicas
	}
	value := strconv.Itoa(int(g.min))
	switch {
	case g.min < 1:
		g.ps.Valuef(model.HPABounds, at, value, "is %d; use a number of at least 1", g.min)
	case g.min > g.max:
		g.ps.Valuef(model.HPABounds, at, value, "%d is above the maximum %d (%s); lower it or raise the maximum",
			g.min, g.max, maxOrigin(g.scaling))
	}
}
