package check

import (
	"github.com/krm-fn/krm-fn/pkg/hpa/validation"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaMetric(w *world, ps *model.Problems) {
	for _, s := range w.graph.HPAs {
		rules := validation.Rules{Contradiction: model.Warning}
		if s.IsFlat() {
			rules.Format = validation.V2beta1
		}
		for i := range s.Metrics {
			ps.Add(rules.Metric(&s.Metrics[i], func() model.Place { return s.MetricAt(i) })...)
		}
	}
	checkAverages(w, ps)
}
