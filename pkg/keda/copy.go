package keda

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime"
)

// DeepCopyObject implements runtime.Object.
func (o *ScaledObject) DeepCopyObject() runtime.Object {
	text, _ := json.Marshal(o) // Every field has a JSON text.
	out := &ScaledObject{}
	_ = json.Unmarshal(text, out)
	return out
}
