package migrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

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
