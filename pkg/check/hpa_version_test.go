package check

import (
	"testing"
)

func TestHPAVersion(t *testing.T) {
	tolerant := hpaWith("v2", "  maxReplicas: 5\n  behavior: {scaleUp: {tolerance: 5m}}\n")
	runCases(t, hpaVersion, []checkCase{
		{name: "v2", text: hpaWeb},
		{name: "v2, old cluster", want: []string{
			`error: HorizontalPodAutoscaler web: apiVersion: autoscaling/v2 is served starting with Kubernetes 1.23, but the target version is 1.22; use autoscaling/v2beta2 [hpa/version]`,
		}, text: hpaWeb, minor: 22},
		{name: "v2, first cluster", text: hpaWeb, minor: 23},
		{name: "v2beta2", want: []string{
			`error: HorizontalPodAutoscaler web: apiVersion: autoscaling/v2beta2 is not served since Kubernetes 1.26; use autoscaling/v2 [hpa/version]`,
		}, text: hpaWith("v2beta2", "  maxReplicas: 5\n")},
		{name: "v2beta2, last cluster", text: hpaWith("v2beta2", "  maxReplicas: 5\n"), minor: 25},
		{name: "v2beta1", want: []string{
			`error: HorizontalPodAutoscaler web: apiVersion: autoscaling/v2beta1 is not served since Kubernetes 1.25; use autoscaling/v2 [hpa/version]`,
		}, text: hpaWith("v2beta1", "  maxReplicas: 5\n"), minor: 25},
		{name: "v2beta1, last cluster", text: hpaWith("v2beta1", "  maxReplicas: 5\n"), minor: 24},
		{name: "v1", text: hpaWith("v1", "  maxReplicas: 5\n"), minor: 37},
		{name: "v3", want: []string{
			`error: HorizontalPodAutoscaler web: apiVersion: no Kubernetes in use serves a HorizontalPodAutoscaler in autoscaling/v3; use autoscaling/v2 [hpa/version]`,
		}, text: hpaWith("v3", "  maxReplicas: 5\n")},
		{name: "other group", want: []string{
			`error: HorizontalPodAutoscaler web: apiVersion: no Kubernetes in use serves a HorizontalPodAutoscaler in apps/v1; use autoscaling/v2beta2 [hpa/version]`,
		}, text: "{apiVersion: apps/v1, kind: HorizontalPodAutoscaler, metadata: {name: web}}", minor: 20},
		{name: "misspelled version", want: []string{
			`error: Deployment web: apiVersion: nothing serves a Deployment in apps/v1x; use apps/v1 [hpa/version]`,
			`error: Service web: apiVersion: nothing serves a Service in v2; use v1 [hpa/version]`,
		}, text: "{apiVersion: apps/v1x, kind: Deployment, metadata: {name: web}}\n---\n{apiVersion: v2, kind: Service, metadata: {name: web}}"},
		{name: "monitor of long ago", want: []string{
			`error: ServiceMonitor web: apiVersion: nothing serves a ServiceMonitor in monitoring.coreos.com/v1alpha1; use monitoring.coreos.com/v1 [hpa/version]`,
		}, text: "{apiVersion: monitoring.coreos.com/v1alpha1, kind: ServiceMonitor, metadata: {name: web}}"},
		{name: "misspelled kinds", want: []string{
			`error: Deploymnt web: kind: apps has no kind "Deploymnt"; did you mean "Deployment"? [hpa/version]`,
			`error: HorizontalPodAutoScaler web: kind: autoscaling has no kind "HorizontalPodAutoScaler"; did you mean "HorizontalPodAutoscaler"? [hpa/version]`,
			`error: ServiceMonitors web: kind: monitoring.coreos.com has no kind "ServiceMonitors"; did you mean "ServiceMonitor"? [hpa/version]`,
		}, text: "{apiVersion: apps/v1, kind: Deploymnt, metadata: {name: web}}\n---\n{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitors, metadata: {name: web}}\n---\n{apiVersion: autoscaling/v2, kind: HorizontalPodAutoScaler, metadata: {name: web}}"},
		{name: "other kinds", text: "{apiVersion: monitoring.coreos.com/v1alpha1, kind: PrometheusAgent, metadata: {name: web}}\n---\n{apiVersion: apps/v1, kind: ControllerRevision, metadata: {name: web}}\n---\n{apiVersion: v1, kind: Secret, metadata: {name: web}}"},
		{name: "workload of long ago", want: []string{
			`error: Deployment web: apiVersion: extensions/v1beta1 is not served since Kubernetes 1.16; use apps/v1 [hpa/version]`,
		}, text: "{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: web}}"},
		{name: "workload in its time", text: "{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: web}}", minor: 15},
		{name: "registration of the adapter", want: []string{
			`error: APIService v1beta1.custom.metrics.k8s.io: apiVersion: apiregistration.k8s.io/v1beta1 is not served since Kubernetes 1.22; use apiregistration.k8s.io/v1 [hpa/version]`,
		}, text: "{apiVersion: apiregistration.k8s.io/v1beta1, kind: APIService, metadata: {name: v1beta1.custom.metrics.k8s.io}}"},
		{name: "registration of something else", text: "{apiVersion: apiregistration.k8s.io/v1beta1, kind: APIService, metadata: {name: v1.packages.example.com}}"},
		{name: "kind that is not of the chain", text: "{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: web}}"},
		{name: "container resource", text: metricOf(appUtilization), minor: 27},
		{name: "container resource, old cluster", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0]: type ContainerResource requires Kubernetes 1.27, but the target version is 1.26; use a metric of type Resource [hpa/version]`,
		}, text: metricOf(appUtilization), minor: 26},
		{name: "tolerance", text: tolerant, minor: 35},
		{name: "tolerance behind a gate", want: []string{
			`warning: HorizontalPodAutoscaler web: spec.behavior.scaleUp.tolerance: is dropped by Kubernetes 1.34 unless its feature gate HPAConfigurableTolerance is enabled [hpa/version]`,
		}, text: tolerant, minor: 34},
		{name: "tolerance, old cluster", want: []string{
			`error: HorizontalPodAutoscaler web: spec.behavior.scaleUp.tolerance: requires Kubernetes 1.35, but the target version is 1.32; remove it [hpa/version]`,
		}, text: tolerant, minor: 32},
		{name: "fields of v2 in v1", want: []string{
			`error: HorizontalPodAutoscaler web: spec.behavior: is not a field of autoscaling/v1, which drops or rejects it; use apiVersion: autoscaling/v2 [hpa/version]`,
			`error: HorizontalPodAutoscaler web: spec.metrics: is not a field of autoscaling/v1, which drops or rejects it; use apiVersion: autoscaling/v2 [hpa/version]`,
		}, text: hpaWith("v1", "  maxReplicas: 5\n  metrics: []\n  behavior: {}\n")},
		{name: "field of v1 in v2", want: []string{
			`error: HorizontalPodAutoscaler web: spec.targetCPUUtilizationPercentage: is not a field of autoscaling/v2, which drops or rejects it; use metrics [hpa/version]`,
		}, text: hpaWith("v2", "  maxReplicas: 5\n  targetCPUUtilizationPercentage: 80\n")},
	})
}
