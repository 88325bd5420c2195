package scaffold

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The names of the flags and arguments of krm-fn autoscale.
const (
	targetArgument   = "TYPE/NAME"
	metricFlag       = "--metric"
	seriesFlag       = "--series"
	scalerFlag       = "--name"
	minFlag          = "--min"
	maxFlag          = "--max"
	monitorLabelFlag = "--monitor-label"
)

// AutoscaleRequest is the input of Autoscale. Problems refer to its fields by the flags of krm-fn autoscale.
type AutoscaleRequest struct {
	// Target is the workload to scale, as TYPE/NAME with a kind, its plural, or its short name, and TYPE.GROUP for a kind that
	// several groups have. Namespace is "" if only one namespace has it.
	Target, Namespace string
	// Name is the name of the HorizontalPodAutoscaler; "" means that of the workload.
	Name     string
	Min, Max int32
	// Metrics are NAME=TARGET: cpu=80% or memory=500Mi for resources, otherwise the average of all pods.
	Metrics []string
	// Series is the Prometheus series of the only metric of pods; "" means the one that its name suggests.
	Series string
	// MonitorLabels are KEY=VALUE, the labels by which Prometheus selects monitors.
	MonitorLabels []string
	// MetricsPort and MetricsPath say where the pods serve their metrics; "" leaves it to the workload.
	MetricsPort, MetricsPath string
	// Items are the objects with the workload. ReadFile reads the files that Config names. Config is nil for none.
	Items    []*krm.Item
	Config   *krm.Item
	ReadFile func(string) ([]byte, error)
}

// Autoscaled is the result of Autoscale.
type Autoscaled struct {
	// Items are the HorizontalPodAutoscaler, and the monitor and rules that its metrics need and the input does not have. They
	// belong to the user: no later run changes them.
	Items []*krm.Item
	// Rules are the rules of the adapter among them, nil if there are none.
	Rules *gen.AdapterRules
	// Origin is that of gen.Output.
	Origin func(o model.Object) (from model.Place, rendered bool)
}

// Autoscale creates a HorizontalPodAutoscaler for a workload, and what its metrics need.
func Autoscale(r AutoscaleRequest) (Autoscaled, model.Problems) {
	a := autoscaler{AutoscaleRequest: r}
	target := a.findTarget()
	metrics := a.readMetrics()
	config := a.configure(metrics)
	if a.Name != "" && len(validation.IsDNS1123Subdomain(a.Name)) > 0 {
		a.ps.Valuef(model.InputName, flag(scalerFlag), a.Name, "%q is not a valid name; use lowercase letters, digits, '-', and '.'", a.Name)
	}
	if a.Max < 1 {
		a.ps.Errorf(model.HPABounds, flag(maxFlag), "is %d; use a number of at least 1", a.Max)
	}
	if a.Min < 1 || a.Min > max(a.Max, 1) {
		a.ps.Errorf(model.HPABounds, flag(minFlag), "is %d; use a number from 1 to the maximum", a.Min)
	}
	if a.ps.HasErrors() {
		return Autoscaled{}, a.ps.Sorted()
	}
	scaler, err := a.scaler(target, metrics)
	if err != nil {
		a.ps.Errorf(model.HPAMetric, flag(metricFlag), "%v", err)
		return Autoscaled{}, a.ps.Sorted()
	}
	items := append(slices.Clip(a.Items), scaler)
	out, ps := gen.Run(gen.Input{Items: items, Config: config, ReadFile: a.ReadFile, WithoutInputs: true})
	a.ps.Add(slices.DeleteFunc(ps, nothingRendered)...)
	result := Autoscaled{Rules: out.Rules, Origin: out.Origin}
	if a.ps.HasErrors() {
		return result, a.ps.Sorted()
	}
	for _, it := range append([]*krm.Item{scaler}, out.Rendered...) {
		result.Items = append(result.Items, released(it))
		if out.Rules != nil && it == out.Rules.ConfigMap {
			result.Rules.ConfigMap = result.Items[len(result.Items)-1]
		}
	}
	return result, a.ps.Sorted()
}

// nothingRendered reports whether p tells that the input asks for nothing, which is fine for metrics of resources.
func nothingRendered(p model.Problem) bool {
	return p.ID == model.InputReference && p.Severity == model.Info
}

type autoscaler struct {
	AutoscaleRequest
	ps model.Problems
}

// shortNames are the short names of kinds (k8s.io/kubernetes, pkg/registry/apps and pkg/registry/core, ShortNames).
var shortNames = map[string]string{"deploy": "deployment", "sts": "statefulset", "rs": "replicaset", "rc": "replicationcontroller"}

// findTarget finds the workload to scale.
func (a *autoscaler) findTarget() *chain.Workload {
	kind, name, ok := strings.Cut(a.Target, "/")
	if !ok || kind == "" || name == "" {
		a.ps.Valuef(model.InputValue, flag(targetArgument), a.Target, "%q is not TYPE/NAME, such as deployment/orders", a.Target)
		return nil
	}
	kind, group, _ := strings.Cut(strings.ToLower(kind), ".")
	kind = cmp.Or(shortNames[kind], kind)
	g, _ := chain.New(a.Items, 0, func(*corev1.Container) bool { return false })
	var found []*chain.Workload
	var others []string
	for _, wl := range g.Workloads.All {
		o := wl.Item.Place.Object
		its := strings.ToLower(o.Kind)
		if (its == kind || its+"s" == kind) && (group == "" || group == model.Group(o.APIVersion)) && o.Name == name &&
			(a.Namespace == "" || model.NamespaceOf(o.Namespace) == a.Namespace || o.Namespace == "") {
			found = append(found, wl)
		} else if !wl.IsTransient() {
			others = append(others, its+"/"+o.Name)
		}
	}
	switch {
	case len(found) == 0:
		slices.Sort(others)
		others = slices.Compact(others)
		a.ps.Add(model.Problem{
			ID: model.HPATarget, Severity: model.Error, Place: flag(targetArgument), Value: a.Target,
			Suggestion: krm.Suggest(kind+"/"+name, others),
			Message:    fmt.Sprintf("the input has no %s%s", a.Target, hintOf(kind+"/"+name, others)),
		})
		return nil
	case len(found) > 1:
		a.ps.Valuef(model.HPATarget, flag(targetArgument), a.Target, "%q is ambiguous: %s and %s; set the namespace, or use TYPE.GROUP/NAME",
			a.Target, found[0].Item.Place.Object, found[1].Item.Place.Object)
		return nil
	case found[0].Scaler != nil:
		a.ps.Valuef(model.HPAOverlap, flag(targetArgument), a.Target, "%s scales it already; add the metric there, with the annotation "+
			"krm-fn.dev/chain: rendered, and run krm-fn render", found[0].Scaler.Item.Place.Object)
	}
	return found[0]
}

// hintOf suggests a name, or lists the first ones.
func hintOf(name string, others []string) string {
	const most = 5
	if hint := krm.DidYouMean(name, others); hint != "" || len(others) == 0 {
		return hint
	}
	return "; it has " + strings.Join(others[:min(len(others), most)], ", ")
}

// scaler returns the HorizontalPodAutoscaler, with the annotations for the run.
func (a *autoscaler) scaler(target *chain.Workload, metrics []autoscalingv2.MetricSpec) (*krm.Item, error) {
	o := target.Item.Place.Object
	annotations := map[string]string{}
	if slices.ContainsFunc(metrics, func(m autoscalingv2.MetricSpec) bool { return m.Pods != nil }) {
		annotations["krm-fn.dev/chain"] = "rendered"
	}
	for key, value := range map[string]string{"krm-fn.dev/metrics-port": a.MetricsPort, "krm-fn.dev/metrics-path": a.MetricsPath} {
		if value != "" {
			annotations[key] = value
		}
	}
	meta := metav1.ObjectMeta{Name: cmp.Or(a.Name, o.Name), Namespace: cmp.Or(o.Namespace, a.Namespace), Annotations: annotations}
	typed := hpa.Render(hpa.Target{
		Meta:        meta,
		Workload:    autoscalingv2.CrossVersionObjectReference{APIVersion: o.APIVersion, Kind: o.Kind, Name: o.Name},
		MinReplicas: a.Min, MaxReplicas: a.Max, Scaling: &hpa.Scaling{Metrics: metrics},
	})
	n, err := krm.ToNode(typed)
	if err != nil {
		return nil, err
	}
	return krm.NewItem(n), nil
}

// released returns a copy of an object that belongs to the user: without the marks by which a later run would replace it.
func released(it *krm.Item) *krm.Item {
	root := it.Node()
	meta := krm.Get(root, "metadata")
	for _, field := range []string{"labels", "annotations"} {
		all := krm.Get(meta, field)
		if all == nil {
			continue
		}
		var keep []*yaml.Node
		for i := 0; i+1 < len(all.Content); i += 2 {
			key := all.Content[i].Value
			if key == "krm-fn.dev/adapter-rules" || !strings.HasPrefix(key, "krm-fn.dev/") && key != "app.kubernetes.io/managed-by" {
				keep = append(keep, all.Content[i], all.Content[i+1])
			}
		}
		all.Content = keep
		if len(keep) == 0 {
			i := slices.IndexFunc(meta.Content, func(n *yaml.Node) bool { return n == all })
			meta.Content = slices.Delete(meta.Content, i-1, i+1)
		}
	}
	return krm.NewItem(root)
}
