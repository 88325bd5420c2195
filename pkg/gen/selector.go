package gen

import (
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// keepSelector gives w the selector that its annotation states, as KEY=VALUE,... The API server lets no selector of a Deployment
// be changed (ValidateDeploymentUpdate, k8s.io/kubernetes/pkg/apis/apps/validation), so that a Deployment that somebody
// else made can only be updated with the selector that it has. The pods get its labels, whatever else is said of them.
func (w *workload) keepSelector(it *krm.Item, ps *model.Problems) {
	text, ok := it.Annotations[SelectorAnnotation]
	if !ok {
		return
	}
	at := annotation(it, SelectorAnnotation)
	selector, err := labels.ConvertSelectorToLabelsMap(text)
	if err != nil || len(selector) == 0 {
		ps.Valuef(model.InputValue, at, text, "%q is no selector; write that of the Deployment in the cluster, as KEY=VALUE,KEY=VALUE", text)
		return
	}
	for k, v := range selector {
		if given, ok := it.Labels[k]; ok && given != v {
			ps.Infof(model.InputIgnored, it.Place.Child("metadata").Child("labels").Child(k),
				"%q gives way to %q of the annotation %s, because a selector cannot be changed", given, v, SelectorAnnotation)
		}
		w.labels[k] = v
	}
	w.selector = selector
}
