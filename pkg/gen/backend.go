package gen

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// backend resolves a TargetEndpoint, except for its scaling and metrics, which depend on its mode.
func (b *builder) backend(in endpointInput) (backend, model.Problems) {
	var ps model.Problems
	it, spec := in.item, in.spec
	at := it.Place.Child("spec")
	set := b.settings.read(in.referrer(), &ps)
	out := backend{
		workload:  newWorkload(it, it.Place),
		protocol:  strings.ToLower(spec.ApplicationProtocol),
		container: spec.Deploy.Name,
		image:     strings.TrimSpace(spec.Deploy.DockerImage),
		ports:     buildPorts(spec.Ports, at.Child("ports"), &ps),
	}
	out.identify(cmp.Or(out.labels[appLabel], out.ref.Name))
	out.keepSelector(it, &ps)
	checkLabels(out.labels, it.Place.Child("metadata").Child("labels"), &ps)
	switch out.protocol {
	case "http", "https":
	case "":
		ps.Errorf(model.InputRequired, at.Child("applicationProtocol"), "is missing; set it to http or https")
	default:
		ps.Valuef(model.InputValue, at.Child("applicationProtocol"), spec.ApplicationProtocol,
			"%q is not a valid protocol; use http or https", spec.ApplicationProtocol)
	}
	out.buildContainer(at.Child("deploy"), &ps)
	out.requirements = b.requirements.of(set.backend.with(spec.Deploy, at.Child("deploy"), &ps))
	out.observed = set.observability
	out.buildAnnotations(it, &ps)
	return out, ps
}

// newWorkload takes the identity and labels of an input.
func newWorkload(it *krm.Item, at model.Place) workload {
	own := maps.Clone(it.Labels)
	if own == nil {
		own = map[string]string{}
	}
	for k := range own {
		if k == managedByLabel || strings.HasPrefix(k, group+"/") {
			delete(own, k)
		}
	}
	return workload{place: at, ref: it.Ref(), labels: own, origin: originOf(it)}
}

// identify sets the labels of the pods, and selects them by a subset that never changes: kustomize can add labels to an input
// and overwrite app, but an applied selector is immutable.
func (w *workload) identify(app string) {
	w.labels[appLabel] = app
	w.labels[workloadLabel] = w.ref.Name
	w.selector = map[string]string{appLabel: app, workloadLabel: w.ref.Name}
}

func (b *backend) buildContainer(at model.Place, ps *model.Problems) {
	if b.container == "" {
		b.container = b.ref.Name
	}
	if errs := validation.IsDNS1123Label(b.container); len(errs) > 0 {
		ps.Valuef(model.InputName, at.Child("name"), b.container,
			"%q cannot name a container; use at most 63 lowercase letters, digits, and dashes", b.container)
	}
	checkImage(b.image, model.BackendImage, at.Child("dockerImage"), ps)
}

// checkImage reports an image that is not valid, or whose tag is latest, as it is without a tag.
func checkImage(image string, id model.ID, at model.Place, ps *model.Problems) {
	_, tag, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	switch {
	case strings.ContainsAny(image, " \t\r\n"):
		ps.Valuef(model.InputValue, at, image, "%q is not a valid image; use one without spaces, such as registry/name:tag", image)
	case image != "" && (tag == "" || tag == "latest") && !strings.Contains(image, "@"):
		ps.Warnf(id, at, "%s is not one version: each new pod runs what latest is at that time; use a tag of a version, or a digest",
			image)
	}
}

// jet resolves the settings of a backend with its own pods: replica limits, metrics to scale on, and metrics to scrape.
func (b *builder) jet(e *endpoint, ps *model.Problems) {
	out, in := &e.backend, e.input
	out.scaling = b.policies.scaling(in.referrer(), func(p *hpa.Policy) *hpa.Scaling { return &p.Backend }, ps)
	for _, p := range out.scaling.Assumed {
		if in.spec.Deploy.MaxReplicas == nil || p.Place != out.scaling.Places.MaxReplicas {
			ps.Add(p)
		}
	}
	checkContainers(out.scaling, []string{out.container}, in.item.Place, ps)
	out.metrics = out.buildMetrics(b.items, in.item, out.observed || out.scaling.PodsMetrics(), ps)
	out.annotatePods(out.metricsPorts(), b.opts, ps)
	out.setBounds(in.spec.Deploy, b.opts.sleeps(e), in.item.Place.Child("spec").Child("deploy"), ps)
	for _, mode := range slices.Sorted(maps.Keys(e.users)) {
		out.callers = append(out.callers, e.users[mode]...)
	}
	out.share(b.opts.owner)
}

// sleeps reports whether a backend can have no pods until something outside of them counts a load.
func (o *options) sleeps(e *endpoint) bool {
	n := e.input.spec.Deploy.MinReplicas
	return o.scaler.triggers != nil && n != nil && *n == 0
}

// setBounds finds the replica limits. The operator took 0 for a limit that is not set.
func (b *backend) setBounds(d endpointDeploy, sleeps bool, at model.Place, ps *model.Problems) {
	b.min, b.max, b.minPlace = 1, b.scaling.MaxReplicas, at.Child("minReplicas")
	valid, origin := true, " ("+maxOrigin(b.scaling)+")"
	for _, f := range []struct {
		name  string
		n, to *int32
	}{{"minReplicas", d.MinReplicas, &b.min}, {"maxReplicas", d.MaxReplicas, &b.max}} {
		if f.n == nil {
			continue
		}
		*f.to = *f.n
		if *f.n < 1 && (!sleeps || f.to == &b.max) {
			valid = false
			ps.Valuef(model.HPABounds, at.Child(f.name), strconv.Itoa(int(*f.n)),
				"is %d; use a number of at least 1, or remove it for the default", *f.n)
		}
	}
	if d.MaxReplicas != nil {
		origin = ""
	}
	if valid && b.min > b.max {
		ps.Valuef(model.HPABounds, at.Child("minReplicas"), strconv.Itoa(int(b.min)),
			"%d is above the maximum %d%s; lower it or raise the maximum", b.min, b.max, origin)
	}
}

// maxOrigin returns where the maximum of s comes from.
func maxOrigin(s *hpa.Scaling) string {
	at := s.Places.MaxReplicas
	if at.Object.Name == "" {
		return "the default"
	}
	return strings.TrimPrefix(at.Field, "data.") + " of " + at.Object.Name
}

func buildPorts(in []endpointPort, at model.Place, ps *model.Problems) []port {
	if len(in) == 0 {
		ps.Errorf(model.InputRequired, at, "is missing; list the ports of the backend, first the one that the API calls")
		return nil
	}
	ports := make([]port, 0, len(in))
	names, numbers := map[string]bool{}, map[int32]bool{}
	for i, p := range in {
		at := at.Item(i)
		switch {
		case p.Name == "":
			ps.Errorf(model.InputRequired, at.Child("name"), "is missing; set a name of at most 15 characters")
		case len(validation.IsValidPortName(p.Name)) > 0:
			ps.Valuef(model.BackendPort, at.Child("name"), p.Name,
				"%q cannot name a port; use at most 15 lowercase letters, digits, and single dashes, including a letter", p.Name)
		case names[p.Name]:
			ps.Valuef(model.BackendPort, at.Child("name"), p.Name,
				"%q names two ports; give each its own name", p.Name)
		}
		checkPort(p.Port, at.Child("port"), ps)
		checkPort(p.TargetPort, at.Child("targetPort"), ps)
		if numbers[p.Port] && p.Port != 0 {
			ps.Valuef(model.BackendPort, at.Child("port"), strconv.Itoa(int(p.Port)),
				"%d is the number of two ports; give each its own number", p.Port)
		}
		names[p.Name], numbers[p.Port] = true, true
		ports = append(ports, port{p.Name, p.Port, p.TargetPort})
	}
	return ports
}

func checkPort(n int32, at model.Place, ps *model.Problems) {
	if n == 0 {
		ps.Errorf(model.InputRequired, at, "is missing or 0; set a port from 1 to 65535")
		return
	}
	if n < 1 || n > 65535 {
		ps.Valuef(model.BackendPort, at, strconv.Itoa(int(n)), "%d is not a valid port; use a number from 1 to 65535", n)
	}
}

// buildAnnotations reads the annotations by which users change the pods of any workload.
func (w *workload) buildAnnotations(it *krm.Item, ps *model.Problems) {
	w.hardened = choice(it, securityAnnotation, []string{"hardened", "none"}, ps) != "none"
	w.pullPolicy = corev1.PullPolicy(choice(it, PullPolicyAnnotation, pullPolicies, ps))
}

// pullPolicies are the policies of k8s.io/api/core/v1.
var pullPolicies = []string{string(corev1.PullAlways), string(corev1.PullIfNotPresent), string(corev1.PullNever)}

// buildAnnotations reads the annotations by which users change the pods.
func (b *backend) buildAnnotations(it *krm.Item, ps *model.Problems) {
	b.workload.buildAnnotations(it, ps)
	b.runAsNonRoot = choice(it, runAsNonRootAnnotation, []string{"false", "true"}, ps) == "true"
	b.readOnlyDir = choice(it, readOnlyRootAnnotation, []string{"false", "true"}, ps) == "true"
	b.readiness = it.Annotations[readinessAnnotation]
	switch {
	case b.readiness == "":
		b.readiness = "tcp"
	case b.readiness != "tcp" && b.readiness != "none" && !strings.HasPrefix(b.readiness, "/"):
		ps.Valuef(model.InputValue, annotation(it, readinessAnnotation), b.readiness,
			"%q is not a readiness probe; use tcp, none, or the path of an HTTP probe, such as /health", b.readiness)
	}
}

// choice reads an annotation with a fixed set of values. The first value is the default.
func choice(it *krm.Item, name string, values []string, ps *model.Problems) string {
	v := it.Annotations[name]
	if v == "" || slices.Contains(values, v) {
		return v
	}
	ps.Valuef(model.InputValue, annotation(it, name), v, "%q is not one of %s", v, strings.Join(values, ", "))
	return ""
}

func annotation(it *krm.Item, name string) model.Place {
	return it.Place.Child("metadata").Child("annotations").Child(name)
}

// keepSelector sets the selector of w to the one in its annotation, as KEY=VALUE,... The selector of a Deployment is immutable
// (ValidateDeploymentUpdate, k8s.io/kubernetes/pkg/apis/apps/validation), so a Deployment that another program created can only
// be updated with its existing selector. The labels of the selector override all other labels of the pods.
func (w *workload) keepSelector(it *krm.Item, ps *model.Problems) {
	text, ok := it.Annotations[SelectorAnnotation]
	if !ok {
		return
	}
	at := annotation(it, SelectorAnnotation)
	selector, err := labels.ConvertSelectorToLabelsMap(text)
	if err != nil || len(selector) == 0 {
		ps.Valuef(model.InputValue, at, text,
			"%q is not a valid selector; use the selector of the Deployment in the cluster, as KEY=VALUE,KEY=VALUE", text)
		return
	}
	for k, v := range selector {
		if given, ok := it.Labels[k]; ok && given != v {
			ps.Infof(model.InputIgnored, it.Place.Child("metadata").Child("labels").Child(k),
				"%q is replaced by %q from annotation %s, because a selector is immutable", given, v, SelectorAnnotation)
		}
		w.labels[k] = v
	}
	w.selector = selector
}
