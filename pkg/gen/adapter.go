package gen

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// adapterConfig is the ConfigMap from which the adapter reads its rules.
type adapterConfig struct {
	// text is "" if there is no rule, and then nothing is rendered.
	text string
	ref  model.Ref
	key  string
	// labels, annotations, and data are the other contents of the ConfigMap that a user wrote in this place.
	labels, annotations, data map[string]string
	// hashed tells kustomize to append a hash of the content to the name.
	hashed bool
	origin origin
	// inInput means that the input has this ConfigMap, or pods that read it.
	inInput bool
	// needs are the metrics that scalers read through the adapter.
	needs []hpa.Need
}

// adapterBuilder finds the ConfigMap for the rules, and the pods that read it.
type adapterBuilder struct {
	adapterConfig
	// own is the ConfigMap that a user wrote in this place, nil for none.
	own       *krm.Item
	checksums map[*krm.Item]string
}

// buildAdapter finds the rule for every metric that a scaler reads through the adapter, and merges them with the rules in the
// input, local ones included. It also returns the items whose rules it merged, and the checksums for the items whose pods read
// them.
func buildAdapter(src *source, f facts, local map[*krm.Item]bool, opts options, ps *model.Problems) (
	adapterConfig, map[*krm.Item]bool, map[*krm.Item]string,
) {
	a := adapterBuilder{own: src.ownConfig(opts, ps), checksums: map[*krm.Item]string{}}
	a.ref, a.key, a.origin.source.Kind = opts.adapter.ref, opts.adapter.key, managedBy
	if opts.config != nil {
		a.origin = originOf(opts.config)
	}
	opts.adapter.formulas.Profiles = f.profiles(opts)
	set := ruleSet{opts: opts.adapter}
	for _, file := range src.ruleFiles(a.own, local, opts, ps) {
		set.addFile(&file, ps)
	}
	own, adopted := f.needs()
	needs := sortedNeeds(slices.Concat(own, adopted))
	if a.needs = needs; opts.scaler.triggers != nil {
		a.needs = sortedNeeds(adopted)
		opts.scaler.triggers(&triggerBuilder{source: src, facts: f, rules: set, opts: opts, ps: ps})
	}
	for _, n := range a.needs {
		set.addNeed(n, opts.adapter, ps)
	}
	checkOverrides(needs, opts, ps)
	f.checkProfiles(set, opts, ps)
	if opts.scaler.triggers != nil {
		set.dropPolicies()
	}
	text, err := set.encode()
	if err != nil {
		ps.Errorf(model.AdapterRule, opts.place, "%v", err)
	}
	if text == "" || set.isOnly(a.own) {
		return a.adapterConfig, nil, nil
	}
	a.text = text
	a.rollOut(src, opts, ps)
	merged := map[*krm.Item]bool{}
	for _, f := range set.files {
		merged[f.item] = true
	}
	a.inInput = a.inInput || a.own != nil
	if a.own != nil {
		merged[a.own] = true
		a.keep(a.own)
	}
	return a.adapterConfig, merged, a.checksums
}

// keep takes over the contents of a user's ConfigMap except for its rules.
func (a *adapterConfig) keep(own *krm.Item) {
	a.data, _ = configMapData(own)
	a.labels, a.annotations = maps.Clone(own.Labels), maps.Clone(own.Annotations)
	maps.DeleteFunc(a.labels, func(k, _ string) bool { return k == managedByLabel })
	maps.DeleteFunc(a.annotations, func(k, _ string) bool { return ofTools(k) })
}

// isOnly reports whether the ConfigMap that a user wrote for the adapter contains all rules, so it can stay as it is. After a
// rendered ConfigMap has replaced it, it must be rendered again.
func (s *ruleSet) isOnly(own *krm.Item) bool {
	return own != nil && own.Annotations[krm.LocalConfigAnnotation] != "true" &&
		!slices.ContainsFunc(s.files, func(f *ruleFile) bool { return f.item != own }) &&
		!slices.ContainsFunc(s.rules, func(e ruleEntry) bool { return e.file == nil })
}

// needs returns the metrics other than CPU and memory that rendered scalers read, and those that scalers of users do.
func (f facts) needs() (own, adopted []hpa.Need) {
	for _, g := range f.gateways {
		own = append(own, g.scaling.Needs()...)
	}
	for _, b := range f.backends {
		if b.scaling != nil {
			own = append(own, b.scaling.Needs()...)
		}
	}
	for _, a := range f.adopted {
		adopted = append(adopted, a.needs...)
	}
	return own, adopted
}

// sortedNeeds returns each need once, sorted by name.
func sortedNeeds(all []hpa.Need) []hpa.Need {
	order := func(a, b hpa.Need) int {
		return cmp.Or(strings.Compare(a.Metric, b.Metric), strings.Compare(a.Object.String(), b.Object.String()),
			cmp.Compare(a.Place.String(), b.Place.String()))
	}
	slices.SortStableFunc(all, order)
	return slices.CompactFunc(all, func(a, b hpa.Need) bool { return a.Metric == b.Metric && a.Object == b.Object })
}

// checkOverrides reports overrides of metrics that nothing reads.
func checkOverrides(needs []hpa.Need, opts options, ps *model.Problems) {
	var read []string
	for _, n := range needs {
		read = append(read, n.Metric)
	}
	for _, o := range opts.adapter.overrides {
		if !slices.Contains(read, o.value) {
			ps.Add(model.Problem{
				ID: model.AdapterRule, Severity: model.Warning, Place: o.place, Value: o.value,
				Suggestion: krm.Suggest(o.value, read),
				Message: fmt.Sprintf("no rendered %s reads the metric %q%s", opts.scaler.kind, o.value,
					krm.DidYouMean(o.value, read)),
			})
		}
	}
}

// profiles returns the formulas of the metrics that gateways serve. A formula reads the series of all gateway kinds that scale on
// its metric.
func (f facts) profiles(opts options) map[string]hpa.Formula {
	all := maps.Clone(opts.adapter.formulas.Profiles)
	kinds := map[string][]*gatewayKind{}
	for _, g := range f.gateways {
		for _, n := range g.scaling.Needs() {
			if n.Object.Kind == "Pod" {
				kinds[n.Metric] = append(kinds[n.Metric], g.kind)
			}
		}
	}
	for metric, of := range kinds {
		if formula, serves := profileOf(metric, of); serves {
			all[metric] = formula
		}
	}
	return all
}

// profileOf returns the formula of a metric for all of some gateway kinds that serve it.
func profileOf(metric string, kinds []*gatewayKind) (out hpa.Formula, serves bool) {
	for _, k := range gatewayKinds {
		formula, has := k.profile[metric]
		switch {
		case !has || !slices.Contains(kinds, k):
		case serves:
			out.Or = append(out.Or, formula)
		default:
			out, serves = formula, true
		}
	}
	return out, serves
}

// checkProfiles reports gateways that scale on their own metric but do not serve it.
func (f facts) checkProfiles(set ruleSet, opts options, ps *model.Problems) {
	for _, g := range f.gateways {
		for _, n := range g.scaling.Needs() {
			_, overridden := opts.adapter.formulas.Overrides[n.Metric]
			_, own := g.kind.profile[n.Metric]
			if own && !overridden && !g.observed && n.Object.Kind == "Pod" && set.written(n, opts.adapter) < 0 {
				ps.Valuef(model.HPAMetric, n.Place, n.Metric,
					`%s scales on %q, which it serves only with observabilityEnabled: "true"; set it in %s, or use another metric`,
					g.place.Object, n.Metric, controllerConfig)
			}
		}
	}
}

// configMap returns the ConfigMap with the rules.
func (a adapterConfig) configMap(opts options) *corev1.ConfigMap {
	cm := &corev1.ConfigMap{
		TypeMeta: typeMeta("v1", "ConfigMap"),
		ObjectMeta: metav1.ObjectMeta{
			Name: a.ref.Name, Namespace: a.ref.Namespace,
			Labels:      map[string]string{managedByLabel: managedBy},
			Annotations: map[string]string{ownerAnnotation: opts.owner, rulesAnnotation: "true"},
		},
		Data: map[string]string{},
	}
	maps.Copy(cm.Data, a.data)
	maps.Copy(cm.Labels, a.labels)
	maps.Copy(cm.Annotations, a.annotations)
	cm.Data[a.key] = a.text
	if a.hashed {
		cm.Annotations[needsHashAnnotation] = "enabled"
	}
	return cm
}

// ofTools reports whether an annotation is for kustomize, kpt, or krm-fn.
func ofTools(key string) bool {
	domain, _, _ := strings.Cut(key, "/")
	return domain == group || strings.HasSuffix(domain, "config.kubernetes.io") || strings.HasSuffix(domain, "config.k8s.io")
}
