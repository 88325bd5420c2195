package gen

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// buildGateway resolves an API: its OpenAPI documents, the backends that they name and its configuration.
func buildGateway(src *source, in apiInput, endpoints map[string]*endpoint, opts options) (gateway, model.Problems) {
	var ps model.Problems
	spec, at := in.spec, in.specPlace
	g := gateway{workload: newWorkload(in.item, in.place)}
	g.ref = in.refs[0]
	if in.files != nil {
		g.labels = map[string]string{}
	}
	checkLabels(g.labels, in.place.Child("metadata").Child("labels"), &ps)
	g.labels[appLabel] = g.ref.Name
	g.selector = map[string]string{appLabel: g.ref.Name}
	g.origin.source = "API/" + g.ref.String()
	g.settings = src.readSettings(in.refs, &ps)
	g.settings.gateway.check(in.place, &ps)
	for _, f := range spec.ignored() {
		if f.node != nil {
			ps.Infof(model.InputIgnored, at.Child(f.field), "has no effect here: it steered what the operator did inside the cluster")
		}
	}
	docs := src.documents(in, opts, &ps)
	mode := apiMode(in, docs, &ps)
	checkBasePaths(docs, &ps)
	g.buildScaling(src, in, opts, &ps)
	g.resolve(src, in, docs, mode, endpoints, &ps)
	g.image = g.findImage(in, docs, &ps)
	g.pullSecrets = g.settings.pullSecrets
	g.env = environment(spec.EnvironmentVariables, at.Child("environmentVariables"), &ps)
	g.buildPods(src, in, &ps)
	if g.settings.exposure == ingressMode {
		g.ingress = buildIngress(src, in, g.settings, docs, &ps)
	}
	return g, ps
}

// resolve finds the backends that the documents name.
func (g *gateway) resolve(src *source, in apiInput, docs []*swagger.Document, mode model.Mode, endpoints map[string]*endpoint, ps *model.Problems) {
	urls, sidecars := map[string]bool{}, map[string]backend{}
	for _, d := range docs {
		for _, ep := range d.Endpoints {
			if ep.URL != "" {
				urls[ep.URL] = true
				continue
			}
			namespaces := namespacesOf(in.refs)
			if ep.Target.Namespace != "" {
				namespaces = []string{ep.Target.Namespace}
			}
			it := src.items.find("TargetEndpoint", ep.Target.Name, namespaces)
			if it == nil {
				written := ep.Target.Name
				if ep.Target.Namespace != "" {
					written += "." + ep.Target.Namespace
				}
				ps.Add(model.Problem{ID: model.InputReference, Severity: model.Error, Place: ep.Place, Value: written, Message: fmt.Sprintf(
					"no TargetEndpoint %q is among the items%s%s", ep.Target.Name, inNamespace(namespaces[0]),
					krm.DidYouMean(written, src.items.names("TargetEndpoint", in.refs[0].Namespace)))})
				continue
			}
			e := endpoints[it.Ref().String()]
			if e == nil {
				continue // It could not be read, and that was reported.
			}
			e.use(mode, model.Object{Kind: "API", Namespace: g.ref.Namespace, Name: g.ref.Name})
			urls[url(e.backend, mode)] = true
			if mode == model.Sidecar {
				b := e.backend
				b.metrics = b.buildMetrics(it, g.settings.observability || g.scaling.PodsMetrics(), ps)
				sidecars[it.Ref().String()] = b
			}
		}
	}
	g.endpoints = slices.Sorted(maps.Keys(urls))
	g.sidecars = slices.SortedFunc(maps.Values(sidecars), func(a, b backend) int {
		return strings.Compare(a.container+"\x00"+a.ref.String(), b.container+"\x00"+b.ref.String())
	})
	g.checkSidecars(in, ps)
}

// url is where the gateway reaches a backend.
func url(b backend, mode model.Mode) string {
	var p port
	if len(b.ports) > 0 {
		p = b.ports[0]
	}
	host, number := b.ref.Name, p.port
	if b.ref.Namespace != "" {
		host += "." + b.ref.Namespace
	}
	if mode == model.Sidecar {
		host, number = "localhost", p.target
	}
	return fmt.Sprintf("%s://%s:%d", b.protocol, host, number)
}

// checkSidecars reports what cannot share a pod.
func (g *gateway) checkSidecars(in apiInput, ps *model.Problems) {
	containers := map[string]string{gatewayContainer: "the gateway"}
	ports := map[int32]string{g.settings.httpPort: "the gateway", g.settings.httpsPort: "the gateway"}
	if g.settings.observability {
		ports[gatewayMetrics] = "the gateway"
	}
	for _, b := range g.sidecars {
		at := b.place.Child("spec")
		if b.image == "" {
			ps.Errorf(model.BackendImage, at.Child("deploy").Child("dockerImage"), "is missing; %s runs this backend as a sidecar", in.place.Object)
		}
		if other := containers[b.container]; other != "" {
			ps.Errorf(model.InputName, at.Child("deploy").Child("name"), "container %q shares a pod with %s, which has the same name; rename it", b.container, other)
		}
		containers[b.container] = b.place.Object.String()
		for i, p := range b.ports {
			if other := ports[p.target]; other != "" && other != b.place.Object.String() {
				ps.Add(model.Problem{ID: model.BackendPort, Severity: model.Error, Place: at.Child("ports").Item(i).Child("targetPort"),
					Value: strconv.Itoa(int(p.target)), Message: fmt.Sprintf("%d is taken by %s in the same pod; let the backend listen on another port", p.target, other)})
				continue
			}
			ports[p.target] = b.place.Object.String()
		}
	}
}

// findImage is the given image, else the name that the operator gave the image that it built (pkg/registry of the
// operator): the tag is the version of the only document, or that of the API if there are several.
func (g *gateway) findImage(in apiInput, docs []*swagger.Document, ps *model.Problems) string {
	at := in.specPlace.Child("image")
	if image := strings.TrimSpace(in.spec.Image); image != "" {
		if strings.ContainsAny(image, " \t\r\n") {
			ps.Add(model.Problem{ID: model.InputValue, Severity: model.Error, Place: at, Value: image,
				Message: fmt.Sprintf("%q is no image; write one without spaces, such as registry/name:tag", image)})
		}
		return image
	}
	repo := g.settings.repository
	if repo == "" {
		ps.Errorf(model.GatewayImage, at, "is missing; write the image of the gateway, or repositoryName in %s", registryConfig)
		return ""
	}
	tag := in.spec.Version
	switch {
	case tag != "":
	case len(docs) == 1:
		tag = docs[0].Version
	case len(docs) > 1:
		tag = "v1.0.0"
	}
	if !validTag(tag) {
		ps.Add(model.Problem{ID: model.GatewayImage, Severity: model.Error, Place: at, Value: tag, Message: fmt.Sprintf(
			"is missing, and the version %q cannot be the tag of an image; write image or version", tag)})
	}
	switch g.settings.registryType {
	case "AMAZON_ECR":
		return fmt.Sprintf("%s:%s-%s", repo, g.ref.Name, tag)
	case "GCR":
		return fmt.Sprintf("gcr.io/%s/%s:%s", repo, g.ref.Name, tag)
	}
	return fmt.Sprintf("%s/%s:%s", repo, g.ref.Name, tag)
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
			ps.Add(model.Problem{ID: model.InputValue, Severity: model.Error, Place: at, Value: s, Message: fmt.Sprintf("%q is no variable; write NAME=VALUE", s)})
		case len(validation.IsEnvVarName(name)) > 0:
			ps.Add(model.Problem{ID: model.InputValue, Severity: model.Error, Place: at, Value: s, Message: fmt.Sprintf(
				"%q cannot name a variable; write letters, digits, '_', '-' and '.', not beginning with a digit", name)})
		case seen[name]:
			ps.Add(model.Problem{ID: model.InputDuplicate, Severity: model.Error, Place: at, Value: s, Message: fmt.Sprintf("variable %s stands twice; remove one of them", name)})
		default:
			env = append(env, corev1.EnvVar{Name: name, Value: value})
		}
		seen[name] = true
	}
	return env
}

// buildScaling finds the bounds and metrics of the API.
func (g *gateway) buildScaling(src *source, in apiInput, opts options, ps *model.Problems) {
	g.scaling = src.policy(in.item, in.refs, ps).Gateway
	ps.Add(hpa.Unsupported(g.scaling, opts.minor)...)
	g.min, g.max = 1, g.scaling.MaxReplicas
	at := in.specPlace.Child("replicas")
	if in.spec.Replicas != nil {
		g.min = *in.spec.Replicas
	}
	switch {
	case g.min < 1:
		ps.Add(model.Problem{ID: model.HPABounds, Severity: model.Error, Place: at, Value: strconv.Itoa(int(g.min)),
			Message: fmt.Sprintf("is %d; write a number of at least 1", g.min)})
	case g.min > g.max:
		ps.Add(model.Problem{ID: model.HPABounds, Severity: model.Error, Place: at, Value: strconv.Itoa(int(g.min)), Message: fmt.Sprintf(
			"%d is above the maximum %d (%s); lower it or raise the maximum", g.min, g.max, maxOrigin(g.scaling))})
	}
}
