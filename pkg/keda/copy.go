package keda

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime"
)

// DeepCopyObject implements runtime.Object.
func (o *ScaledObject) DeepCopyObject() runtime.Object {
	out := &ScaledObject{}
	text, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil { // All fields have a JSON text.
		panic(err)
	}
	return out
}
