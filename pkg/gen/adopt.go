package gen

import (
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// adopted is a scaler that a user wrote. Its metrics get what they need and is missing: a monitor and adapter rules.
type adopted struct {
	// workload has the name and namespace of what it scales, and the place of the scaler.
	workload
	item  *krm.Item
	needs []hpa.Need
	// watch is nil if no monitor is missing.
	watch *watch
}

// adopter joins the objects in the input when they are first needed.
type adopter struct {
	src   *source
	known *chain.Graph
}

// graph returns the objects of users, and those of other runs, and how they refer to each other. The checks report what cannot
// be decoded.
func (a *adopter) graph() *chain.Graph {
	if a.known == nil {
		items := slices.DeleteFunc(slices.Clone(a.src.all), func(it *krm.Item) bool {
			return Owner(it) != "" && !a.src.scope.elsewhere(it)
		})
		a.known, _ = chain.New(items, 0, func(*corev1.Container) bool { return false })
	}
	return a.known
}

// readScaler reads the annotation of an item that is a scaler.
func (src *source) readScaler(it *krm.Item, opts *options, ps *model.Problems) {
	if it.Place.Object.Kind == horizontalPodAutoscaler.kind {
		choice(it, chainAnnotation, []string{chainRendered}, ps)
		src.adopts = src.adopts || src.isAdopted(it, opts)
	}
}

// isAdopted reports whether the metrics of an item, if it is a scaler, need what this run renders.
func (src *source) isAdopted(it *krm.Item, opts *options) bool {
	return it.Place.Object.Kind == horizontalPodAutoscaler.kind && Owner(it) == "" && !src.scope.elsewhere(it) &&
		(opts.adoptAll || it.Annotations[chainAnnotation] == chainRendered)
}

// adoptScalers resolves the scalers of users.
func (b *builder) adoptScalers(ps *model.Problems) []adopted {
	src := b.adopter.src
	if !src.adopts && len(b.taken) == 0 {
		return nil
	}
	var all []adopted
	watched := map[*chain.Workload]bool{}
	for _, s := range b.adopter.graph().Scalers {
		if !src.isAdopted(s.Item, &b.opts) && !b.taken[s.Item] {
			continue
		}
		out := b.adoptScaler(s, ps)
		if watched[s.Target] {
			out.watch = nil
		}
		watched[s.Target] = true
		all = append(all, out)
	}
	return all
}

func (b *builder) adoptScaler(s *chain.Scaler, ps *model.Problems) adopted {
	out := adopted{workload: newWorkload(s.Item, s.Item.Place), item: s.Item}
	out.ref.Name, out.labels = s.Ref.Name, map[string]string{}
	out.share(b.opts.owner)
	var own hpa.Scaling
	for i := range s.Metrics {
		if s.Source(&s.Metrics[i]) == chain.AdapterRule && hasMetric(&s.Metrics[i]) {
			own.Metrics = append(own.Metrics, s.Metrics[i])
			own.Places.Metrics = append(own.Places.Metrics, s.MetricAt(i))
		}
	}
	out.needs = own.Needs()
	switch {
	case len(out.needs) == 0:
		if s.Item.Annotations[chainAnnotation] != "" {
			ps.Infof(model.InputIgnored, annotation(s.Item, chainAnnotation), "has no effect, because no metric of this %s needs an adapter",
				s.Item.Place.Object.Kind)
		}
	case own.PodsMetrics() && s.Target != nil: // The checks report a target that is missing.
		out.watch = b.watch(s.Item, s.Target, ps)
	}
	return out
}

// hasMetric reports whether a metric has the source that its type says; the checks report one without it.
func hasMetric(m *autoscalingv2.MetricSpec) bool {
	return m.Pods != nil || m.Object != nil || m.External != nil
}

// adoptedKinds are the kinds that a TargetEndpoint without an image can stand for.
var adoptedKinds = []string{"Deployment", "StatefulSet", "Rollout", "ReplicaSet", "ReplicationController"}

// adoptable returns the workload that a TargetEndpoint without an image stands for: the one of its name, nil if there is none.
func (b *builder) adoptable(e *endpoint) *chain.Workload {
	it := e.input.item
	if e.backend.image != "" || it.Annotations[adoptAnnotation] == "false" {
		return nil
	}
	for _, kind := range adoptedKinds {
		found := b.items.find(kind, it.Ref().Name, e.input.referrer(), it.Place, &model.Problems{})
		if found == nil {
			continue
		}
		all := b.adopter.graph().Workloads.All
		if i := slices.IndexFunc(all, func(wl *chain.Workload) bool { return wl.Item == found }); i >= 0 {
			return all[i]
		}
	}
	return nil
}

// adopt resolves a backend whose pods another object of the input creates.
func (b *builder) adopt(e *endpoint, ps *model.Problems) {
	out, it := &e.backend, e.input.item
	wl := b.adoptable(e)
	choice(it, adoptAnnotation, adoptValues, ps)
	at := it.Place.Child("spec").Child("deploy")
	if wl.Scaler != nil {
		b.taken[wl.Scaler.Item] = true
		ps.Infof(model.BackendImage, at.Child("dockerImage"), "is missing, so this backend is %s, which %s scales; minReplicas, maxReplicas, "+
			"and hpa-configs have no effect", wl, wl.Scaler)
		return
	}
	ps.Infof(model.BackendImage, at.Child("dockerImage"), "is missing, so this backend is %s, which gets a %s; if that should not "+
		"scale, set the annotation %s to \"false\"", wl, b.opts.scaler.kind, adoptAnnotation)
	o := wl.Item.Place.Object
	out.target = autoscalingv2.CrossVersionObjectReference{APIVersion: o.APIVersion, Kind: o.Kind, Name: o.Name}
	b.scale(e, ps)
	var containers []string
	for _, c := range wl.Template.Running {
		containers = append(containers, c.Name)
	}
	checkContainers(out.scaling, containers, it.Place, ps)
	if wantsMetrics(it, out.observed || out.scaling.PodsMetrics(), ps) {
		out.watch = b.watch(it, wl, ps)
	}
	b.bound(e, ps)
	out.share(b.opts.owner)
}

// adoptedOutputs are the objects of a backend whose pods another object of the input creates.
var adoptedOutputs = []output{
	{workload: func(w *workload, o *options) typedObject {
		if w.scaling == nil {
			return nil
		}
		return o.scaler.render(w, o)
	}},
	{backend: func(b *backend, o *options) typedObject { return b.watch.monitor(&b.workload, o) }},
}

// portHints are parts of the names of ports that serve metrics.
var portHints = []string{"metrics", "prometheus", "prom"}

// metricsTarget finds the port of a workload that serves its metrics: the one in the annotation of it or in those by which a
// Prometheus without monitors finds pods, the one with a telling name, or the only one.
func metricsTarget(it *krm.Item, wl *chain.Workload, ps *model.Problems) (chain.Target, bool) {
	var declared, named []chain.Target
	var names []string
	for _, t := range chain.PodTargets(wl) {
		if !t.Declared || t.Protocol != corev1.ProtocolTCP {
			continue
		}
		declared, names = append(declared, t), append(names, portText(t))
		if slices.ContainsFunc(portHints, func(hint string) bool { return strings.Contains(t.Name, hint) }) {
			named = append(named, t)
		}
	}
	text, at := it.Annotations[metricsPortAnnotation], annotation(it, metricsPortAnnotation)
	if text == "" && wl.Template.Annotations[scrapePort] != "" {
		text, at = wl.Template.Annotations[scrapePort], wl.At().Child("metadata").Child("annotations").Child(scrapePort)
	}
	switch {
	case len(declared) == 0:
		ps.Errorf(model.BackendPort, wl.At(), "declares no container port, but %s scales on metrics of these pods; add the port that serves "+
			"them to a container", it.Place.Object)
	case text != "":
		for _, t := range declared {
			if text == t.Name || text == portNumber(t) {
				return t, true
			}
		}
		ps.Add(model.Problem{
			ID: model.BackendPort, Severity: model.Error, Place: at, Value: text, Suggestion: krm.Suggest(text, names),
			Message: "is not a port that the containers of " + wl.String() + " declare; available: " + strings.Join(names, ", "),
		})
	case len(named) == 1:
		return named[0], true
	case len(declared) == 1:
		return declared[0], true
	default:
		ps.Errorf(model.BackendPort, it.Place, "which port of %s serves the metrics is not known; set the annotation %s to one of %s",
			wl, metricsPortAnnotation, strings.Join(names, ", "))
	}
	return chain.Target{}, false
}
