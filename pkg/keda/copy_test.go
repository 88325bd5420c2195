package keda

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDeepCopy(t *testing.T) {
	least := int32(1)
	original := &ScaledObject{Spec: ScaledObjectSpec{
		ScaleTargetRef: &ScaleTarget{Name: "web"}, MinReplicaCount: &least,
		Triggers: []Trigger{{Type: CPU, Metadata: map[string]string{"value": "50"}}},
	}}
	copied := original.DeepCopyObject().(*ScaledObject)
	if diff := cmp.Diff(original, copied); diff != "" {
		t.Errorf("the copy differs (-original +copy):\n%s", diff)
	}
	copied.Spec.Triggers[0].Metadata["value"], copied.Spec.ScaleTargetRef.Name = "60", "other"
	if original.Spec.Triggers[0].Metadata["value"] != "50" || original.Spec.ScaleTargetRef.Name != "web" {
		t.Error("the copy shares memory with the original")
	}
}
