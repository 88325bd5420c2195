package gen

import (
	"github.com/krm-fn/krm-fn/pkg/hpa"
)

// horizontalPodAutoscaler is the scaler of Kubernetes itself. An adapter serves all of its metrics except CPU and memory.
var horizontalPodAutoscaler = scalerKind{
	kind: "HorizontalPodAutoscaler", problems: "hpa/",
	render: renderHPA, unsupported: hpa.Unsupported,
}

func renderHPA(w *workload, opts *options) typedObject {
	return hpa.Render(hpa.Target{
		Meta:        w.meta(w.ref.Name),
		Workload:    w.target,
		MinReplicas: w.min, MaxReplicas: w.max, Scaling: w.scaling, KubernetesMinor: opts.minor,
	})
}
