package trigger

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8slabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Workload is what a ScaledObject scales.
type Workload struct {
	Namespace string
	// Pods select the series of its pods. They take the place of the names of pods, which no query can know.
	Pods []*labels.Matcher
	// Instead says what to do if a rule gives no query.
	Instead string
	// Kinds are the kinds that the cluster serves.
	Kinds *adapter.Kinds
}

// Rule is a rule of prometheus-adapter that serves a metric.
type Rule struct {
	config.DiscoveryRule
	Place model.Place
	// Series are names from which the metric is usually made.
	Series []string
}

// demand is what a metric asks of the adapter.
type demand struct {
	name     string
	selector k8slabels.Selector
	target   autoscalingv2.MetricTarget
	external bool
	// object is the described object; its kind is Pod, without a name, for the pods of the workload.
	object schema.GroupKind
	named  string
}

func demandOf(m *autoscalingv2.MetricSpec) demand {
	var id autoscalingv2.MetricIdentifier
	var d demand
	switch m.Type {
	case autoscalingv2.PodsMetricSourceType:
		id, d.target, d.object = m.Pods.Metric, m.Pods.Target, schema.GroupKind{Kind: "Pod"}
	case autoscalingv2.ObjectMetricSourceType:
		o := m.Object.DescribedObject
		id, d.target, d.named = m.Object.Metric, m.Object.Target, o.Name
		d.object = schema.FromAPIVersionAndKind(o.APIVersion, o.Kind).GroupKind()
	default:
		id, d.target, d.external = m.External.Metric, m.External.Target, true
	}
	d.name, d.selector = id.Name, k8slabels.Everything()
	if id.Selector != nil {
		if s, err := metav1.LabelSelectorAsSelector(id.Selector); err == nil { // hpa-configs is validated.
			d.selector = s
		}
	}
	return d
}

// podNames stand for the names of the pods.
var podNames = []string{"krm-fn-pod-1", "krm-fn-pod-2"}

// query returns the query for one number that the adapter would give, by filling in the rule.
func (w Workload) query(d demand, r Rule, at model.Place, ps *model.Problems) (string, bool) {
	rule, problems := adapter.Single(r.DiscoveryRule, d.external, r.Place, w.Kinds)
	ps.Add(problems...)
	if rule.Namer == nil || problems.HasErrors() {
		return "", false
	}
	refuse := func(format string, args ...any) (string, bool) {
		args = append([]any{model.Quote(d.name)}, args...)
		ps.Valuef(model.AdapterRule, at, d.name, "the rule for %s "+format+"; "+w.Instead, args...)
		return "", false
	}
	series := rule.SeriesFor(d.name, r.Series)
	if len(series) != 1 {
		return refuse("does not say of which series it is made%s", among(series))
	}
	answer, label, problem := w.ask(rule, series[0], d)
	switch {
	case problem != "":
		ps.Errorf(model.HPAObject, at, "the object that %s describes %s", model.Quote(d.name), problem)
		return "", false
	case answer.Err != nil:
		return refuse("cannot be filled in: %v", answer.Err)
	case answer.Expr == nil:
		return refuse("expands to %s, which Prometheus rejects", answer.Query)
	}
	e := answer.Expr
	switch {
	case d.external:
	case d.named == "":
		bound, replaced := bind(e, strings.Join(podNames, "|"), w.Pods)
		if !bound || !replaced {
			return refuse("does not select pods by <<.LabelMatchers>> only")
		}
	case !slices.ContainsFunc(promexpr.MatchersOn(e, label), func(m *labels.Matcher) bool { return m.Value == d.named }):
		return refuse("does not select objects by <<.LabelMatchers>>")
	}
	return single(e, constant(e)...), true
}

// ask returns what the adapter would send to Prometheus, and the label of the objects.
func (w Workload) ask(r *adapter.Rule, series string, d demand) (a adapter.Answer, label, problem string) {
	if d.external {
		return r.ExternalQuery(series, w.Namespace, d.selector), "", ""
	}
	resource, problem := w.Kinds.ResourceOf(d.object)
	if problem != "" {
		return a, "", problem
	}
	names, namespace := []string{d.named}, w.Namespace
	if d.named == "" {
		names = podNames
	}
	if adapter.IsRoot(resource) {
		namespace = ""
	}
	l, err := r.Namer.LabelForResource(resource)
	if err != nil {
		return adapter.Answer{Err: err}, "", ""
	}
	return r.QueryFor(series, resource, namespace, d.selector, names...), string(l), ""
}

func among(series []string) string {
	if len(series) == 0 {
		return ""
	}
	return ": " + model.Join(series, "or")
}

// constant returns the labels that have one value in all elements of e.
func constant(e parser.Expr) []string {
	var out []string
	if strings.Contains(e.String(), "label_") { // label_replace or label_join could change them.
		return nil
	}
	for i, s := range promexpr.Selectors(e) {
		var own []string
		for _, m := range s.LabelMatchers {
			if m.Type == labels.MatchEqual && (i == 0 || slices.Contains(out, m.Name)) {
				own = append(own, m.Name)
			}
		}
		out = own
	}
	return out
}
