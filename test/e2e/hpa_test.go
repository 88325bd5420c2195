//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
)

// A reading is what a HorizontalPodAutoscaler says.
type reading struct {
	replicas, desired int32
	// values has, for each metric that is read, the average over the pods in thousandths; of a utilization, the percentage.
	values map[string]int64
	// unknown has the metrics that are not read: those for which kubectl shows <unknown>.
	unknown []string
	// trouble is the reason and the message of the condition that says why the controller does nothing.
	reason, message string
}

func (r reading) String() string {
	text := fmt.Sprintf("%d replicas (%d desired), reads %v", r.replicas, r.desired, r.values)
	if len(r.unknown) > 0 {
		text += ", not " + strings.Join(r.unknown, ", ")
	}
	if r.reason != "" {
		text += fmt.Sprintf(" (%s: %s)", r.reason, r.message)
	}
	return text
}

func readHPA(ctx context.Context, c *cluster.Cluster, namespace, name string) (reading, error) {
	hpa, err := c.Client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return reading{}, err
	}
	return readingOf(hpa), nil
}

// readingOf follows kubectl: a metric is read if the status has a current value of it, and the status counts only while the
// conditions say that the controller can act.
func readingOf(hpa *autoscalingv2.HorizontalPodAutoscaler) reading {
	r := reading{replicas: hpa.Status.CurrentReplicas, desired: hpa.Status.DesiredReplicas, values: map[string]int64{}}
	for _, condition := range hpa.Status.Conditions {
		acts := condition.Type == autoscalingv2.AbleToScale || condition.Type == autoscalingv2.ScalingActive
		if acts && condition.Status != corev1.ConditionTrue && r.reason == "" {
			r.reason, r.message = condition.Reason, condition.Message
		}
	}
	current := map[string]int64{}
	for i := range hpa.Status.CurrentMetrics {
		m := &hpa.Status.CurrentMetrics[i]
		switch {
		case m.Pods != nil && m.Pods.Current.AverageValue != nil:
			current[m.Pods.Metric.Name] = m.Pods.Current.AverageValue.MilliValue()
		case m.Resource != nil && m.Resource.Current.AverageUtilization != nil:
			current[string(m.Resource.Name)] = int64(*m.Resource.Current.AverageUtilization)
		case m.External != nil && m.External.Current.AverageValue != nil:
			current[m.External.Metric.Name] = m.External.Current.AverageValue.MilliValue()
		}
	}
	for i := range hpa.Spec.Metrics {
		name := metricName(&hpa.Spec.Metrics[i])
		if value, ok := current[name]; ok && r.reason == "" {
			r.values[name] = value
		} else {
			r.unknown = append(r.unknown, name)
		}
	}
	return r
}

func metricName(m *autoscalingv2.MetricSpec) string {
	switch {
	case m.Pods != nil:
		return m.Pods.Metric.Name
	case m.Resource != nil:
		return string(m.Resource.Name)
	case m.External != nil:
		return m.External.Metric.Name
	default:
		return string(m.Type)
	}
}

// A span is a range of values, both ends included.
type span struct{ low, high int64 }

// A goal is what a HorizontalPodAutoscaler is to say.
type goal struct {
	namespace, name string
	replicas        int32
	values          map[string]span
}

func (g *goal) met(r reading) error {
	if len(r.unknown) > 0 {
		return fmt.Errorf("%s/%s: %s", g.namespace, g.name, r)
	}
	if r.replicas != g.replicas || r.desired != g.replicas {
		return fmt.Errorf("%s/%s: wanted %d replicas: %s", g.namespace, g.name, g.replicas, r)
	}
	for metric, span := range g.values {
		if value, ok := r.values[metric]; !ok || value < span.low || value > span.high {
			return fmt.Errorf("%s/%s: wanted %s from %d to %d: %s", g.namespace, g.name, metric, span.low, span.high, r)
		}
	}
	return nil
}

// settle waits until all goals have been met for three periods of the controller without a break.
func settle(t *testing.T, c *cluster.Cluster, limit time.Duration, goals ...goal) {
	t.Helper()
	const hold = 15 * time.Second
	since := time.Now()
	err := c.Until(t.Context(), "the HorizontalPodAutoscalers settle", limit, func(ctx context.Context) error {
		var errs []error
		for i := range goals {
			r, err := readHPA(ctx, c, goals[i].namespace, goals[i].name)
			if err == nil {
				err = goals[i].met(r)
			}
			errs = append(errs, err)
		}
		if err := errors.Join(errs...); err != nil {
			since = time.Now()
			return err
		}
		if held := time.Since(since); held < hold {
			return fmt.Errorf("met for %s", held.Round(time.Second))
		}
		return nil
	})
	show(t, c)
	if err != nil {
		explain(t, c)
		t.Fatal(err)
	}
}

// show logs what users see.
func show(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	table, err := c.Kubectl(t.Context(), "", "get", "hpa", "--all-namespaces")
	if err != nil {
		t.Error(err)
	}
	t.Logf("%s: kubectl get hpa\n%s", c.Since(), table)
}

// explain logs why HorizontalPodAutoscalers do not do what they should.
func explain(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	for _, args := range [][]string{
		{"describe", "hpa", "--all-namespaces"}, {"get", "pods", "--all-namespaces"}, {"get", "apiservices"},
	} {
		text, err := c.Kubectl(t.Context(), "", args...)
		t.Logf("kubectl %s: %v\n%s", strings.Join(args, " "), err, text)
	}
}
