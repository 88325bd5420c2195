package migrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// object is a Kubernetes object as encoding/json decodes it.
type object = map[string]any

// typed returns an empty object of a kind, or nil for a custom resource.
func typed(k key) any {
	switch (key{group: k.group, kind: k.kind}) {
	case key{group: "apps", kind: "Deployment"}:
		return &appsv1.Deployment{}
	case key{kind: "Service"}:
		return &corev1.Service{}
	case key{kind: "ConfigMap"}:
		return &corev1.ConfigMap{}
	case key{group: "autoscaling", kind: "HorizontalPodAutoscaler"}:
		return &autoscalingv2.HorizontalPodAutoscaler{}
	case key{group: "networking.k8s.io", kind: "Ingress"}:
		return &networkingv1.Ingress{}
	}
	return nil
}

// toObject returns an item as the API server would write it, with quantities in canonical form, but without status and the
// metadata that the server manages.
func toObject(it *krm.Item) (object, error) {
	k := keyOf(it.Place.Object)
	switch version := it.Place.Object.APIVersion; {
	case k.kind == "HorizontalPodAutoscaler":
		return scalerObject(it)
	case k.kind == "Ingress" && version != "networking.k8s.io/v1":
		return nil, fmt.Errorf("apiVersion: %s cannot be compared; create the dump with ingresses.v1.networking.k8s.io", version)
	}
	return convert(it.Node(), typed(k))
}

// convert decodes n into a typed object, if a type exists, and converts the object to maps.
func convert(n *yaml.Node, as any) (object, error) {
	var o object
	if as == nil {
		if err := krm.Convert(n, &o); err != nil {
			return nil, err
		}
		return bare(o), nil
	}
	if err := krm.Convert(n, as); err != nil {
		return nil, err
	}
	text, err := json.Marshal(as)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, err
	}
	for _, p := range listAt(o, "spec", "ports") {
		if p, ok := p.(object); ok && p["targetPort"] == 0.0 {
			delete(p, "targetPort") // Go encodes it even if it is empty.
		}
	}
	return bare(o), nil
}

// bare removes nulls and the fields that the server adds.
func bare(o object) object {
	delete(o, "status")
	meta, _ := o["metadata"].(object)
	kept := object{}
	for _, name := range []string{"name", "namespace", "labels", "annotations"} {
		if v := meta[name]; !isEmpty(v) {
			kept[name] = v
		}
	}
	if annotations, ok := kept["annotations"].(object); ok {
		for name := range annotations {
			if name == lastApplied || name == "deployment.kubernetes.io/revision" || strings.HasPrefix(name, oldScalerAnnotations) {
				delete(annotations, name)
			}
		}
		if len(annotations) == 0 {
			delete(kept, "annotations")
		}
	}
	o["metadata"] = kept
	dropNulls(o)
	return o
}

func dropNulls(v any) {
	switch v := v.(type) {
	case object:
		for k, c := range v {
			if c == nil {
				delete(v, k)
				continue
			}
			dropNulls(c)
		}
	case []any:
		for _, c := range v {
			dropNulls(c)
		}
	}
}

// clone returns a deep copy.
func clone(v any) any {
	switch v := v.(type) {
	case object:
		c := make(object, len(v))
		for k, e := range v {
			c[k] = clone(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = clone(e)
		}
		return c
	}
	return v
}

// ordered returns an object whose fields are encoded in the usual order of manifests.
func ordered(o object) any {
	return struct {
		APIVersion any `json:"apiVersion"`
		Kind       any `json:"kind"`
		Metadata   any `json:"metadata"`
		Data       any `json:"data,omitempty"`
		Spec       any `json:"spec,omitempty"`
	}{o["apiVersion"], o["kind"], o["metadata"], o["data"], o["spec"]}
}

// get returns the value at a path, or nil.
func get(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}

func listAt(v any, path ...string) []any {
	l, _ := get(v, path...).([]any)
	return l
}

func textAt(v any, path ...string) string {
	switch v := get(v, path...).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// labelsAt returns the map at a path as strings.
func labelsAt(v any, path ...string) map[string]string {
	m := map[string]string{}
	o, _ := get(v, path...).(object)
	for k, v := range o {
		m[k] = fmt.Sprint(v)
	}
	return m
}

// content returns the elements of the list at a path.
func content(n *yaml.Node, path ...string) []*yaml.Node {
	for _, name := range path {
		n = krm.Get(n, name)
	}
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return slices.Clip(n.Content)
}

// oldScalerAnnotations is the prefix of the annotations for settings that have no fields in autoscaling/v1.
const oldScalerAnnotations = "autoscaling.alpha.kubernetes.io/"

// scalerObject returns a HorizontalPodAutoscaler of any version as autoscaling/v2. Versions v2 and v2beta2 have the same
// fields.
func scalerObject(it *krm.Item) (object, error) {
	k := keyOf(it.Place.Object)
	var o object
	var err error
	switch it.Place.Object.APIVersion {
	case "autoscaling/v2", "autoscaling/v2beta2":
		o, err = convert(it.Node(), typed(k))
	case "autoscaling/v2beta1", "autoscaling/v1":
		o, err = oldScaler(it)
	default:
		return nil, fmt.Errorf("apiVersion: %q is not a known version of autoscaling", it.Place.Object.APIVersion)
	}
	if err != nil {
		return nil, err
	}
	// The order has no meaning, and API servers before 1.27 change it.
	slices.SortStableFunc(listAt(o, "spec", "metrics"), func(a, b any) int { return strings.Compare(metricKey(a), metricKey(b)) })
	return o, nil
}

// oldScaler converts the flat metrics of autoscaling/v2beta1, or the CPU target and the metrics in an annotation of
// autoscaling/v1 (pkg/apis/autoscaling/v1/conversion.go of Kubernetes).
func oldScaler(it *krm.Item) (object, error) {
	var o object
	if err := krm.Convert(it.Node(), &o); err != nil {
		return nil, err
	}
	spec, ok := o["spec"].(object)
	if !ok {
		return nil, errors.New("spec: is missing")
	}
	metrics := listAt(spec, "metrics")
	if it.Annotations[oldScalerAnnotations+"behavior"] != "" {
		return nil, errors.New("its behavior cannot be read; create the dump with horizontalpodautoscalers.v2.autoscaling")
	}
	if text := it.Annotations[oldScalerAnnotations+"metrics"]; text != "" {
		if err := json.Unmarshal([]byte(text), &metrics); err != nil {
			return nil, fmt.Errorf("metadata.annotations[%q]: %w", oldScalerAnnotations+"metrics", err)
		}
	}
	if cpu := spec["targetCPUUtilizationPercentage"]; cpu != nil {
		metrics = append(metrics, object{"type": "Resource", "resource": object{"name": "cpu", "targetAverageUtilization": cpu}})
	}
	delete(spec, "targetCPUUtilizationPercentage")
	delete(spec, "metrics")
	if len(metrics) > 0 {
		list, err := currentMetrics(metrics)
		if err != nil {
			return nil, err
		}
		spec["metrics"] = list
	}
	o["apiVersion"] = "autoscaling/v2"
	n, err := krm.ToNode(o)
	if err != nil {
		return nil, err
	}
	return convert(n, typed(keyOf(it.Place.Object)))
}

// currentMetrics converts metrics in the flat format, which hpa-configs also accepts.
func currentMetrics(flat []any) (any, error) {
	text, err := json.Marshal(flat)
	if err != nil {
		return nil, err
	}
	policy, ps := hpa.Read(map[string]string{"hpaVersion": "v2beta1", "mgwMetricsV2beta1": string(text)}, model.Place{})
	for _, p := range ps {
		if p.Severity == model.Error {
			return nil, fmt.Errorf("%s: %s", strings.TrimPrefix(p.Place.Field, "data.mgwMetricsV2beta1"), p.Message)
		}
	}
	return policy.Gateway.Metrics, nil
}

// metricKey identifies a metric within a HorizontalPodAutoscaler.
func metricKey(v any) string {
	kind := textAt(v, "type")
	member := strings.ToLower(kind[:min(1, len(kind))]) + kind[min(1, len(kind)):]
	name := textAt(v, member, "name")
	if name == "" {
		name = textAt(v, member, "metric", "name")
	}
	if container := textAt(v, member, "container"); container != "" {
		name = container + "/" + name
	}
	return kind + " " + name
}

// elementKey returns the merge key of a list element; "" if it has none.
func elementKey(list string, v any) string {
	switch list {
	case "containers", "initContainers", "env", "volumes", "imagePullSecrets":
		return textAt(v, "name")
	case "volumeMounts":
		return textAt(v, "mountPath")
	case "hostAliases":
		return textAt(v, "ip")
	case "metrics":
		return metricKey(v)
	case "ports":
		for _, name := range []string{"containerPort", "port"} {
			if n, ok := get(v, name).(float64); ok {
				return strconv.Itoa(int(n))
			}
		}
	}
	return ""
}
