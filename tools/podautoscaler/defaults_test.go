package podautoscaler

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/yaml"
	k8sv2 "k8s.io/kubernetes/pkg/apis/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// manifest returns a random HorizontalPodAutoscaler, in which any field that has a default can be missing, empty, or null.
func manifest(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: shop, namespace: default}\nspec:\n" +
		"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}\n  maxReplicas: 9\n")
	b.WriteString(oneOf(r, "", "  minReplicas: 1\n", "  minReplicas: 3\n", "  minReplicas: null\n"))
	metrics := []string{
		"{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}",
		"{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}",
		"{type: ContainerResource, containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 60}}}",
		"{type: Pods, pods: {metric: {name: load}, target: {type: AverageValue, averageValue: 1500m}}}",
		"{type: External, external: {metric: {name: queue, selector: {matchLabels: {a: b}}}, target: {type: Value, value: 10}}}",
		"{type: Object, object: {metric: {name: load}, describedObject: {kind: Service, name: shop}, target: {type: Value, value: 5}}}",
	}
	switch r.IntN(5) {
	case 0:
	case 1:
		b.WriteString("  metrics: []\n")
	default:
		b.WriteString("  metrics:\n")
		for range 1 + r.IntN(3) {
			b.WriteString("  - " + oneOf(r, metrics...) + "\n")
		}
	}
	switch r.IntN(4) {
	case 0:
	case 1:
		b.WriteString("  behavior: " + oneOf(r, "{}", "null") + "\n")
	default:
		fmt.Fprintf(&b, "  behavior: {%s%s}\n", direction(r, "scaleUp: ", ", "), direction(r, "scaleDown: ", ""))
	}
	return b.String()
}

func direction(r *rand.Rand, name, end string) string {
	if r.IntN(5) == 0 {
		return ""
	}
	policy := func() string {
		return fmt.Sprintf("{type: %s, value: %d, periodSeconds: %d}", oneOf(r, "Pods", "Percent"), 1+r.IntN(100), 1+r.IntN(1800))
	}
	fields := []string{
		oneOf(r, "", "stabilizationWindowSeconds: 0", fmt.Sprintf("stabilizationWindowSeconds: %d", r.IntN(3601)), "stabilizationWindowSeconds: null"),
		oneOf(r, "", "selectPolicy: Max", "selectPolicy: Min", "selectPolicy: Disabled", "selectPolicy: null"),
		oneOf(r, "", "policies: null", "policies: ["+policy()+"]", "policies: ["+policy()+", "+policy()+"]"),
		oneOf(r, "", "tolerance: 50m", "tolerance: 0"),
	}
	var set []string
	for _, f := range fields {
		if f != "" {
			set = append(set, f)
		}
	}
	return name + "{" + strings.Join(set, ", ") + "}" + end
}

func oneOf(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

// TestDefaults compares the specs that simulations begin with to what the API server stores. The window of scaling down has no default
// there; the controller has one.
func TestDefaults(t *testing.T) {
	for n := range uint64(10 * *worlds) {
		text := manifest(rand.New(rand.NewPCG(*seed+n, 1)))
		var want autoscalingv2.HorizontalPodAutoscaler
		if err := yaml.UnmarshalStrict([]byte(text), &want); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		k8sv2.SetDefaults_HorizontalPodAutoscaler(&want)
		docs, ps := krm.ParseAll(text, model.Place{})
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		got, _ := check.Scalings(check.Input{Items: []*krm.Item{krm.NewItem(docs[0].Root)}})
		if len(got) != 1 || !equality.Semantic.DeepEqual(got[0].Spec, want.Spec) {
			t.Fatalf("seed %d: got %+v\nwant %+v\nof\n%s", *seed+n, got, want.Spec, text)
		}
	}
}
