package check

import (
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func kedaTarget(w *world, ps *model.Problems) {
	for _, it := range w.graph.Items {
		if o := it.Place.Object; strings.HasPrefix(o.APIVersion, "keda.k8s.io/") {
			ps.Reportf(model.Problem{
				ID: model.KEDATarget, Place: it.Place.Child("apiVersion"), Value: o.APIVersion, Suggestion: keda.APIVersion,
			}, "is the group of KEDA 1, which KEDA 2 does not serve; use %s and its fields", keda.APIVersion)
		}
	}
	for _, k := range w.graph.KEDA {
		if k.Spec != nil {
			checkReference(k, ps)
		}
		checkEnvSource(w.graph, k, ps)
	}
}

// checkReference reports what only KEDA asks of a reference. It asks for exactly the version (apis/keda/v1alpha1/gvkr.go), which
// the controller of the HorizontalPodAutoscaler ignores.
func checkReference(k *chain.KEDA, ps *model.Problems) {
	ref := k.Spec.ScaleTargetRef
	switch {
	case ref == nil || ref.APIVersion == "" || ref.APIVersion == "apps/v1":
	case ref.Kind == "" && model.Group(ref.APIVersion) != "apps":
		ps.Errorf(model.KEDATarget, k.RefAt().Child("kind"),
			"is missing, so KEDA looks for a Deployment of %s; set the kind of %s", ref.APIVersion, ref.Name)
	case model.Group(ref.APIVersion) == "apps":
		ps.Reportf(model.Problem{
			ID: model.KEDATarget, Place: k.RefAt().Child("apiVersion"), Value: ref.APIVersion, Suggestion: "apps/v1",
		}, "is %s, and KEDA asks for exactly this version, which Kubernetes does not serve; use apps/v1", ref.APIVersion)
	}
}

// checkEnvSource reports a container for the environment of the triggers that the pods do not have (pkg/scaling/resolver,
// ResolveContainerEnv).
func checkEnvSource(g *chain.Graph, k *chain.KEDA, ps *model.Problems) {
	wl := k.Target
	if k.Spec == nil || k.Spec.ScaleTargetRef == nil || wl == nil || !wl.KnowsPods() || g.Namespaces.MayInject(wl) {
		return
	}
	name := k.Spec.ScaleTargetRef.EnvSourceContainerName
	var names []string
	for _, c := range wl.Template.Running {
		if names = append(names, c.Name); c.Name == name {
			return
		}
	}
	if name != "" {
		ps.Reportf(model.Problem{
			ID: model.KEDATarget, Place: k.RefAt().Child("envSourceContainerName"), Value: name, Suggestion: krm.Suggest(name, names),
		}, "container %q is not in the pods of %s%s", name, wl, krm.DidYouMean(name, names))
	}
}
