package check

import (
	"strings"
	"testing"
)

// podsOf is a Deployment named web whose pods have a spec in flow style.
func podsOf(spec string) string {
	return podsWith("{labels: {app: web}}", spec)
}

// podsWith is podsOf with the metadata of the pods.
func podsWith(meta, spec string) string {
	return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: ` + meta + `
    spec: ` + spec + "\n"
}

// metricOf is an HPA of Deployment web with one metric, in flow style.
func metricOf(metric string) string {
	return hpaWith("v2", "  maxReplicas: 5\n  metrics:\n  - "+metric+"\n")
}

const (
	cpuUtilization  = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}"
	memoryValue     = "{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 500Mi}}}"
	appUtilization  = "{type: ContainerResource, containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 80}}}"
	appAverageValue = "{type: ContainerResource, containerResource: {name: cpu, container: app, target: {type: AverageValue, averageValue: 100m}}}"
	withCPU         = "resources: {requests: {cpu: 100m}}"
)

func TestHPARequest(t *testing.T) {
	runCases(t, hpaRequest, []checkCase{
		{name: "requested", text: metricOf(cpuUtilization) + deploymentWeb},
		{name: "not requested", want: []string{
			`error: Deployment web: spec.template.spec.containers[0].resources.requests: container "app" has no cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(cpuUtilization) + podsOf("{containers: [{name: app}]}")},
		{name: "one container of two", want: []string{
			`error: Deployment web: spec.template.spec.containers[1].resources.requests: container "log" has no cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(cpuUtilization) + podsOf("{containers: [{name: app, "+withCPU+"}, {name: log}]}")},
		{name: "another resource", want: []string{
			`error: Deployment web: spec.template.spec.containers[0].resources.requests: container "app" has no cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(cpuUtilization) + podsOf("{containers: [{name: app, resources: {requests: {memory: 1Gi}}}]}")},
		{name: "a limit is a request", text: metricOf(cpuUtilization) + podsOf("{containers: [{name: app, resources: {limits: {cpu: 1}}}]}")},
		{name: "average value", text: metricOf(memoryValue) + podsOf("{containers: [{name: app}]}")},
		{name: "no metric at all is cpu", want: []string{
			`error: Deployment web: spec.template.spec.containers[0].resources.requests: container "app" has no cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: hpaWeb + podsOf("{containers: [{name: app}]}")},
		{name: "v1", want: []string{
			`error: Deployment web: spec.template.spec.containers[0].resources.requests: container "app" has no cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: hpaWith("v1", "  maxReplicas: 5\n  targetCPUUtilizationPercentage: 50\n") + podsOf("{containers: [{name: app}]}")},
		{name: "v1 with metrics in the annotation", want: []string{
			`error: Deployment web: spec.template.spec.containers[0].resources.requests: container "app" has no memory request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: `---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata:
  name: web
  annotations:
    autoscaling.alpha.kubernetes.io/metrics: '[{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":70}}]'
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
` + podsOf("{containers: [{name: app, "+withCPU+"}]}")},
		{name: "v2beta1", want: []string{
			`error: Deployment web: spec.template.spec.containers[0].resources.requests: container "app" has no cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: hpaWith("v2beta1", "  maxReplicas: 5\n  metrics:\n  - {type: Resource, resource: {name: cpu, targetAverageUtilization: 50}}\n") +
			podsOf("{containers: [{name: app}]}")},
		{name: "v2beta1 average value", text: hpaWith("v2beta1", "  maxReplicas: 5\n  metrics:\n  - {type: Resource, resource: {name: cpu, targetAverageValue: 50m}}\n") +
			podsOf("{containers: [{name: app}]}")},
		{name: "sidecar", want: []string{
			`error: Deployment web: spec.template.spec.initContainers[0].resources.requests: container "proxy" has no cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(cpuUtilization) + podsOf("{containers: [{name: app, "+withCPU+"}], initContainers: [{name: proxy, restartPolicy: Always}]}")},
		{name: "init container", text: metricOf(cpuUtilization) + podsOf("{containers: [{name: app, "+withCPU+"}], initContainers: [{name: migrate}]}")},
		{name: "container", text: metricOf(appUtilization) + podsOf("{containers: [{name: app, "+withCPU+"}, {name: log}]}")},
		{name: "container without request", want: []string{
			`error: Deployment web: spec.template.spec.containers[0].resources.requests: container "app" has no cpu request, which HorizontalPodAutoscaler web requires to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(appUtilization) + podsOf("{containers: [{name: app}]}")},
		{name: "container without request, average value", text: metricOf(appAverageValue) + podsOf("{containers: [{name: app}]}")},
		{name: "container that is not there", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].containerResource.container: container "app" is not in the pods of Deployment web; did you mean "ap"? [hpa/request]`,
		}, text: metricOf(appUtilization) + podsOf("{containers: [{name: ap, "+withCPU+"}]}")},
		{name: "container that may be injected", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0].containerResource.container: container "app" is not in the pod template of Deployment web; cannot tell whether it is injected [hpa/request]`,
		}, text: metricOf(appUtilization) + `---
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {istio-injection: enabled}}
` + podsOf("{containers: [{name: web, "+withCPU+"}]}")},
		{name: "default of the namespace", text: metricOf(cpuUtilization) + `---
apiVersion: v1
kind: LimitRange
metadata: {name: defaults}
spec: {limits: [{type: Container, defaultRequest: {cpu: 100m}}]}
` + podsOf("{containers: [{name: app}]}")},
		{name: "maximum of the namespace", text: metricOf(cpuUtilization) + `---
apiVersion: v1
kind: LimitRange
metadata: {name: defaults}
spec: {limits: [{type: Container, max: {cpu: 2}}]}
` + podsOf("{containers: [{name: app}]}")},
		{name: "limit for whole pods", want: []string{
			`error: Deployment web: spec.template.spec.containers[0].resources.requests: container "app" has no cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(cpuUtilization) + `---
apiVersion: v1
kind: LimitRange
metadata: {name: defaults}
spec: {limits: [{type: Pod, max: {cpu: 2}}]}
` + podsOf("{containers: [{name: app}]}")},
		{name: "default of another namespace", want: []string{
			`error: Deployment prod/api: spec.template.spec.containers[0].resources.requests: container "api" has no cpu request, which HorizontalPodAutoscaler api requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(cpuUtilization) + `---
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: test}
spec: {limits: [{type: Container, defaultRequest: {cpu: 100m}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api, namespace: prod}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}
  maxReplicas: 5
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: prod}
spec:
  selector: {matchLabels: {app: api}}
  template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api}]}}
`},
		{name: "request of the pod", text: metricOf(cpuUtilization) + podsOf("{resources: {requests: {cpu: 1}}, containers: [{name: app}]}")},
		{name: "request of the pod, old cluster", want: []string{
			`error: Deployment web: spec.template.spec.containers[0].resources.requests: container "app" has no cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(cpuUtilization) + podsOf("{resources: {requests: {cpu: 1}}, containers: [{name: app}]}"), minor: 33},
		{name: "request of the pod for another resource", want: []string{
			`error: Deployment web: spec.template.spec.containers[0].resources.requests: container "app" has no cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; add one, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(cpuUtilization) + podsOf("{resources: {requests: {memory: 1Gi}}, containers: [{name: app}]}")},
		{name: "request of the pod for another resource, and of one container", text: metricOf(cpuUtilization) +
			podsOf("{resources: {requests: {memory: 1Gi}}, containers: [{name: app, "+withCPU+"}, {name: log}]}")},
		{name: "pods of a job with the same labels", want: []string{
			`error: CronJob report: spec.jobTemplate.spec.template.spec.containers[0].resources.requests: container "report" has no cpu request, but HorizontalPodAutoscaler web counts it because the selector of Deployment web matches its pod; give CronJob report a different label, or add a request [hpa/request]`,
		}, text: metricOf(cpuUtilization) + deploymentWeb + `---
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "@daily"
  jobTemplate: {spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: report}]}}}}
`},
		{name: "pods of a job with other labels", text: metricOf(cpuUtilization) + deploymentWeb + `---
apiVersion: batch/v1
kind: Job
metadata: {name: report}
spec: {template: {metadata: {labels: {app: report}}, spec: {containers: [{name: report}]}}}
`},
		{name: "pod of a test of a chart", want: []string{
			`info: Pod test: spec.containers[0].resources.requests: container "wget" has no cpu request, but HorizontalPodAutoscaler web counts it because the selector of Deployment web matches its pod; give Pod test a different label, or add a request [hpa/request]`,
		}, text: metricOf(cpuUtilization) + deploymentWeb + `---
apiVersion: v1
kind: Pod
metadata: {name: test, labels: {app: web}, annotations: {helm.sh/hook: test}}
spec: {containers: [{name: wget}]}
`},
		{name: "template that is not here", text: hpaOf("{name: web}", "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web}") + `---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
`},
		{name: "injected: dapr", want: []string{
			`warning: Deployment web: spec.template.metadata.annotations["dapr.io/sidecar-cpu-request"]: is missing; dapr.io/enabled adds a container without a cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; set it, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(cpuUtilization) + podsWith("{labels: {app: web}, annotations: {dapr.io/enabled: \"true\"}}", "{containers: [{name: app, "+withCPU+"}]}")},
		{name: "injected: dapr that is off", text: metricOf(cpuUtilization) + podsWith("{labels: {app: web}, annotations: {dapr.io/enabled: \"false\"}}", "{containers: [{name: app, "+withCPU+"}]}")},
		{name: "injected: dapr with a request", text: metricOf(cpuUtilization) + podsWith("{labels: {app: web}, annotations: {dapr.io/enabled: \"true\", dapr.io/sidecar-cpu-request: 100m}}", "{containers: [{name: app, "+withCPU+"}]}")},
		{name: "injected: linkerd with a limit", text: metricOf(cpuUtilization) + podsWith("{labels: {app: web}, annotations: {linkerd.io/inject: enabled, config.linkerd.io/proxy-cpu-limit: 100m}}", "{containers: [{name: app, "+withCPU+"}]}")},
		{name: "injected: linkerd", want: []string{
			`warning: Deployment web: spec.template.metadata.annotations["config.linkerd.io/proxy-cpu-request"]: is missing; linkerd.io/inject adds a container without a cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; set it, or use an AverageValue target [hpa/request]`,
		}, text: metricOf(cpuUtilization) + podsWith("{labels: {app: web}, annotations: {linkerd.io/inject: enabled}}", "{containers: [{name: app, "+withCPU+"}]}")},
		{name: "injected: collector", want: []string{
			`info: Deployment web: spec.template: sidecar.opentelemetry.io/inject adds a container; HorizontalPodAutoscaler web requires a cpu request of it to compute utilization [hpa/request]`,
		}, text: metricOf(cpuUtilization) + podsWith("{labels: {app: web}, annotations: {sidecar.opentelemetry.io/inject: \"true\"}}", "{containers: [{name: app, "+withCPU+"}]}")},
		{name: "injected: istio, whose container has a request", text: metricOf(cpuUtilization) + podsWith("{labels: {app: web, sidecar.istio.io/inject: \"true\"}}", "{containers: [{name: app, "+withCPU+"}]}")},
		{name: "injected: LimitRange", text: metricOf(cpuUtilization) + podsWith("{labels: {app: web}, annotations: {dapr.io/enabled: \"true\"}}", "{containers: [{name: app, "+withCPU+"}]}") + `---
apiVersion: v1
kind: LimitRange
metadata: {name: r}
spec: {limits: [{type: Container, defaultRequest: {cpu: 10m}}]}
`},
		{name: "injected into all pods of the namespace", want: []string{
			`warning: Deployment shop/web: spec.template.metadata.annotations["config.linkerd.io/proxy-cpu-request"]: is missing; linkerd.io/inject adds a container without a cpu request, which HorizontalPodAutoscaler web requires of every container to compute utilization; set it, or use an AverageValue target [hpa/request]`,
		}, text: strings.ReplaceAll(metricOf(cpuUtilization)+podsOf("{containers: [{name: app, "+withCPU+"}]}"), "{name: web}\n", "{name: web, namespace: shop}\n") + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {linkerd.io/inject: enabled}}\n"},
	})
}
