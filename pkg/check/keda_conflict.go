package check

import (
	"fmt"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func kedaConflict(w *world, ps *model.Problems) {
	c := newConflicts(w.graph)
	for _, k := range w.graph.KEDA {
		checkOwnership(k, ps)
		if k.Spec == nil {
			continue
		}
		c.checkTarget(k, ps)
		c.checkHPAName(k, ps)
	}
}

// nameIn is a name in a namespace.
type nameIn struct{ namespace, name string }

// conflicts finds objects with the same HorizontalPodAutoscaler.
type conflicts struct {
	hpas map[*chain.Scaler]*chain.HPA
	// named has the HorizontalPodAutoscalers by name, users the ScaledObjects by that of theirs.
	named map[nameIn]*chain.HPA
	users map[nameIn][]*chain.KEDA
}

func newConflicts(g *chain.Graph) *conflicts {
	c := &conflicts{map[*chain.Scaler]*chain.HPA{}, map[nameIn]*chain.HPA{}, map[nameIn][]*chain.KEDA{}}
	if len(g.KEDA) == 0 {
		return c
	}
	for _, h := range g.HPAs {
		c.hpas[&h.Scaler] = h
		c.named[nameIn{h.Namespace(), h.Item.Place.Object.Name}] = h
	}
	for _, k := range g.KEDA {
		if k.Spec != nil {
			key := nameIn{k.Namespace(), k.HPAName()}
			c.users[key] = append(c.users[key], k)
		}
	}
	return c
}

// checkOwnership reports annotations of the wrong object, or with a value that KEDA does not accept (verifyHpas).
func checkOwnership(k *chain.KEDA, ps *model.Problems) {
	at := k.Item.Place.Child("metadata").Child("annotations")
	if value, ok := k.Item.Annotations[keda.TransferOwnership]; ok && value != "true" {
		ps.Reportf(model.Problem{
			ID: model.KEDAConflict, Severity: model.Warning, Place: at.Child(keda.TransferOwnership), Value: value, Suggestion: "true",
		}, "is %s, and only \"true\" has an effect", model.Quote(value))
	}
	if _, ok := k.Item.Annotations[keda.ValidateOwnership]; ok {
		ps.Warnf(model.KEDAConflict, at.Child(keda.ValidateOwnership), "has no effect on a %s; set it on the HorizontalPodAutoscaler",
			k.Item.Place.Object.Kind)
	}
}

// isMadeBy reports whether KEDA made a HorizontalPodAutoscaler for an object, as a dump of a cluster shows.
func isMadeBy(h *chain.HPA, k *chain.KEDA) bool {
	if h.Item.Labels["app.kubernetes.io/managed-by"] == "keda-operator" {
		return true
	}
	var owners []owner
	krm.DecodeLast(h.Item.Field("metadata", "ownerReferences"), h.Item.Place, &owners)
	return slices.Contains(owners, owner{k.Item.Place.Object.Kind, k.Item.Place.Object.Name})
}

// owner is what counts of an ownerReference.
type owner struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// checkTarget reports other scalers of the workload (apis/keda/v1alpha1/scaledobject_webhook.go, verifyHpas and
// verifyScaledObjects).
func (c *conflicts) checkTarget(k *chain.KEDA, ps *model.Problems) {
	var others []string
	told := 0
	for _, s := range k.Sharing {
		h := c.hpas[s]
		switch {
		case s == &k.Scaler || k.Ref.Name == "" || told == mostNamed:
		case h != nil && !isMadeBy(h, k):
			c.checkHPA(k, h, ps)
			told++
		case h == nil && s.Item.Place.Object.Name != k.Item.Place.Object.Name && len(others) < mostNamed:
			others = append(others, s.String())
		}
	}
	if others = lookup.Distinct(others); len(others) > 0 {
		ps.Errorf(model.KEDAConflict, k.RefAt(), "%s %s is also scaled by %s, so the webhook rejects one of them; use one ScaledObject with "+
			"all triggers", k.Ref.Kind, k.Ref.Name, strings.Join(others, ", "))
	}
}

// checkHPA reports a HorizontalPodAutoscaler of the same workload.
func (c *conflicts) checkHPA(k *chain.KEDA, h *chain.HPA, ps *model.Problems) {
	name := h.Item.Place.Object.Name
	transfers, named := k.Item.Annotations[keda.TransferOwnership] == "true", k.HPAName() == name
	target := k.Ref.Kind + " " + k.Ref.Name
	switch {
	case transfers && named && k.Paused():
		ps.Errorf(model.KEDAConflict, k.Item.Place.Child("metadata").Child("annotations"),
			"pause %s, which takes over %s, so KEDA deletes that; take it over first", &k.Scaler, &h.Scaler)
	case transfers && named:
		checkAdoption(k, h, ps)
	case transfers:
		ps.Reportf(model.Problem{ID: model.KEDAConflict, Place: hpaNameAt(k), Suggestion: name},
			"is not %s, which scales %s, so the webhook rejects the transfer; set it to %s", name, target, name)
	case h.Item.Annotations[keda.ValidateOwnership] == "false":
		ps.Errorf(model.KEDAConflict, k.RefAt(), "%s is also scaled by %s, and the annotation %s only silences the webhook, so both stop "+
			"(AmbiguousSelector); remove the HorizontalPodAutoscaler, or take it over", target, &h.Scaler, keda.ValidateOwnership)
	default:
		ps.Errorf(model.KEDAConflict, k.RefAt(), "%s is also scaled by %s, so the webhook rejects the ScaledObject; remove the "+
			"HorizontalPodAutoscaler, or take it over: set advanced.horizontalPodAutoscalerConfig.name to %s, and the annotation %s to \"true\"",
			target, &h.Scaler, name, keda.TransferOwnership)
	}
}

// checkAdoption reports what a HorizontalPodAutoscaler loses when a ScaledObject takes it over, because KEDA replaces all of it
// (controllers/keda/hpa.go, updateHPAIfNeeded).
func checkAdoption(k *chain.KEDA, h *chain.HPA, ps *model.Problems) {
	spec := k.Item.Place.Child("spec")
	ps.Warnf(model.KEDAConflict, h.Item.Place, "is taken over by %s, and every apply of this manifest overrides what KEDA writes; remove it "+
		"from the manifests without deleting it from the cluster", &k.Scaler)
	lowest := int32(1)
	if h.MinReplicas != nil {
		lowest = *h.MinReplicas
	}
	if k.Spec.MinReplicaCount == nil {
		ps.Warnf(model.KEDAConflict, spec.Child("minReplicaCount"),
			"is missing, so the minimum changes from %d to 0 when it takes over %s; set it to %d", lowest, &h.Scaler, lowest)
	}
	if k.Spec.MaxReplicaCount == nil && h.MaxReplicas != keda.DefaultMaxReplicaCount {
		ps.Warnf(model.KEDAConflict, spec.Child("maxReplicaCount"),
			"is missing, so the maximum changes from %d to %d when it takes over %s; set it to %d",
			h.MaxReplicas, keda.DefaultMaxReplicaCount, &h.Scaler, h.MaxReplicas)
	}
	if b, at := k.Behavior(); b == nil && h.Behavior != nil {
		ps.Warnf(model.KEDAConflict, at, "is missing, so the behavior of %s is lost when %s takes it over; copy it", &h.Scaler, &k.Scaler)
	}
	for _, m := range h.Metrics {
		if name := usageOf(m); name != "" && !slices.ContainsFunc(k.Triggers, func(t keda.Trigger) bool { return t.Type == name }) {
			ps.Warnf(model.KEDAConflict, spec.Child("triggers"),
				"have none on %s, which %s scales on, so it is lost when %s takes it over; add one", name, &h.Scaler, &k.Scaler)
		}
	}
}

// usageOf returns the resource of a metric, or "".
func usageOf(m autoscalingv2.MetricSpec) string {
	switch {
	case m.Resource != nil:
		return string(m.Resource.Name)
	case m.ContainerResource != nil:
		return string(m.ContainerResource.Name)
	}
	return ""
}

// checkHPAName reports a HorizontalPodAutoscaler of that name which scales another workload, and other ScaledObjects with it.
func (c *conflicts) checkHPAName(k *chain.KEDA, ps *model.Problems) {
	key := nameIn{k.Namespace(), k.HPAName()}
	at := k.Item.Place.Child("metadata").Child("name")
	if a := k.Spec.Advanced; a != nil && a.HorizontalPodAutoscalerConfig != nil && a.HorizontalPodAutoscalerConfig.Name != "" {
		at = hpaNameAt(k)
	}
	if h := c.named[key]; h != nil && h.Ref.Name != "" && !slices.Contains(k.Sharing, &h.Scaler) && !isMadeBy(h, k) {
		ps.Errorf(model.KEDAConflict, at, "makes KEDA overwrite %s, which scales %s %s; use another name", &h.Scaler, h.Ref.Kind, h.Ref.Name)
	}
	var others []string
	for _, o := range c.users[key] {
		if o.Item.Place.Object.Name != k.Item.Place.Object.Name && len(others) < mostNamed {
			others = append(others, fmt.Sprint(&o.Scaler))
		}
	}
	if len(others) > 0 {
		ps.Errorf(model.KEDAConflict, at, "has HorizontalPodAutoscaler %s like %s, so the webhook rejects one of them; use another name",
			key.name, strings.Join(lookup.Distinct(others), ", "))
	}
}
