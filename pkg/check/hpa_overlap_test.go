package check

import (
	"strings"
	"testing"
)

// labelled is a Deployment with a selector and labels of its pods, in flow style.
func labelled(name, selector, labels string) string {
	return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ` + name + `}
spec:
  selector: {matchLabels: ` + selector + `}
  template: {metadata: {labels: ` + labels + `}, spec: {containers: [{name: app, resources: {requests: {cpu: 100m}}}]}}
`
}

func TestHPAOverlap(t *testing.T) {
	webAndAPI := labelled("web", "{app: shop}", "{app: shop, tier: web}") + labelled("api", "{app: shop}", "{app: shop, tier: api}")
	runCases(t, hpaOverlap, []checkCase{
		{name: "one for each", text: hpaWeb + hpaOf("{name: api}", "{apiVersion: apps/v1, kind: Deployment, name: api}") +
			labelled("web", "{app: web}", "{app: web}") + labelled("api", "{app: api}", "{app: api}")},
		{name: "two on one", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef: Deployment web is also scaled by HorizontalPodAutoscaler web-2, so all of them stop (AmbiguousSelector); use one HorizontalPodAutoscaler with all metrics [hpa/overlap]`,
			`error: HorizontalPodAutoscaler web-2: spec.scaleTargetRef: Deployment web is also scaled by HorizontalPodAutoscaler web, so all of them stop (AmbiguousSelector); use one HorizontalPodAutoscaler with all metrics [hpa/overlap]`,
		}, text: hpaWeb + hpaOf("{name: web-2}", "{apiVersion: apps/v1beta1, kind: Deployment, name: web}") + deploymentWeb},
		{name: "two on one, old cluster", want: []string{
			`error: HorizontalPodAutoscaler web: spec.scaleTargetRef: Deployment web is also scaled by HorizontalPodAutoscaler web-2, so they fight each other; use one HorizontalPodAutoscaler with all metrics [hpa/overlap]`,
			`error: HorizontalPodAutoscaler web-2: spec.scaleTargetRef: Deployment web is also scaled by HorizontalPodAutoscaler web, so they fight each other; use one HorizontalPodAutoscaler with all metrics [hpa/overlap]`,
		}, text: hpaWeb + hpaOf("{name: web-2}", "{apiVersion: apps/v1, kind: Deployment, name: web}"), minor: 25},
		{name: "two on one in two namespaces", text: hpaWeb + hpaOf("{name: web-2, namespace: test}", "{apiVersion: apps/v1, kind: Deployment, name: web}")},
		{name: "the same one twice", text: hpaWeb + hpaWeb + deploymentWeb + deploymentWeb},
		{name: "same selectors, both scaled", want: []string{
			`error: Deployment api: spec.selector: also matches the pods of Deployment web, which HorizontalPodAutoscaler web scales, so it and HorizontalPodAutoscaler api stop (AmbiguousSelector); give each workload its own label [hpa/overlap]`,
			`error: Deployment web: spec.selector: also matches the pods of Deployment api, which HorizontalPodAutoscaler api scales, so it and HorizontalPodAutoscaler web stop (AmbiguousSelector); give each workload its own label [hpa/overlap]`,
		}, text: hpaWeb + hpaOf("{name: api}", "{apiVersion: apps/v1, kind: Deployment, name: api}") + webAndAPI},
		{name: "same selectors, both scaled, old cluster", want: []string{
			`error: Deployment api: spec.selector: also matches the pods of Deployment web, so HorizontalPodAutoscaler api includes the pods of both in its calculation; give each workload its own label [hpa/overlap]`,
			`error: Deployment web: spec.selector: also matches the pods of Deployment api, so HorizontalPodAutoscaler web includes the pods of both in its calculation; give each workload its own label [hpa/overlap]`,
		}, text: hpaWeb + hpaOf("{name: api}", "{apiVersion: apps/v1, kind: Deployment, name: api}") + webAndAPI, minor: 25},
		{name: "same selectors, one scaled", want: []string{
			`error: Deployment web: spec.selector: also matches the pods of Deployment api, so HorizontalPodAutoscaler web includes the pods of both in its calculation; give each workload its own label [hpa/overlap]`,
		}, text: hpaWeb + webAndAPI},
		{name: "the selector of the one that is not scaled", text: hpaWeb + labelled("web", "{app: shop, tier: web}", "{app: shop, tier: web}") +
			labelled("api", "{app: shop}", "{app: shop, tier: api}")},
		{name: "many on one", want: manyOnOne, text: deploymentWeb + eight(func(name string) string {
			return hpaOf("{name: "+name+"}", "{apiVersion: apps/v1, kind: Deployment, name: web}")
		})},
		{name: "many with the same selector", want: []string{
			`error: Deployment web: spec.selector: also matches the pods of 3 more workloads; give each workload its own label [hpa/overlap]`,
			`error: Deployment web: spec.selector: also matches the pods of Deployment a, so HorizontalPodAutoscaler web includes the pods of both in its calculation; give each workload its own label [hpa/overlap]`,
			`error: Deployment web: spec.selector: also matches the pods of Deployment b, so HorizontalPodAutoscaler web includes the pods of both in its calculation; give each workload its own label [hpa/overlap]`,
			`error: Deployment web: spec.selector: also matches the pods of Deployment c, so HorizontalPodAutoscaler web includes the pods of both in its calculation; give each workload its own label [hpa/overlap]`,
			`error: Deployment web: spec.selector: also matches the pods of Deployment d, so HorizontalPodAutoscaler web includes the pods of both in its calculation; give each workload its own label [hpa/overlap]`,
			`error: Deployment web: spec.selector: also matches the pods of Deployment e, so HorizontalPodAutoscaler web includes the pods of both in its calculation; give each workload its own label [hpa/overlap]`,
		}, text: hpaWeb + deploymentWeb + eight(func(name string) string { return labelled(name, "{app: "+name+"}", "{app: web}") })},
		{name: "pods of a job", want: []string{
			`warning: Deployment web: spec.selector: also matches the pods of Job migrate, so HorizontalPodAutoscaler web counts them; give each workload its own label [hpa/overlap]`,
		}, text: hpaWeb + deploymentWeb + `---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: migrate}]}}}
`},
		{name: "pod of a test of a chart", text: hpaWeb + deploymentWeb + `---
apiVersion: v1
kind: Pod
metadata: {name: test, labels: {app: web}, annotations: {helm.sh/hook: test}}
spec: {containers: [{name: wget}]}
`},
		{name: "what the deployment makes itself", text: hpaWeb + deploymentWeb + `---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: "1"}]}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app}]}}
`},
		{name: "rollout of a deployment", text: hpaOf("{name: web}", "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web}") + deploymentWeb + `---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
`},
		{name: "other namespace", text: hpaWeb + deploymentWeb + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: copy, namespace: test}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app}]}}
`},
	})
}

// eight writes eight objects.
func eight(text func(name string) string) string {
	var all strings.Builder
	for name := range strings.SplitSeq("hgfedcba", "") {
		all.WriteString(text(name))
	}
	return all.String()
}

// manyOnOne are the messages about eight HorizontalPodAutoscalers with one target.
var manyOnOne = func() []string {
	var all []string
	for name := range strings.SplitSeq("abcdefgh", "") {
		var others []string
		for other := range strings.SplitSeq(strings.Replace("abcdefgh", name, "", 1)[:5], "") {
			others = append(others, "HorizontalPodAutoscaler "+other)
		}
		all = append(all, "error: HorizontalPodAutoscaler "+name+": spec.scaleTargetRef: Deployment web is also scaled by "+
			strings.Join(others, ", ")+" and 2 more, so all of them stop (AmbiguousSelector); use one HorizontalPodAutoscaler with all metrics [hpa/overlap]")
	}
	return all
}()
