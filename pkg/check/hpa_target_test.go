package check

import (
	"testing"
)

const (
	// deploymentWeb has everything that an HPA on cpu needs.
	deploymentWeb = `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{name: metrics, containerPort: 9000}], resources: {requests: {cpu: 100m}}}]}
`
	// hpaWeb scales it on cpu.
	hpaWeb = `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
`
)

// hpaOf is an HPA with a scaleTargetRef.
func hpaOf(meta, ref string) string {
	return "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: " + meta +
		"\nspec:\n  maxReplicas: 5\n  scaleTargetRef: " + ref + "\n"
}

func TestHPATarget(t *testing.T) {
	runCases(t, hpaTarget, []checkCase{
		{name: "found", text: deploymentWeb + hpaWeb},
		{name: "found in a list", text: `apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    selector: {matchLabels: {app: web}}
    template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
` + hpaWeb},
		{name: "misspelled name", want: []string{
			`warning: HorizontalPodAutoscaler web: spec.scaleTargetRef.name: no Deployment in namespace default is named "wbe"; did you mean "web"? [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: Deployment, name: wbe}")},
		{name: "other name", want: []string{
			`info: HorizontalPodAutoscaler web: spec.scaleTargetRef.name: Deployment frontend is not in the input, so its pods are not checked [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: Deployment, name: frontend}")},
		{name: "kind in lower case", text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: deployment, name: web}")},
		{name: "other kind", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: no StatefulSet is named web, but a Deployment is; use Deployment [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: StatefulSet, name: web}")},
		{name: "kind without scale", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: a DaemonSet has no scale subresource, so nothing can scale it; use a Deployment, StatefulSet, or ReplicaSet [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: DaemonSet, name: web}")},
		{name: "job", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: a Job has no scale subresource, so nothing can scale it; use a Deployment, StatefulSet, or ReplicaSet [hpa/target]`,
		}, text: hpaOf("{name: web}", "{apiVersion: batch/v1, kind: Job, name: web}")},
		{name: "kind of nobody", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: "Service" is not a Kubernetes kind that can be scaled [hpa/target]`,
		}, text: hpaOf("{name: web}", "{apiVersion: v1, kind: Service, name: web}")},
		{name: "no kind and no name", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: is missing; set it to the kind of the workload to scale [hpa/target]`,
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.name: is missing; set it to the name of the workload to scale [hpa/target]`,
		}, text: hpaOf("{name: web}", "{apiVersion: apps/v1}")},
		{name: "no kind", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: is missing; set it to the kind of the workload to scale [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, name: web}")},
		{name: "no name", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.name: is missing; set it to the name of the workload to scale [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: Deployment}")},
		{name: "no apiVersion", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.apiVersion: is missing, so the controller looks for a Deployment in the core group, which has none; use apps/v1 [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{kind: Deployment, name: web}")},
		{name: "wrong group", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.apiVersion: "autoscaling/v1" has no Deployment; use apps/v1 [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: autoscaling/v1, kind: Deployment, name: web}")},
		{name: "malformed apiVersion", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.apiVersion: "apps/v1/Deployment" is not a valid apiVersion; use GROUP/VERSION, such as apps/v1 [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1/Deployment, kind: Deployment, name: web}")},
		{name: "group of long ago", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.apiVersion: the group extensions has no Deployment since Kubernetes 1.16; use apps/v1 [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: extensions/v1beta1, kind: Deployment, name: web}")},
		{name: "group of long ago, in its time", text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: extensions/v1beta1, kind: Deployment, name: web}"), minor: 15},
		{name: "the version does not matter", text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1beta1, kind: Deployment, name: web}")},
		{name: "other namespace", want: []string{
			`warning: Deployment web: metadata.namespace: is missing, but HorizontalPodAutoscaler prod/web is in prod, and both must be in the same namespace; set it to prod [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web, namespace: prod}", "{apiVersion: apps/v1, kind: Deployment, name: web}")},
		{name: "two stated namespaces", want: []string{
			`error: HorizontalPodAutoscaler prod/web: metadata.namespace: is prod, but Deployment web is in test, and both must be in the same namespace [hpa/target]`,
		}, text: hpaOf("{name: web, namespace: prod}", "{apiVersion: apps/v1, kind: Deployment, name: web}") + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: test}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
`},
		{name: "default is where nothing is stated", text: deploymentWeb + hpaOf("{name: web, namespace: default}", "{apiVersion: apps/v1, kind: Deployment, name: web}")},
		{name: "stated by the workload alone", want: []string{
			`warning: HorizontalPodAutoscaler web: metadata.namespace: is missing, but Deployment prod/web is in prod, and both must be in the same namespace; set it to prod [hpa/target]`,
		}, text: hpaWeb + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: prod}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
`},
		{name: "nothing of the namespace is here", want: []string{
			`info: HorizontalPodAutoscaler web: spec.scaleTargetRef.name: Deployment web is not in the input, so its pods are not checked [hpa/target]`,
		}, text: hpaWeb},
		{name: "custom resource", want: []string{
			`info: HorizontalPodAutoscaler web: spec.scaleTargetRef: the input does not define the pods of Cluster web, so they are not checked [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: example.com/v1, kind: Cluster, name: web}")},
		{name: "custom resource with a template", text: hpaOf("{name: web}", "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web}") + `---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
`},
		{name: "labels beside the metadata of the template", want: []string{
			`error: Deployment web: spec.selector: does not match the labels of spec.template, so the API server rejects the Deployment; use the same labels [hpa/target]`,
		}, text: hpaWeb + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {labels: {app: web}, spec: {containers: [{name: web, image: web, resources: {requests: {cpu: 1}}}]}}
`},
		{name: "selector and template disagree", want: []string{
			`error: Deployment web: spec.selector: does not match the labels of spec.template, so the API server rejects the Deployment; use the same labels [hpa/target]`,
		}, text: hpaWeb + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: wbe}}, spec: {containers: [{name: web, image: web}]}}
`},
		{name: "no selector", want: []string{
			`error: Deployment web: spec.selector: is missing, so the API server rejects the Deployment; use the labels of spec.template [hpa/target]`,
		}, text: hpaWeb + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
`},
		{name: "empty selector", want: []string{
			`error: Deployment web: spec.selector: is empty, so the API server rejects the Deployment; use the labels of spec.template [hpa/target]`,
		}, text: hpaWeb + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
`},
		{name: "no containers", want: []string{
			`error: Deployment web: spec.template.spec.containers: is missing, so the API server rejects the Deployment; add at least one container [hpa/target]`,
		}, text: hpaWeb + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}}
`},
		{name: "no selector where there is a default", text: hpaOf("{name: web}", "{apiVersion: v1, kind: ReplicationController, name: web}") + `---
apiVersion: v1
kind: ReplicationController
metadata: {name: web}
spec:
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
`},
		{name: "map as selector", text: hpaOf("{name: web}", "{apiVersion: v1, kind: ReplicationController, name: web}") + `---
apiVersion: v1
kind: ReplicationController
metadata: {name: web}
spec:
  selector: {app: web}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
`},
		{name: "misspelled name, complete", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.name: no Deployment in namespace default is named "wbe"; did you mean "web"? [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: Deployment, name: wbe}"), complete: true},
		{name: "other name, complete", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.name: no Deployment in namespace default is named "frontend"; available: web [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: Deployment, name: frontend}"), complete: true},
		{name: "nothing of the namespace is here, complete", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.name: no Deployment in namespace default is named "web" [hpa/target]`,
		}, text: hpaWeb, complete: true},
		{name: "kind in upper case", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: "DEPLOYMENT" is not a Kubernetes kind that can be scaled; did you mean "Deployment"? [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: DEPLOYMENT, name: web}")},
		{name: "lower-case kind without scale", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: a DaemonSet has no scale subresource, so nothing can scale it; use a Deployment, StatefulSet, or ReplicaSet [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: daemonset, name: web}")},
		{name: "no path segments", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: is "apps/Deployment"; use a name without "/" or "%" [hpa/target]`,
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.name: is ".."; use a different name, because this one means a directory in a URL [hpa/target]`,
		}, text: deploymentWeb + hpaOf("{name: web}", "{apiVersion: apps/v1, kind: apps/Deployment, name: ..}")},
		{name: "Knative Service", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: a Service of serving.knative.dev has no scale subresource, so nothing can scale it; use the annotations autoscaling.knative.dev/min-scale and max-scale [hpa/target]`,
		}, text: hpaOf("{name: web}", "{apiVersion: serving.knative.dev/v1, kind: Service, name: web}")},
		{name: "custom resource without scale", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef.kind: a Cluster has no scale subresource, so nothing can scale it; add subresources.scale to CustomResourceDefinition clusters.example.com [hpa/target]`,
		}, text: hpaOf("{name: web}", "{apiVersion: example.com/v1, kind: Cluster, name: web}") + `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.example.com}
spec:
  group: example.com
  names: {kind: Cluster}
  versions: [{name: v1, served: true}, {name: v0, served: false, subresources: {scale: {labelSelectorPath: .s}}}]
`},
		{name: "custom resource without a selector", want: []string{
			`error: CustomResourceDefinition clusters.example.com: spec.versions: subresources.scale has no labelSelectorPath, so HorizontalPodAutoscaler web finds no pods of cluster web; add it [hpa/target]`,
		}, text: hpaOf("{name: web}", "{apiVersion: example.com/v1, kind: cluster, name: web}") + `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.example.com}
spec:
  group: example.com
  names: {kind: Cluster}
  versions: [{name: v1, served: true, subresources: {scale: {specReplicasPath: .spec.replicas}}}]
`},
		{name: "custom resource with scale", want: []string{
			`info: HorizontalPodAutoscaler web: spec.scaleTargetRef: the input does not define the pods of Cluster web, so they are not checked [hpa/target]`,
		}, text: hpaOf("{name: web}", "{apiVersion: example.com/v1, kind: Cluster, name: web}") + `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.example.com}
spec:
  group: example.com
  names: {kind: Cluster}
  versions: [{name: v1, served: true, subresources: {scale: {labelSelectorPath: .status.selector}}}]
`},
		{name: "custom resource of another group", want: []string{
			`info: HorizontalPodAutoscaler web: spec.scaleTargetRef: the input does not define the pods of Cluster web, so they are not checked [hpa/target]`,
		}, text: hpaOf("{name: web}", "{apiVersion: example.com/v1, kind: Cluster, name: web}") + `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.example.org}
spec:
  group: example.com
  names: {kind: Cluster}
  versions: [{name: v1, served: true}]
`},
		{name: "other custom resource of the group", want: []string{
			`info: HorizontalPodAutoscaler web: spec.scaleTargetRef: the input does not define the pods of Database web, so they are not checked [hpa/target]`,
		}, text: hpaOf("{name: web}", "{apiVersion: example.com/v1, kind: Database, name: web}") + `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.example.com}
spec:
  group: example.com
  names: {kind: Cluster}
  versions: [{name: v1, served: true}]
`},
	})
}
