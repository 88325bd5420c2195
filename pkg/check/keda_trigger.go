package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func kedaTrigger(w *world, ps *model.Problems) {
	for _, k := range w.graph.KEDA {
		if len(k.Triggers) == 0 {
			ps.Errorf(model.KEDATrigger, k.Item.Place.Child("spec").Child("triggers"),
				"is empty or missing, so the API server rejects the %s; add a trigger", k.Item.Place.Object.Kind)
		}
		first := map[string]int{}
		for i := range k.Triggers {
			t := trigger{k, &k.Triggers[i], k.MetricAt(i), i}
			t.checkType(ps)
			t.checkMetricType(ps)
			t.checkName(first, ps)
			t.checkKeys(ps)
			t.checkValues(w, ps)
		}
		checkCrons(k, ps)
	}
}

// trigger is a trigger with its object and place.
type trigger struct {
	of *chain.KEDA
	*keda.Trigger
	at     model.Place
	number int
}

// key returns the place of a key of the metadata.
func (t trigger) key(name string) model.Place { return t.at.Child("metadata").Child(name) }

// reject reports a value that KEDA rejects.
func (t trigger) reject(ps *model.Problems, key, suggestion, format string, args ...any) {
	value := t.Value(key)
	ps.Reportf(model.Problem{ID: model.KEDATrigger, Place: t.key(key), Value: value, Suggestion: suggestion},
		"is %s, which "+format, append([]any{model.Quote(value)}, args...)...)
}

// warn reports a value that has another effect than intended.
func (t trigger) warn(ps *model.Problems, key, format string, args ...any) {
	value := t.Value(key)
	ps.Reportf(model.Problem{ID: model.KEDATrigger, Severity: model.Warning, Place: t.key(key), Value: value},
		"is %s, "+format, append([]any{model.Quote(value)}, args...)...)
}

// checkType reports a type that KEDA does not have. Without a similar one, a newer version may have it.
func (t trigger) checkType(ps *model.Problems) {
	p := model.Problem{ID: model.KEDATrigger, Place: t.at.Child("type"), Value: t.Type, Suggestion: krm.Suggest(t.Type, keda.Types)}
	switch {
	case t.Type == "":
		ps.Reportf(p, "is missing, so the API server rejects the %s; set it", t.of.Item.Place.Object.Kind)
	case slices.Contains(keda.Types, t.Type):
	case p.Suggestion == "":
		p.Severity = model.Warning
		ps.Reportf(p, "%s is not a type of triggers of KEDA 2.21; use one of its list, or external", model.Quote(t.Type))
	default:
		ps.Reportf(p, "%s is not a type of triggers of KEDA 2.21%s", model.Quote(t.Type), krm.DidYouMean(t.Type, keda.Types))
	}
}

// checkMetricType follows pkg/scalers/scaler.go, GetMetricTargetType, and pkg/scalers/cpu_memory_scaler.go. A ScaledJob has no
// such types.
func (t trigger) checkMetricType(ps *model.Problems) {
	allowed := []autoscalingv2.MetricTargetType{autoscalingv2.AverageValueMetricType, autoscalingv2.ValueMetricType}
	if t.IsResource() {
		allowed = []autoscalingv2.MetricTargetType{autoscalingv2.UtilizationMetricType, autoscalingv2.AverageValueMetricType}
	}
	at := t.at.Child("metricType")
	p := model.Problem{ID: model.KEDATrigger, Place: at, Value: string(t.MetricType)}
	if like := krm.Suggest(t.MetricType, allowed); like != "" {
		p.Suggestion = like
	}
	switch {
	case t.of.Spec == nil || slices.Contains(allowed, t.MetricType):
	case t.MetricType == "" && t.IsResource():
		p.Suggestion = ""
		ps.Reportf(p, "is missing, and KEDA requires it for %s; use %s or %s", t.Type, allowed[0], allowed[1])
	case t.MetricType != "":
		ps.Reportf(p, "%s is not valid for %s; use %s or %s", model.Quote(string(t.MetricType)), t.Type, allowed[0], allowed[1])
	}
}

// checkName follows the webhook (apis/keda/v1alpha1/scaletriggers_types.go, ValidateTriggers).
func (t trigger) checkName(first map[string]int, ps *model.Problems) {
	if t.UseCachedMetrics && (t.IsResource() || t.Type == keda.Cron) {
		ps.Valuef(model.KEDATrigger, t.at.Child("useCachedMetrics"), "true", "is true, which the webhook rejects for %s; remove it", t.Type)
	}
	if t.Name == "" {
		return
	}
	if other, ok := first[t.Name]; ok {
		ps.Valuef(model.KEDATrigger, t.at.Child("name"), t.Name,
			"%s is also the name of triggers[%d], which the webhook rejects; use another name", model.Quote(t.Name), other)
		return
	}
	first[t.Name] = t.number
}

// misplaced are fields that people write into the metadata, with where they belong.
var misplaced = map[string]string{
	"cooldownPeriod": "spec", "idleReplicaCount": "spec", "initialCooldownPeriod": "spec", "maxReplicaCount": "spec",
	"minReplicaCount": "spec", "pollingInterval": "spec", "authenticationRef": "the trigger", "metricType": "the trigger",
	"useCachedMetrics": "the trigger",
}

// checkKeys reports keys that KEDA ignores or rejects, and those that it misses.
func (t trigger) checkKeys(ps *model.Problems) {
	schema := keda.SchemaOf(t.Type)
	if t.Metadata == nil && schema == nil && t.Type != "" {
		ps.Errorf(model.KEDATrigger, t.at.Child("metadata"), "is missing, so the API server rejects the %s; set it",
			t.of.Item.Place.Object.Kind)
	}
	for _, key := range slices.Sorted(maps.Keys(t.Metadata)) {
		t.checkKey(schema, key, ps)
	}
	if schema == nil {
		return
	}
	for _, p := range schema.Parameters {
		if p.Required && t.Value(p.Name) == "" && !t.isSource(p.Name) {
			ps.Errorf(model.KEDATrigger, t.key(p.Name), "is missing or empty, and KEDA requires it for %s; set it", t.Type)
		}
	}
}

// isSource reports whether a trigger needs no target, because only a formula reads it (AsMetricSource).
func (t trigger) isSource(key string) bool {
	return t.of.Modifiers() != nil && (t.Type == keda.KubernetesWorkload && key == "value" || t.Type == keda.MetricsAPI && key == "targetValue")
}

func (t trigger) checkKey(schema *keda.Schema, key string, ps *model.Problems) {
	p := model.Problem{ID: model.KEDATrigger, Severity: model.Warning, Place: t.key(key)}
	known := schema == nil || schema.Open
	if !known {
		known = slices.Contains(schema.Names(), key)
		if i := slices.IndexFunc(schema.Removed, func(r keda.Removed) bool { return r.Name == key }); i >= 0 {
			r := schema.Removed[i]
			switch {
			case r.Fatal:
				p.Severity = model.Error
			case r.Name == "metricName":
				p.Severity = model.Info
			}
			ps.Reportf(p, "%s", r.Why)
			return
		}
	}
	where, wrong := misplaced[key]
	switch {
	case wrong && (!known || where == "spec"):
		ps.Reportf(p, "has no effect in metadata; move it to %s", where)
	case known:
	default:
		p.Suggestion = krm.Suggest(key, schema.Names())
		ps.Reportf(p, "is not a key of %s, so KEDA ignores it%s", t.Type, orRemove(krm.DidYouMean(key, schema.Names())))
	}
}

// orRemove returns a suggestion or, without one, that of removing the field.
func orRemove(hint string) string {
	if hint == "" {
		return "; remove it"
	}
	return hint
}

// checkValues reports values that KEDA cannot parse, and those that the type of the trigger rejects.
func (t trigger) checkValues(w *world, ps *model.Problems) {
	schema := keda.SchemaOf(t.Type)
	if schema == nil {
		return
	}
	before := len(*ps)
	for _, p := range schema.Parameters {
		value := t.Value(p.Name)
		if value == "" {
			continue
		}
		if problem, suggestion := p.Type.Check(value); problem != "" {
			ps.Reportf(model.Problem{ID: model.KEDATrigger, Place: t.key(p.Name), Value: value, Suggestion: suggestion},
				"is %s, which %s", model.Quote(value), problem)
		}
		if len(p.Values) > 0 && !slices.Contains(p.Values, value) {
			t.reject(ps, p.Name, krm.Suggest(value, p.Values), "is not one of %s", strings.Join(p.Values, ", "))
		}
	}
	if judge := judges[t.Type]; judge != nil && len(*ps) == before {
		judge(t, w, ps)
	}
}

// judges have what each type asks of its values.
var judges = map[string]func(t trigger, w *world, ps *model.Problems){
	keda.Prometheus:         trigger.checkPrometheus,
	keda.CPU:                trigger.checkUsage,
	keda.Memory:             trigger.checkUsage,
	keda.Cron:               trigger.checkCron,
	keda.KubernetesWorkload: trigger.checkPods,
	keda.MetricsAPI:         trigger.checkURL,
	keda.External:           trigger.checkScaler,
	keda.ExternalPush:       trigger.checkScaler,
}

// least is the smallest target of which something remains when KEDA rounds it to thousandths (pkg/scalers/scaler.go,
// quantityFromFloat64). The API server rejects a target of 0.
const least = 0.0005

// checkTarget reports a target that is not above 0 in the HorizontalPodAutoscaler.
func (t trigger) checkTarget(key string, ps *model.Problems) {
	n, ok := keda.ParseNumber(t.Value(key))
	switch {
	case !ok || n >= least || t.of.Modifiers() != nil:
	case n > 0:
		t.reject(ps, key, "", "KEDA rounds to 0, and a HorizontalPodAutoscaler requires a positive target; use at least 0.001")
	default:
		t.reject(ps, key, "", "is not above 0, as a HorizontalPodAutoscaler requires; use a positive number")
	}
}

func (t trigger) checkPrometheus(_ *world, ps *model.Problems) { t.checkTarget("threshold", ps) }

// replicasInWords returns a number of replicas for messages.
func replicasInWords(n int64) string {
	if n == 1 {
		return "1 replica"
	}
	return fmt.Sprintf("%d replicas", n)
}
