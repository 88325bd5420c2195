package check

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/hpa/validation"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaVersion(w *world, ps *model.Problems) {
	for _, it := range w.graph.Items {
		checkVersion(w.graph, it, ps)
	}
	for _, s := range w.graph.HPAs {
		if s.Rendered { // What renders it has reported this.
			continue
		}
		checkMoved(s, ps)
		ps.Add(validation.BehaviorIn(s.Behavior, s.BehaviorAt(), w.graph.Minor)...)
		for i := range s.Metrics {
			ps.Add(validation.MetricIn(&s.Metrics[i], s.MetricAt(i), w.graph.Minor)...)
		}
	}
	for _, k := range w.graph.KEDA {
		b, at := k.Behavior()
		ps.Add(validation.BehaviorIn(b, at, w.graph.Minor)...)
	}
}

// served lists which Kubernetes 1.x serve kinds in a version.
type served struct {
	apiVersion string
	kinds      []string
	// since is 0 if no version that matters lacks it, until the first that lacks it again, 0 for none.
	since, until int
	// instead is what to write.
	instead string
}

var (
	hpaKind       = []string{"HorizontalPodAutoscaler"}
	workloadKinds = []string{"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}
)

// versions are those of the kinds that the chain is made of, the registration of the adapter included
// (https://kubernetes.io/docs/reference/using-api/deprecation-guide/).
var versions = []served{
	{"autoscaling/v1", hpaKind, 0, 0, ""},
	{"autoscaling/v2beta1", hpaKind, 0, 25, "autoscaling/v2"},
	{"autoscaling/v2beta2", hpaKind, 0, 26, "autoscaling/v2"},
	{"autoscaling/v2", hpaKind, 23, 0, "autoscaling/v2beta2"},
	{"extensions/v1beta1", workloadKinds, 0, 16, "apps/v1"},
	{"apps/v1beta1", workloadKinds, 0, 16, "apps/v1"},
	{"apps/v1beta2", workloadKinds, 0, 16, "apps/v1"},
	{"apiregistration.k8s.io/v1beta1", []string{"APIService"}, 0, 22, "apiregistration.k8s.io/v1"},
}

func checkVersion(g *chain.Graph, it *krm.Item, ps *model.Problems) {
	o := it.Place.Object
	p := model.Problem{ID: model.HPAVersion, Severity: model.Error, Place: it.Place.Child("apiVersion"), Value: o.APIVersion}
	i := slices.IndexFunc(versions, func(v served) bool { return v.apiVersion == o.APIVersion && slices.Contains(v.kinds, o.Kind) })
	if i < 0 {
		if o.Kind == hpaKind[0] {
			checkUnknownVersion(g, p, ps)
		} else {
			checkSpelling(p, ps)
		}
		return
	}
	if o.Kind == "APIService" && !strings.HasSuffix(o.Name, ".metrics.k8s.io") {
		return
	}
	switch v := versions[i]; {
	case g.Before(v.since):
		ps.Reportf(p,
			"%s is served starting with Kubernetes 1.%d, but the target version is 1.%d; use %s",
			o.APIVersion, v.since, g.Minor, v.instead)
	case v.until > 0 && !g.Before(v.until):
		p.Suggestion = v.instead
		ps.Reportf(p, "%s is not served since Kubernetes 1.%d; use %s", o.APIVersion, v.until, v.instead)
	}
}

// checkUnknownVersion reports an HPA of a version that never was or is long gone.
func checkUnknownVersion(g *chain.Graph, p model.Problem, ps *model.Problems) {
	p.Suggestion = "autoscaling/v2"
	if g.Before(23) {
		p.Suggestion = "autoscaling/v2beta2"
	}
	ps.Reportf(p, "no Kubernetes in use serves a HorizontalPodAutoscaler in %s; use %s", p.Place.Object.APIVersion, p.Suggestion)
}

// known are kinds of the chain, by group, with the versions in which they ever were.
var known = []struct {
	group, kind string
	versions    []string
}{
	{"", "ConfigMap", []string{"v1"}},
	{"", "Service", []string{"v1"}},
	{"apps", "DaemonSet", []string{"v1", "v1beta2"}},
	{"apps", "Deployment", []string{"v1", "v1beta1", "v1beta2"}},
	{"apps", "ReplicaSet", []string{"v1", "v1beta2"}},
	{"apps", "StatefulSet", []string{"v1", "v1beta1", "v1beta2"}},
	{"autoscaling", "HorizontalPodAutoscaler", []string{"v2"}},
	{"keda.sh", "ClusterTriggerAuthentication", []string{"v1alpha1"}},
	{"keda.sh", "ScaledJob", []string{"v1alpha1"}},
	{"keda.sh", "ScaledObject", []string{"v1alpha1"}},
	{"keda.sh", "TriggerAuthentication", []string{"v1alpha1"}},
	{"monitoring.coreos.com", "PodMonitor", []string{"v1"}},
	{"monitoring.coreos.com", "Prometheus", []string{"v1"}},
	{"monitoring.coreos.com", "PrometheusRule", []string{"v1"}},
	{"monitoring.coreos.com", "ServiceMonitor", []string{"v1"}},
}

// checkSpelling reports a version in which a known kind never was, and a kind that is almost a known one of its group.
func checkSpelling(p model.Problem, ps *model.Problems) {
	o := p.Place.Object
	group, version := model.Group(o.APIVersion), o.APIVersion[strings.LastIndexByte(o.APIVersion, '/')+1:]
	var kinds []string
	for _, k := range known {
		if k.group != group {
			continue
		}
		if k.kind != o.Kind {
			kinds = append(kinds, k.kind)
			continue
		}
		if !slices.Contains(k.versions, version) {
			p.Suggestion = strings.TrimSuffix(o.APIVersion, version) + k.versions[0]
			ps.Reportf(p, "nothing serves a %s in %s; use %s", o.Kind, o.APIVersion, p.Suggestion)
		}
		return
	}
	// What is like a kind of the core may be another one of it, and PrometheusAgent is not meant to be a Prometheus.
	if like := krm.Suggest(o.Kind, kinds); like != "" && group != "" && !slices.Contains(otherKinds, o.Kind) {
		p.Place.Field, p.Value, p.Suggestion = "kind", o.Kind, like
		ps.Reportf(p, "%s has no kind %q%s", group, o.Kind, krm.DidYouMean(o.Kind, kinds))
	}
}

// otherKinds are those of the same groups that are not of the chain.
var otherKinds = []string{
	"Alertmanager", "AlertmanagerConfig", "ControllerRevision", "Probe", "PrometheusAgent", "Scale", "ScrapeConfig", "ThanosRuler",
}

// moved are fields of the spec that only some versions have.
var moved = []struct {
	field    string
	versions []string
	instead  string
}{
	{"targetCPUUtilizationPercentage", []string{"autoscaling/v1"}, "metrics"},
	{"metrics", []string{"autoscaling/v2beta1", "autoscaling/v2beta2", "autoscaling/v2"}, "apiVersion: autoscaling/v2"},
	{"behavior", []string{"autoscaling/v2beta2", "autoscaling/v2"}, "apiVersion: autoscaling/v2"},
}

// annotations are those of autoscaling/v1 for fields of autoscaling/v2.
var annotations = []struct{ name, field string }{
	{chain.MetricsAnnotation, "metrics"}, {chain.BehaviorAnnotation, "behavior"},
}

// checkMoved reports fields and annotations that belong to another version of the HPA. They do not reach the controller, so that
// the utilization of cpu is what it scales by in the end.
func checkMoved(s *chain.HPA, ps *model.Problems) {
	version := s.Item.Place.Object.APIVersion
	if !strings.HasPrefix(version, "autoscaling/") {
		return
	}
	for _, f := range moved {
		if !slices.Contains(f.versions, version) && s.Item.Has("spec", f.field) {
			ps.Errorf(model.HPAVersion, s.Item.Place.Child("spec").Child(f.field),
				"is not a field of %s, which drops or rejects it; use %s", version, f.instead)
		}
	}
	for _, a := range annotations {
		if _, ok := s.Item.Annotations[a.name]; ok && version != "autoscaling/v1" {
			ps.Warnf(model.HPAVersion, s.Item.Place.Child("metadata").Child("annotations").Child(a.name),
				"has no effect in %s; use spec.%s", version, a.field)
		}
	}
}
