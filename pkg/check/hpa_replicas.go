package check

import (
	"fmt"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const hpaReplicasID model.ID = "hpa/replicas"

var hpaReplicas = Check{
	ID:    hpaReplicasID,
	Title: "spec.replicas is set on a workload that a HorizontalPodAutoscaler scales",
	Why: "Whenever the manifest is applied, the number of pods jumps back to what it says, and a GitOps controller that keeps " +
		"applying it works against the autoscaler. With 0 replicas the autoscaler is switched off altogether.",
	Mend: "Remove spec.replicas. On a workload that is in the cluster already, remove it from the managed fields first, as the " +
		"Kubernetes documentation on migrating to autoscaling tells, so that the pods do not drop to 1 for a moment.",
	Bad: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, resources: {requests: {cpu: 100m}}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
`,
	Good: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, resources: {requests: {cpu: 100m}}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
`,
	run: func(w *world, ps *model.Problems) {
		for _, s := range w.graph.Scalers {
			if wl := s.Target; wl != nil && wl.Replicas != nil {
				checkReplicas(s, wl, ps)
			}
		}
	},
}

// checkReplicas follows Kubernetes, pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler: a target with 0
// replicas is left alone, unless the autoscaler may scale to 0 itself.
func checkReplicas(s *chain.Scaler, wl *chain.Workload, ps *model.Problems) {
	p := model.Problem{
		ID: hpaReplicasID, Severity: model.Warning, Place: wl.Item.Place.Child("spec").Child("replicas"), Value: fmt.Sprint(*wl.Replicas),
		Message: fmt.Sprintf("is %d, and every apply sets it back, although %s scales it; remove it", *wl.Replicas, s),
	}
	if *wl.Replicas == 0 && (!s.Replicas.HasLowest || s.Replicas.Lowest > 0) {
		p.Severity = model.Error
		p.Message = fmt.Sprintf("is 0, which switches %s off; remove it", s)
	}
	ps.Add(p)
}
