package check

import (
	"github.com/krm-fn/krm-fn/pkg/hpa/validation"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaBehavior(w *world, ps *model.Problems) {
	for _, s := range w.graph.HPAs {
		if s.Behavior != nil {
			ps.Add(validation.Behavior(s.Behavior, s.BehaviorAt())...)
		}
	}
	for _, k := range w.graph.KEDA {
		b, at := k.Behavior()
		ps.Add(validation.Behavior(b, at)...)
	}
}
