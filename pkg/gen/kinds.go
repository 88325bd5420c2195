package gen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const (
	operatorGroup   = "wso2.com"
	operatorVersion = operatorGroup + "/v1alpha1"
	configKind      = "RenderAPIs"
)

// operatorKinds are the kinds of wso2.com/v1alpha1 (pkg/apis/wso2/v1alpha1 of the operator).
var operatorKinds = []string{"API", "TargetEndpoint", "Security", "RateLimiting"}

// isInput reports whether krm-fn reads objects of this kind.
func isInput(o model.Object) bool {
	switch model.Group(o.APIVersion) {
	case operatorGroup:
		return slices.Contains(operatorKinds, o.Kind)
	case group:
		return o.Kind == configKind || o.Kind == check.ConfigKind
	}
	return false
}

// checkKind reports an object that is no input but looks like one: with another kind of our groups, or with another group.
func checkKind(it *krm.Item, ps *model.Problems) {
	o := it.Place.Object
	field, value, known := "kind", o.Kind, operatorKinds
	switch in := model.Group(o.APIVersion); {
	case in == group:
		known = []string{configKind, check.ConfigKind}
	case in == operatorGroup:
		if krm.Suggest(o.Kind, known) == "" {
			return // It is a kind of another operator.
		}
	case slices.Contains(workloadKinds, o.Kind) && (in == "" || krm.Suggest(o.APIVersion, []string{operatorVersion}) != ""):
		field, value, known = "apiVersion", o.APIVersion, []string{operatorVersion}
	default:
		return
	}
	p := model.Problem{
		ID: model.InputValue, Severity: model.Error, Place: it.Place.Child(field), Value: value,
		Suggestion: krm.Suggest(value, known),
		Message:    fmt.Sprintf("%q is not an apiVersion of kind %s", value, o.Kind),
	}
	if field == "kind" {
		p.Message = fmt.Sprintf("%q is not a kind of %s", value, o.APIVersion)
	}
	if p.Suggestion == "" {
		p.Message += "; use " + strings.Join(known, " or ")
	}
	p.Message += krm.DidYouMean(value, known)
	ps.Add(p)
}

// annotationKinds are the kinds on which each annotation of users has an effect.
var annotationKinds = map[string][]string{
	hpaConfigsAnnotation: workloadKinds, SelectorAnnotation: workloadKinds, securityAnnotation: workloadKinds,
	PullPolicyAnnotation: workloadKinds, runAsNonRootAnnotation: backendKinds, readOnlyRootAnnotation: backendKinds,
	readinessAnnotation: backendKinds, metricsAnnotation: backendKinds, metricsPortAnnotation: scrapedKinds,
	metricsPathAnnotation: scrapedKinds, metricsSchemeAnnotation: scrapedKinds, metricsTLSAnnotation: scrapedKinds,
	metricsServerNameAnnotation: scrapedKinds, metricsServiceAnnotation: scrapedKinds, rulesAnnotation: {"ConfigMap"},
	chainAnnotation: {"HorizontalPodAutoscaler"}, adoptAnnotation: backendKinds,
	gatewayAnnotation: {"API"}, tlsSecretAnnotation: {"API"}, maxBodyAnnotation: {"API"}, tlsAnnotation: backendKinds,
	tlsNameAnnotation: backendKinds, publicKeyAnnotation: {"Security"},
}

var (
	workloadKinds, backendKinds = []string{"API", "TargetEndpoint"}, []string{"TargetEndpoint"}
	// scrapedKinds can say where the metrics of a workload are.
	scrapedKinds = []string{"TargetEndpoint", "HorizontalPodAutoscaler"}
	adoptValues  = []string{"true", "false"}
)

// checkAnnotations reports annotations with our prefix that have no effect: unknown ones, and those for objects of another kind.
func checkAnnotations(it *krm.Item, ps *model.Problems) {
	for k := range it.Annotations {
		if prefix, _, _ := strings.Cut(k, "/"); prefix != group || k == renderedAnnotation {
			continue
		}
		kinds, known := annotationKinds[k]
		switch kind := it.Place.Object.Kind; {
		case !known:
			ps.Warnf(model.InputField, annotation(it, k), "unknown annotation has no effect%s", krm.DidYouMean(k, annotations()))
		case !slices.Contains(kinds, kind):
			ps.Warnf(model.InputIgnored, annotation(it, k), "has no effect on kind %s, only on %s", kind, strings.Join(kinds, " and "))
		}
	}
}

func annotations() []string { return slices.Sorted(maps.Keys(annotationKinds)) }
