package check

import (
	"fmt"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaMetadata(w *world, ps *model.Problems) {
	for _, s := range w.graph.HPAs {
		if !s.Rendered {
			checkMetadata(s, ps)
		}
	}
}

// checkMetadata follows Kubernetes, pkg/apis/autoscaling/validation/validation.go, ValidateHorizontalPodAutoscaler.
func checkMetadata(s *chain.HPA, ps *model.Problems) {
	var meta metav1.ObjectMeta
	at := s.Item.Place.Child("metadata")
	wrong := krm.Decode(s.Item.Field("metadata"), at, &meta)
	meta.Name, meta.Namespace = s.Item.Place.Object.Name, s.Namespace()
	var found model.Problems
	for _, e := range apivalidation.ValidateObjectMeta(&meta, true, apivalidation.NameIsDNSSubdomain, nil) {
		place, value := at, model.Shorten(fmt.Sprint(e.BadValue), model.MaxShown)
		place.Field += "." + e.Field
		rule, _, _ := strings.Cut(e.Detail, " (e.g.") // An example and a regular expression follow.
		found.Valuef(model.HPAMetadata, place, value, "%s is not valid: %s", model.Quote(fmt.Sprint(e.BadValue)), rule)
	}
	ps.Add(found.WithoutFollowUps(wrong)...)
}
