package check

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// checkKEDAAPI reports who else serves the external metrics API, which only one program in a cluster can do. A ScaledObject requires
// it for each trigger except those on cpu and memory (config/metrics-server/api_service.yaml).
func checkKEDAAPI(w *world, ps *model.Problems) {
	i := slices.IndexFunc(w.graph.KEDA, func(k *chain.KEDA) bool { return k.Spec != nil && len(k.Triggers) > 0 && !k.OnlyResources() })
	if i < 0 {
		return
	}
	k := w.graph.KEDA[i]
	apis := w.graph.APIs.Of(chain.ExternalMetrics)
	isKEDA := func(a *chain.APIService) bool { return strings.Contains(a.Service.Name, "keda") }
	for _, a := range apis {
		if isKEDA(a) {
			continue
		}
		p := model.Problem{
			ID: model.APIService, Severity: model.Warning, Place: a.Item.Place.Child("spec").Child("service").Child("name"), Value: a.Service.Name,
		}
		if svc := w.graph.ServiceOf(a.Service); a.IsOther() || svc != nil && len(w.setup.Behind(svc)) > 0 {
			p.Severity = model.Error
		}
		ps.Reportf(p, "gives %s to Service %s, but %s requires KEDA there; only one program can serve an API, so remove this APIService",
			chain.ExternalMetrics, a.Service.Name, &k.Scaler)
	}
	rules := w.setup.External.Rules
	j := slices.IndexFunc(rules, func(r *adapter.Rule) bool { return r.Config.UnusedReason == "" })
	if j < 0 || slices.ContainsFunc(apis, isKEDA) || len(apis) > 0 {
		return
	}
	ps.Warnf(model.APIService, rules[j].At, "is a rule for %s, which only one program in a cluster can serve, and %s requires KEDA there; "+
		"move the rule to rules, or replace it with a ScaledObject", chain.ExternalMetrics, &k.Scaler)
}
