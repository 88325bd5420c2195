package check

import (
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// longestLabel is the longest value of a label. KEDA puts both names into labels.
const longestLabel = 63

func kedaName(w *world, ps *model.Problems) {
	for _, k := range w.graph.KEDA {
		checkNames(k, ps)
	}
}

// checkNames follows the webhook (apis/keda/v1alpha1/scaledobject_webhook.go, verifyName).
func checkNames(k *chain.KEDA, ps *model.Problems) {
	name := k.Item.Place.Object.Name
	at := k.Item.Place.Child("metadata").Child("name")
	if is := apivalidation.NameIsDNSSubdomain(name, false); len(is) > 0 && name != "" {
		rule, _, _ := strings.Cut(is[0], " (e.g.")
		ps.Valuef(model.KEDAName, at, name, "%s is not valid: %s", model.Quote(name), rule)
		return
	}
	if len(name) > longestLabel {
		ps.Valuef(model.KEDAName, at, name, "has %d characters; use at most %d, because KEDA puts it into a label", len(name), longestLabel)
		return
	}
	if k.Spec == nil {
		return
	}
	hpa := k.HPAName()
	own := "keda-hpa-" + name
	place := hpaNameAt(k)
	is := apivalidation.NameIsDNSSubdomain(hpa, false)
	switch {
	case hpa == own && len(hpa) > longestLabel:
		ps.Valuef(model.KEDAName, at, name, "has %d characters, so the HorizontalPodAutoscaler %s has more than %d; use at most %d, or "+
			"set advanced.horizontalPodAutoscalerConfig.name", len(name), hpa, longestLabel, longestLabel-len("keda-hpa-"))
	case hpa != own && len(hpa) > longestLabel:
		ps.Valuef(model.KEDAName, place, hpa, "has %d characters; use at most %d", len(hpa), longestLabel)
	case hpa != own && len(is) > 0:
		rule, _, _ := strings.Cut(is[0], " (e.g.")
		ps.Valuef(model.KEDAName, place, hpa, "%s is not valid: %s", model.Quote(hpa), rule)
	}
}

// hpaNameAt is the place of the name of the HorizontalPodAutoscaler of a ScaledObject.
func hpaNameAt(k *chain.KEDA) model.Place {
	return k.Item.Place.Child("spec").Child("advanced").Child("horizontalPodAutoscalerConfig").Child("name")
}
