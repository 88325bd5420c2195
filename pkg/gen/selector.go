package gen

import (
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

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
		ps.Valuef(model.InputValue, at, text, "%q is not a valid selector; use the selector of the Deployment in the cluster, as KEY=VALUE,KEY=VALUE", text)
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
