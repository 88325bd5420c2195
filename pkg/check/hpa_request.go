package check

import (
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaRequest(w *world, ps *model.Problems) {
	for _, s := range w.graph.Scalers {
		if wl := s.Target; wl != nil && wl.KnowsPods() {
			for i, m := range s.Metrics {
				checkRequest(w.graph, usage{s, m, i}, wl, ps)
			}
		}
	}
}

// usage is a metric of type Resource or ContainerResource and its position.
type usage struct {
	scaler *chain.Scaler
	metric autoscalingv2.MetricSpec
	number int
}

// checkRequest follows Kubernetes, pkg/controller/podautoscaler/replica_calculator.go, calculateRequests, which looks at
// all pods that the selector of the target matches, whoever made them.
func checkRequest(g *chain.Graph, u usage, wl *chain.Workload, ps *model.Problems) {
	switch {
	case u.metric.Type == autoscalingv2.ResourceMetricSourceType && u.metric.Resource != nil:
		switch r := u.metric.Resource; {
		case r.Target.AverageUtilization != nil:
			checkPods(g, u, r.Name, wl, ps)
		case !u.scaler.IsHPA() && slices.Contains(verified, wl.GroupKind()):
			checkVerified(g, u, r.Name, wl, ps)
		}
	case u.metric.Type == autoscalingv2.ContainerResourceMetricSourceType && u.metric.ContainerResource != nil:
		checkContainer(g, u, *u.metric.ContainerResource, wl, ps)
	}
}

// checkPods checks the utilization of whole pods.
func checkPods(g *chain.Graph, u usage, name corev1.ResourceName, wl *chain.Workload, ps *model.Problems) {
	checkOwnPods(g, u, name, wl, ps)
	for _, other := range g.Workloads.AlsoMatched(wl) {
		for _, c := range other.Template.Running {
			if podRequests(g, other, name) || containerRequests(g, other, c, name) {
				continue
			}
			p := model.Problem{ID: model.HPARequest, Place: other.ContainerAt(c).Child("resources").Child("requests")}
			if isHook(other.Item) {
				p.Severity = model.Info
			}
			ps.Reportf(p,
				"container %q has no %s request, but %s counts it because the selector of %s matches its pod; give %s a "+
					"different label, or add a request", c.Name, name, u.scaler, wl, other)
		}
	}
}

func checkOwnPods(g *chain.Graph, u usage, name corev1.ResourceName, wl *chain.Workload, ps *model.Problems) {
	if podRequests(g, wl, name) {
		return
	}
	checkInjected(g, u, name, wl, ps)
	for _, c := range wl.Template.Running {
		if !containerRequests(g, wl, c, name) {
			ps.Errorf(model.HPARequest, wl.ContainerAt(c).Child("resources").Child("requests"),
				"container %q has no %s request, which %s requires of every container to compute utilization; add one%s",
				c.Name, name, u.scaler, u.instead())
		}
	}
}

// instead is the end of a message that says what else helps. KEDA requires requests for all targets.
func (u usage) instead() string {
	if u.scaler.IsHPA() {
		return ", or use an AverageValue target"
	}
	return ""
}

// verified are the kinds whose requests the webhook of KEDA requires, whatever the target is
// (apis/keda/v1alpha1/scaledobject_webhook.go, verifyCPUMemoryScalers).
var verified = []string{"apps/Deployment", "apps/StatefulSet"}

// checkVerified reports containers without a request that the webhook of KEDA requires.
func checkVerified(g *chain.Graph, u usage, name corev1.ResourceName, wl *chain.Workload, ps *model.Problems) {
	if slices.Contains(wl.Template.Resources, name) {
		return
	}
	for _, c := range wl.Template.Running {
		if !c.Sidecar() && !containerRequests(g, wl, c, name) {
			ps.Errorf(model.HPARequest, wl.ContainerAt(c).Child("resources").Child("requests"),
				"container %q has no %s request, so the webhook of KEDA rejects %s; add one", c.Name, name, u.scaler)
		}
	}
}

// checkInjected reports containers that webhooks add to the pods of wl without a request.
func checkInjected(g *chain.Graph, u usage, name corev1.ResourceName, wl *chain.Workload, ps *model.Problems) {
	if containerRequests(g, wl, chain.Container{}, name) {
		return
	}
	at := wl.At().Child("metadata").Child("annotations")
	for _, in := range g.Namespaces.Injectors(wl) {
		requested := func(suffix string) bool { return wl.Template.Annotations[in.Annotation+string(name)+suffix] != "" }
		switch {
		case !in.Unrequested || requested("-request") || requested("-limit"):
		case in.Annotation == "":
			ps.Infof(model.HPARequest, wl.At(), "%s adds a container; %s requires a %s request of it to compute utilization",
				in.Key, u.scaler, name)
		default:
			ps.Warnf(model.HPARequest, at.Child(in.Annotation+string(name)+"-request"),
				"is missing; %s adds a container without a %s request, which %s requires of every container to compute utilization; "+
					"set it%s", in.Key, name, u.scaler, u.instead())
		}
	}
}

// checkContainer checks a metric of one container.
func checkContainer(
	g *chain.Graph, u usage, m autoscalingv2.ContainerResourceMetricSource, wl *chain.Workload, ps *model.Problems,
) {
	at := u.scaler.ContainerAt(u.number)
	var names []string
	for _, c := range wl.Template.Running {
		names = append(names, c.Name)
		if c.Name != m.Container {
			continue
		}
		required := m.Target.AverageUtilization != nil || !u.scaler.IsHPA() && slices.Contains(verified, wl.GroupKind())
		if required && !containerRequests(g, wl, c, m.Name) {
			ps.Errorf(model.HPARequest, wl.ContainerAt(c).Child("resources").Child("requests"),
				"container %q has no %s request, which %s requires to compute utilization; add one%s",
				c.Name, m.Name, u.scaler, u.instead())
		}
		return
	}
	if g.Namespaces.MayInject(wl) {
		ps.Infof(model.HPARequest, at,
			"container %q is not in the pod template of %s; cannot tell whether it is injected", m.Container, wl)
		return
	}
	ps.Reportf(model.Problem{ID: model.HPARequest, Place: at, Value: m.Container, Suggestion: krm.Suggest(m.Container, names)},
		"container %q is not in the pods of %s%s", m.Container, wl, krm.DidYouMean(m.Container, names))
}

// requests reports whether a container has a request of a resource when its pod is made: a limit counts as one, and a
// LimitRange of the namespace may add one (Kubernetes, pkg/apis/core/v1/defaults.go, SetDefaults_Pod and
// SetDefaults_LimitRangeItem).
func containerRequests(g *chain.Graph, wl *chain.Workload, c chain.Container, name corev1.ResourceName) bool {
	if slices.Contains(c.Resources, name) {
		return true
	}
	ranges := g.Namespaces.LimitRanges.PossiblyIn(wl.Item.Place.Object.Namespace)
	return slices.ContainsFunc(ranges, func(l *chain.LimitRange) bool {
		return slices.ContainsFunc(l.Spec.Limits, func(i corev1.LimitRangeItem) bool {
			return i.Type == corev1.LimitTypeContainer && hasResource(name, i.DefaultRequest, i.Default, i.Max, i.Min)
		})
	})
}

// minorPodResources has the feature gate PodLevelResources on by default (pkg/features/kube_features.go).
const minorPodResources = 34

// podRequests reports whether the pod as a whole has a request of a resource, which then counts instead of those of its
// containers. If it has one of another resource, those of the containers are summed up (k8s.io/component-helpers,
// resource/helpers.go, PodRequests).
func podRequests(g *chain.Graph, wl *chain.Workload, name corev1.ResourceName) bool {
	if g.Before(minorPodResources) || len(wl.Template.Resources) == 0 {
		return false
	}
	if slices.Contains(wl.Template.Resources, name) {
		return true
	}
	has := func(c chain.Container) bool { return containerRequests(g, wl, c, name) }
	return slices.ContainsFunc(wl.Template.Running, has) || slices.ContainsFunc(wl.Template.Starting, has)
}

func hasResource(name corev1.ResourceName, lists ...corev1.ResourceList) bool {
	return slices.ContainsFunc(lists, func(l corev1.ResourceList) bool { _, ok := l[name]; return ok })
}
