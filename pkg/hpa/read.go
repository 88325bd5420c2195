package hpa

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/hpa/validation"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The defaults where hpa-configs sets nothing. The operator was shipped with the same values.
const (
	defaultMax = 5
	// defaultUtilization is a percentage of the CPU request.
	defaultUtilization = 50
)

// Policy defines how the two kinds of workloads scale.
type Policy struct{ Gateway, Backend Scaling }

// Scaling defines how one kind of workload scales. Its Metrics and Behavior pass the validation of the API server.
type Scaling struct {
	// MaxReplicas is at least 1.
	MaxReplicas int32
	// Metrics has at least one element.
	Metrics []autoscalingv2.MetricSpec
	// Behavior is nil if the defaults of Kubernetes apply.
	Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior
	Places   Places
	// Assumed reports dropped fields and defaults. It matters only where the Scaling is used: an hpa-configs only for
	// gateways does not have to mention backends.
	Assumed model.Problems
}

// Places contains the places of the parts of a Scaling, or the places where they belong if a default applies. All of them
// are empty in Defaults.
type Places struct {
	MaxReplicas, Behavior model.Place
	// Metrics contains one place for each metric.
	Metrics []model.Place
}

// Defaults returns the policy for an input without hpa-configs.
func Defaults() Policy {
	s := func() Scaling {
		return Scaling{MaxReplicas: defaultMax, Metrics: defaultMetrics(), Places: Places{Metrics: make([]model.Place, 1)}}
	}
	return Policy{Gateway: s(), Backend: s()}
}

func defaultMetrics() []autoscalingv2.MetricSpec {
	utilization := int32(defaultUtilization)
	return []autoscalingv2.MetricSpec{{
		Type: autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{
			Name: corev1.ResourceCPU,
			Target: autoscalingv2.MetricTarget{
				Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &utilization,
			},
		},
	}}
}

// PodsMetrics reports whether any metric is of type Pods, which requires an adapter that serves it.
func (s *Scaling) PodsMetrics() bool {
	return slices.ContainsFunc(s.Metrics, func(m autoscalingv2.MetricSpec) bool {
		return m.Type == autoscalingv2.PodsMetricSourceType
	})
}

const versionKey = "hpaVersion"

// The versions of the metrics, in the order of messages. v2beta2 and v2 have the same format.
var versions = []string{"v2", "v2beta2", "v2beta1"}

// keys names the keys of one kind of workload; flat is the key of the metrics in the v2beta1 format.
type keys struct{ max, metrics, flat, behavior string }

var (
	gatewayKeys = keys{"mgwMaxReplicas", "mgwMetrics", "mgwMetricsV2beta1", "mgwBehavior"}
	backendKeys = keys{
		"targetEndpointMaxReplicas", "targetEndpointMetrics", "targetEndpointMetricsV2beta1", "targetEndpointBehavior",
	}
)

// Read reads the data of the ConfigMap hpa-configs at the given place. Fields in problems are data.KEY and paths below it;
// lines count within the value of the key. If there are errors, the policy contains only the valid parts and must not be
// rendered.
func Read(data map[string]string, at model.Place) (Policy, model.Problems) {
	r := reader{data: data, at: at.Child("data")}
	r.unknownKeys()
	r.readVersion()
	p := Policy{Gateway: r.scaling(gatewayKeys), Backend: r.scaling(backendKeys)}
	return p, r.problems
}

type reader struct {
	data     map[string]string
	at       model.Place
	problems model.Problems
	// version is one of versions; flat reports whether it is v2beta1.
	version string
	flat    bool
}

func (r *reader) unknownKeys() {
	known := []string{versionKey, RulesKey}
	for _, k := range []keys{gatewayKeys, backendKeys} {
		known = append(known, k.max, k.metrics, k.flat, k.behavior)
	}
	slices.Sort(known)
	for _, key := range slices.Sorted(maps.Keys(r.data)) {
		if slices.Contains(known, key) {
			continue
		}
		p := model.Problem{
			ID: model.InputField, Severity: model.Error, Place: r.at.Child(key), Suggestion: krm.Suggest(key, known),
			Message: fmt.Sprintf("unknown key %s", model.Quote(key)),
		}
		if p.Suggestion != "" {
			p.Message += krm.DidYouMean(key, known)
		} else {
			p.Message += "; known keys: " + strings.Join(known, ", ")
		}
		r.problems.Add(p)
	}
}

// readVersion finds the format of the metrics. Without a valid version, it is v2, unless all metrics are under keys of
// v2beta1.
func (r *reader) readVersion() {
	at, text := r.at.Child(versionKey), strings.TrimSpace(r.data[versionKey])
	r.version = strings.ToLower(text)
	if slices.Contains(versions, r.version) {
		r.flat = r.version == "v2beta1"
		return
	}
	flat := !blank(r.data[gatewayKeys.flat]) || !blank(r.data[backendKeys.flat])
	nested := !blank(r.data[gatewayKeys.metrics]) || !blank(r.data[backendKeys.metrics])
	r.flat, r.version = flat && !nested, "v2"
	if r.flat {
		r.version = "v2beta1"
	}
	switch {
	case text != "":
		r.problems.Add(model.Problem{
			ID: model.HPAConfig, Severity: model.Error, Place: at, Value: model.Shorten(text, model.MaxShown),
			Suggestion: krm.Suggest(text, versions), Message: fmt.Sprintf("is %s; use one of %s", model.Quote(text), strings.Join(versions, ", ")),
		})
	case flat || nested:
		r.problems.Add(model.Problem{
			ID: model.HPAConfig, Severity: model.Warning, Place: at, Suggestion: r.version,
			Message: fmt.Sprintf("is not set; the metrics are read in the %[1]s format; set %[2]s: %[1]s", r.version, versionKey),
		})
	}
}

func (r *reader) scaling(k keys) Scaling {
	before := len(r.problems)
	s := Scaling{MaxReplicas: r.max(k.max)}
	s.Places.MaxReplicas = r.at.Child(k.max)
	metrics, places := r.metrics(k)
	for i, m := range metrics {
		if validation.HasSource(&m) { // The others were reported.
			s.Metrics, s.Places.Metrics = append(s.Metrics, m), append(s.Places.Metrics, places[i])
		}
	}
	s.Behavior, s.Places.Behavior = r.behavior(k.behavior)
	own := r.problems[before:]
	r.problems = slices.Clip(r.problems[:before])
	for _, p := range own {
		if p.Severity == model.Info {
			s.Assumed.Add(p)
		} else {
			r.problems.Add(p)
		}
	}
	return s
}

func (r *reader) max(key string) int32 {
	at := r.at.Child(key)
	text, ok := r.data[key]
	if !ok {
		r.problems.Infof(model.HPAConfig, at, "is not set; defaults to %d", defaultMax)
		return defaultMax
	}
	text = strings.TrimSpace(text)
	// If the number is out of range, ParseInt returns the nearest number in range.
	n, err := strconv.ParseInt(text, 10, 32)
	p := model.Problem{ID: model.HPAConfig, Severity: model.Error, Place: at, Value: model.Shorten(text, model.MaxShown)}
	switch {
	case text == "":
		p.Message = "is empty; set it to a whole number of at least 1"
	case err != nil && !errors.Is(err, strconv.ErrRange):
		p.Message = fmt.Sprintf("is %s; use a whole number of at least 1", model.Quote(text))
	case n < 1:
		p.ID, p.Message = model.HPABounds, fmt.Sprintf("is %s; use a number of at least 1", model.Shorten(text, model.MaxShown))
	case err != nil:
		p.Message = fmt.Sprintf("is %s; use a number of at most %d", model.Shorten(text, model.MaxShown), n)
	default:
		return int32(n)
	}
	r.problems.Add(p)
	return defaultMax
}

// behavior reads the behavior under key. It returns nil if the behavior is missing or empty.
func (r *reader) behavior(key string) (*autoscalingv2.HorizontalPodAutoscalerBehavior, model.Place) {
	at := r.at.Child(key)
	top, _ := r.parse(key)
	if top == nil {
		return nil, at
	}
	if top.Kind != yaml.MappingNode {
		r.problems.Errorf(model.InputType, at.At(top.Line), "is %s; use a mapping with scaleUp and scaleDown", krm.Describe(top))
		return nil, at
	}
	var b autoscalingv2.HorizontalPodAutoscalerBehavior
	ps := krm.Decode(top, at.At(top.Line), &b)
	ps.Add(validation.Behavior(&b, at).WithoutFollowUps(append(misspelled(ps), ps...))...)
	krm.SetLines(ps, at, top)
	r.problems.Add(ps...)
	if b.ScaleUp == nil && b.ScaleDown == nil {
		return nil, at
	}
	return &b, at
}

// parse returns the root of the YAML text of key, or nil if the text contains no value. It returns false if the text cannot be
// parsed.
func (r *reader) parse(key string) (*yaml.Node, bool) {
	n, ps := krm.ParseValues(r.data[key], r.at.Child(key).At(1))
	r.problems.Add(ps...)
	if krm.IsNull(n) {
		return nil, !ps.HasErrors()
	}
	return n, true
}

// blank reports whether a YAML text contains nothing except spaces, comments, and document markers.
func blank(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && line != "---" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}
