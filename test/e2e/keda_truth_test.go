//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
	"github.com/krm-fn/krm-fn/test/truth"
)

// setUpKEDA applies the cases of KEDA. The ScaledObjects follow when the webhooks know the other objects.
func setUpKEDA(t *testing.T, c *cluster.Cluster) map[string]verdict {
	t.Helper()
	rendered := program(t, "krm-fn", "", "render", "examples/products-privatejet", truth.KEDAConfig)
	verdicts := map[string]verdict{}
	var scaledObjects []string
	for i := range truth.KEDACases {
		item := &truth.KEDACases[i]
		text, err := item.Apply(truth.Sound(rendered, item.Name))
		if err != nil {
			t.Fatal(err)
		}
		others, scaledObject := truth.Cut(text, "ScaledObject")
		serveCase(t, c, item.Name)
		apply(t, c, others)
		scaledObjects = append(scaledObjects, scaledObject)
	}
	for i, text := range scaledObjects {
		if err := c.Apply(t.Context(), text); err != nil {
			v := verdict{truth.Refused, refusal(err)}
			if _, reason, ok := strings.Cut(err.Error(), " denied the request: "); ok {
				v = verdict{truth.RejectedByWebhook, reason}
			}
			verdicts[truth.KEDACases[i].Name] = v
		}
	}
	t.Logf("%s: the cases are applied", c.Since())
	return verdicts
}

// judgeKEDA returns what KEDA does with the ScaledObject of a case, and the HorizontalPodAutoscaler controller with what KEDA makes
// of it.
func judgeKEDA(ctx context.Context, c *cluster.Cluster, namespace string) (verdict, error) {
	text, err := c.Kubectl(ctx, "", "get", "scaledobjects", "--namespace="+namespace, "-o", "json")
	if err != nil {
		return verdict{}, err
	}
	var list struct {
		Items []struct {
			Status struct {
				HPAName    string             `json:"hpaName"`
				Conditions []metav1.Condition `json:"conditions"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return verdict{}, err
	}
	if len(list.Items) != 1 {
		return verdict{}, fmt.Errorf("%s has %d ScaledObjects", namespace, len(list.Items))
	}
	status := list.Items[0].Status
	for _, condition := range status.Conditions {
		switch {
		case condition.Reason == "ScaledObjectCheckFailed":
			return verdict{truth.NotReady, condition.Message}, nil
		case condition.Type == "Paused" && condition.Status == metav1.ConditionTrue:
			all, err := c.Client.AutoscalingV2().HorizontalPodAutoscalers(namespace).List(ctx, metav1.ListOptions{})
			if err != nil || len(all.Items) > 0 {
				return verdict{}, err
			}
			return verdict{outcome: truth.Paused}, nil
		}
	}
	if status.HPAName == "" {
		return verdict{}, nil
	}
	r, err := readHPA(ctx, c, namespace, status.HPAName)
	if err != nil {
		return verdict{}, err
	}
	if len(r.unknown) > 0 {
		return verdict{truth.Unknown, r.reason}, nil
	}
	value, ok := r.values["composite-metric"]
	if !ok {
		value = r.values[prometheusTrigger]
	}
	if sum := value * int64(r.replicas); sum < caseSpan.low || sum > caseSpan.high {
		return verdict{outcome: truth.Misreads}, nil
	}
	return verdict{outcome: truth.Reads}, nil
}
