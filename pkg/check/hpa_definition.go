package check

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// unscalable are custom resources without a scale, with what scales them.
var unscalable = map[string]string{
	"serving.knative.dev/Configuration": "the annotations autoscaling.knative.dev/min-scale and max-scale",
	"serving.knative.dev/Revision":      "the annotations autoscaling.knative.dev/min-scale and max-scale",
	"serving.knative.dev/Service":       "the annotations autoscaling.knative.dev/min-scale and max-scale",
}

// definition is what a scale needs of a CustomResourceDefinition.
type definition struct {
	at    model.Place
	Names struct {
		Kind string `json:"kind"`
	} `json:"names"`
	Versions []struct {
		Served       bool `json:"served"`
		Subresources struct {
			Scale *struct {
				LabelSelectorPath string `json:"labelSelectorPath"`
			} `json:"scale"`
		} `json:"subresources"`
	} `json:"versions"`
}

// checkDefinition checks that a target of a group of others has a scale, and that this has a selector, which the controller
// requires (Kubernetes, pkg/controller/podautoscaler/horizontal.go, validateAndParseSelector).
func checkDefinition(mi *missing, s *chain.Scaler, ps *model.Problems) bool {
	ref, at := s.Ref, s.RefAt().Child("kind")
	group := model.Group(ref.APIVersion)
	if instead, ok := unscalable[group+"/"+ref.Kind]; ok {
		ps.Valuef(model.HPATarget, at, ref.Kind, "a %s of %s has no scale subresource, so nothing can scale it; use %s",
			ref.Kind, group, instead)
		return false
	}
	d := lookup.Remember(mi.definitions, [2]string{group, ref.Kind}, mi.definitionOf)
	if d == nil {
		return true
	}
	scales, selects := false, false
	for _, v := range d.Versions {
		if v.Served && v.Subresources.Scale != nil {
			scales, selects = true, selects || v.Subresources.Scale.LabelSelectorPath != ""
		}
	}
	switch {
	case !scales:
		ps.Valuef(model.HPATarget, at, ref.Kind, "a %s has no scale subresource, so nothing can scale it; add subresources.scale to %s",
			ref.Kind, d.at.Object)
	case !selects:
		ps.Errorf(model.HPATarget, d.at.Child("spec").Child("versions"),
			"subresources.scale has no labelSelectorPath, so %s finds no pods of %s %s; add it", s, ref.Kind, ref.Name)
	}
	return scales && selects
}

// definitionOf returns the CustomResourceDefinition of a group and kind, or nil. Its name ends with the group.
func (mi *missing) definitionOf(of [2]string) *definition {
	group, kind := of[0], of[1]
	for _, it := range mi.graph.Items {
		o := it.Place.Object
		if o.Kind != "CustomResourceDefinition" || o.APIVersion != "apiextensions.k8s.io/v1" || !strings.HasSuffix(o.Name, "."+group) {
			continue
		}
		d := definition{at: it.Place}
		krm.Decode(it.Field("spec"), it.Place, &d)
		if slices.Contains([]string{d.Names.Kind, strings.ToLower(d.Names.Kind)}, kind) {
			return &d
		}
	}
	return nil
}
