package gen

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// gatewayBuilder resolves one API.
type gatewayBuilder struct {
	gateway
	*builder
	in   apiInput
	docs []*swagger.Document
	mode model.Mode
	// files are the ConfigMaps that configure this API, its documents among them.
	files []*krm.Item
	ps    *model.Problems
}

// gateway resolves an API: its OpenAPI documents, the backends that they name and its configuration. It returns the
// ConfigMaps that were read for it, too.
func (b *builder) gateway(in apiInput, read apiDocuments) (gateway, []*krm.Item, model.Problems) {
	var ps model.Problems
	g := gatewayBuilder{builder: b, in: in, docs: read.docs, files: read.files, ps: &ps}
	g.workload = newWorkload(in.item, in.place)
	g.ref = in.refs[0]
	if in.short {
		g.labels = map[string]string{} // Those of the functionConfig are not those of the APIs in it.
	}
	checkLabels(g.labels, in.place.Child("metadata").Child("labels"), &ps)
	g.identify(g.ref.Name)
	if !in.short {
		g.keepSelector(in.item, &ps)
	}
	g.origin.source = in.object()
	g.gateway.settings = b.settings.read(in.referrer(), &ps)
	g.gateway.settings.gateway.check(in.place, &ps)
	for _, f := range in.spec.ignored() {
		if f.node != nil {
			ps.Infof(model.InputIgnored, f.at(in.specPlace),
				"has no effect here: it steered what the operator did inside the cluster")
		}
	}
	ps.Add(read.problems...)
	g.mode = apiMode(in, g.docs, &ps)
	checkBasePaths(g.docs, &ps)
	g.buildScaling()
	g.resolve()
	g.findImage()
	g.pullSecrets = g.gateway.settings.pullSecrets
	g.env = environment(in.spec.EnvironmentVariables, in.specPlace.Child("environmentVariables"), &ps)
	g.buildPods()
	if g.gateway.settings.exposure == ingressMode {
		g.ingress = g.buildIngress()
	}
	g.checkNames()
	g.share(b.opts.owner)
	return g.gateway, g.files, ps
}

// config reads the ConfigMap of configuration name for the API.
func (g *gatewayBuilder) config(name string, known []string) configMap {
	cm := readConfig(g.items.config(name, g.in.referrer(), g.ps), known, g.ps)
	if cm.item != nil {
		g.files = append(g.files, cm.item)
	}
	return cm
}

// checkNames reports names that are too long once something is appended to them.
func (g *gatewayBuilder) checkNames() {
	name, at := g.ref.Name, g.in.namePlace
	if most := validation.DNS1035LabelMaxLength; len(g.metricsPorts()) > 0 && len(name) <= most && len(metricsService(name)) > most {
		g.ps.Valuef(model.InputName, at, name, "%q cannot name a Service; write at most %d characters in %q",
			metricsService(name), most-len(metricsService("")), name)
	}
}

// findImage is the given image, else the name that the operator gave the image that it built (pkg/registry of the
// operator): the tag is the version of the only document, or that of the API if there are several.
func (g *gatewayBuilder) findImage() {
	spec, at := g.in.spec, g.in.specPlace.Child("image")
	if image := strings.TrimSpace(spec.Image); image != "" {
		if strings.ContainsAny(image, " \t\r\n") {
			g.ps.Valuef(model.InputValue, at, image,
				"%q is no image; write one without spaces, such as registry/name:tag", image)
		}
		g.image = image
		return
	}
	repo := g.gateway.settings.repository
	if repo == "" {
		g.ps.Errorf(model.GatewayImage, at, "is missing; write the image of the gateway, or repositoryName in %s", registryConfig)
		return
	}
	if strings.ContainsAny(repo, " \t\r\n") {
		g.ps.Valuef(model.GatewayImage, at, repo, "cannot be derived of repositoryName %q in %s; write one without spaces", repo, registryConfig)
		return
	}
	tag := spec.Version
	switch {
	case tag != "":
	case len(g.docs) == 1:
		tag = g.docs[0].Version
	case len(g.docs) > 1:
		tag = "v1.0.0"
	}
	if len(tag) > longestTag || !tagPattern().MatchString(tag) {
		g.ps.Valuef(model.GatewayImage, at, tag,
			"is missing, and the version %q cannot be the tag of an image; write image or version", tag)
	}
	switch g.gateway.settings.registryType {
	case "AMAZON_ECR":
		g.image = fmt.Sprintf("%s:%s-%s", repo, g.ref.Name, tag)
	case "GCR":
		g.image = fmt.Sprintf("gcr.io/%s/%s:%s", repo, g.ref.Name, tag)
	default:
		g.image = fmt.Sprintf("%s/%s:%s", repo, g.ref.Name, tag)
	}
}

// tagPattern and longestTag are those of the tag of an image (distribution/reference, regexp.go). A pattern that counts
// takes a millisecond to compile.
var tagPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
})

const longestTag = 128

// environment reads variables of the form NAME=VALUE.
func environment(vars []string, at model.Place, ps *model.Problems) []corev1.EnvVar {
	var env []corev1.EnvVar
	seen := map[string]bool{}
	for i, s := range vars {
		name, value, ok := strings.Cut(s, "=")
		at := at.Item(i)
		switch {
		case !ok:
			ps.Valuef(model.InputValue, at, s, "%q is no variable; write NAME=VALUE", s)
		case len(validation.IsEnvVarName(name)) > 0:
			ps.Valuef(model.InputValue, at, s,
				"%q cannot name a variable; write letters, digits, '_', '-' and '.', not beginning with a digit", name)
		case seen[name]:
			ps.Valuef(model.InputDuplicate, at, s, "variable %s stands twice; remove one of them", name)
		default:
			env = append(env, corev1.EnvVar{Name: name, Value: value})
		}
		seen[name] = true
	}
	return env
}

// buildScaling finds the bounds and metrics of the API.
func (g *gatewayBuilder) buildScaling() {
	g.scaling = g.policies.scaling(g.in.referrer(), func(p *hpa.Policy) *hpa.Scaling { return &p.Gateway }, g.ps)
	g.min, g.max = 1, g.scaling.MaxReplicas
	at := g.in.specPlace.Child("replicas")
	if g.in.spec.Replicas != nil {
		g.min = *g.in.spec.Replicas
	}
	value := strconv.Itoa(int(g.min))
	switch {
	case g.min < 1:
		g.ps.Valuef(model.HPABounds, at, value, "is %d; write a number of at least 1", g.min)
	case g.min > g.max:
		g.ps.Valuef(model.HPABounds, at, value, "%d is above the maximum %d (%s); lower it or raise the maximum",
			g.min, g.max, maxOrigin(g.scaling))
	}
}
