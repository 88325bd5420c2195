package check

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// checkUsage follows pkg/scalers/cpu_memory_scaler.go, parseResourceMetadata.
func (t trigger) checkUsage(_ *world, ps *model.Problems) {
	value := t.Value("value")
	switch t.MetricType {
	case autoscalingv2.UtilizationMetricType:
		n, err := strconv.ParseInt(value, 10, 32)
		switch {
		case value == "":
		case err != nil:
			t.reject(ps, "value", "", "is not a whole number of percent; use one such as \"80\"")
		case n <= 0:
			t.reject(ps, "value", "", "is not above 0, as a HorizontalPodAutoscaler requires; use a positive number of percent")
		}
	case autoscalingv2.AverageValueMetricType:
		q, ok := keda.ParseQuantity(value)
		switch {
		case value == "":
		case !ok:
			t.reject(ps, "value", "", "is not a quantity; use one such as 500m or 1Gi")
		case q.Sign() <= 0:
			t.reject(ps, "value", "", "is not above 0, as a HorizontalPodAutoscaler requires; use a positive quantity")
		}
	}
}

// checkCron follows pkg/scalers/cron_scaler.go.
func (t trigger) checkCron(_ *world, ps *model.Problems) {
	for _, key := range []string{"start", "end"} {
		if value := t.Value(key); value != "" {
			if is := keda.CheckSchedule(value); is != "" {
				t.reject(ps, key, "", "%s", is)
			}
		}
	}
	if is := keda.CheckTimezone(t.Value("timezone")); is != "" {
		t.reject(ps, "timezone", "", "%s", is)
	}
	if start := t.Value("start"); start != "" && start == t.Value("end") {
		t.reject(ps, "end", "", "is also the start, and KEDA rejects equal schedules; use another one")
	}
	if t.MetricType == autoscalingv2.ValueMetricType {
		ps.Warnf(model.KEDATrigger, t.at.Child("metricType"),
			"is Value, so the replicas are multiplied by the value, and not set to desiredReplicas; use AverageValue")
	}
	n, err := strconv.ParseInt(t.Value("desiredReplicas"), 10, 64)
	lowest, highest := int64(*t.of.MinReplicas), int64(t.of.MaxReplicas)
	switch {
	case err != nil:
	case n == 0:
		t.reject(ps, "desiredReplicas", "", "KEDA rejects; to scale to 0, set minReplicaCount: 0, and the window in which pods are required")
	case n < 0:
		t.reject(ps, "desiredReplicas", "", "counts as 0; use a positive number")
	case n > highest:
		t.warn(ps, "desiredReplicas", "but maxReplicaCount limits it to %s", replicasInWords(highest))
	case n <= lowest && t.of.Spec != nil:
		t.warn(ps, "desiredReplicas", "which has no effect, because minReplicaCount is %d; use a higher number", lowest)
	}
}

// checkCrons reports windows of which one begins when the other ends. The metric of one is then 0 before the other is read.
func checkCrons(k *chain.KEDA, ps *model.Problems) {
	ends := map[[2]string]int{}
	for i := range k.Triggers {
		if t := &k.Triggers[i]; t.Type == keda.Cron && t.Value("end") != "" {
			ends[[2]string{t.Value("timezone"), t.Value("end")}] = i
		}
	}
	for i := range k.Triggers {
		t := &k.Triggers[i]
		if other, ok := ends[[2]string{t.Value("timezone"), t.Value("start")}]; ok && other != i && t.Type == keda.Cron {
			ps.Warnf(model.KEDATrigger, k.MetricAt(i).Child("metadata").Child("start"),
				"is when the window of triggers[%d] ends, so the replicas may drop in between; let the windows overlap by some minutes", other)
		}
	}
}

// checkPods follows pkg/scalers/kubernetes_workload_scaler.go.
func (t trigger) checkPods(_ *world, ps *model.Problems) {
	t.checkTarget("value", ps)
	selector, err := labels.Parse(t.Value("podSelector"))
	switch wl := t.of.Target; {
	case t.Value("podSelector") == "":
	case err != nil:
		t.reject(ps, "podSelector", "", "is not a label selector; use one such as app=backend, tier in (a, b)")
	case wl != nil && wl.KnowsPods() && selector.Matches(labels.Set(wl.Template.Labels)):
		t.warn(ps, "podSelector", "which also selects the pods of %s itself, so more of them ask for more; select only other pods", wl)
	}
}

// checkURL follows pkg/scalers/metrics_api_scaler.go.
func (t trigger) checkURL(_ *world, ps *model.Problems) {
	t.checkTarget("targetValue", ps)
	u, err := url.Parse(t.Value("url"))
	if t.Value("url") != "" && (err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme)) {
		t.reject(ps, "url", "", "is not a URL; use one such as http://orders.shop:8080/stats")
	}
}

// checkScaler follows pkg/scalers/external_scaler.go, which connects by gRPC.
func (t trigger) checkScaler(_ *world, ps *model.Problems) {
	for _, scheme := range []string{"http://", "https://"} {
		if rest, ok := strings.CutPrefix(t.Value("scalerAddress"), scheme); ok {
			t.reject(ps, "scalerAddress", rest, "has a scheme, but KEDA connects by gRPC; use %s", rest)
		}
	}
}
