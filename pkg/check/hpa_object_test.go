package check

import (
	"testing"
)

func TestHPAObject(t *testing.T) {
	const service = `---
apiVersion: v1
kind: Service
metadata: {name: queue, namespace: shop}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: broker, namespace: data}
spec: {ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: main, namespace: shop}
spec: {defaultBackend: {service: {name: queue, port: {number: 80}}}}
`
	of := func(object string) string {
		return service + `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
  - type: Object
    object: {describedObject: ` + object + `, metric: {name: depth}, target: {type: Value, value: 1}}
`
	}
	runCases(t, hpaObject, []checkCase{
		{name: "found", text: of("{apiVersion: v1, kind: Service, name: queue}")},
		{name: "found by its kind in lower case, of another version", text: of("{apiVersion: networking.k8s.io/v1beta1, kind: ingress, name: main}")},
		{name: "in another namespace only", want: []string{
			`error: HorizontalPodAutoscaler shop/web: spec.metrics[0].object.describedObject.name: Service data/broker is in another namespace, but the metric is read in shop; use an object of that namespace, or a metric of type External [hpa/object]`,
		}, text: of("{apiVersion: v1, kind: Service, name: broker}")},
		{name: "in another group", want: []string{
			`warning: HorizontalPodAutoscaler shop/web: spec.metrics[0].object.describedObject.apiVersion: is "", but Ingress shop/main is in networking.k8s.io/v1; use that [hpa/object]`,
		}, text: of("{kind: Ingress, name: main}")},
		{name: "absent", want: []string{
			`info: HorizontalPodAutoscaler shop/web: spec.metrics[0].object.describedObject.name: Service "cache" is not in the input, so it is not checked [hpa/object]`,
		}, text: of("{apiVersion: v1, kind: Service, name: cache}")},
		{name: "absent, complete", want: []string{
			`warning: HorizontalPodAutoscaler shop/web: spec.metrics[0].object.describedObject.name: no Service in namespace shop is named "cache" [hpa/object]`,
		}, text: of("{apiVersion: v1, kind: Service, name: cache}"), complete: true},
		{name: "a namespace", text: of("{apiVersion: v1, kind: Namespace, name: other}"), complete: true},
		{name: "no name", text: of("{apiVersion: v1, kind: Service}")},
		{name: "metric of another API", want: []string{
			`error: HorizontalPodAutoscaler shop/web: spec.metrics[0].object.describedObject.name: Service data/broker is in another namespace, but the metric is read in shop; use an object of that namespace, or a metric of type External [hpa/object]`,
		}, text: of("{apiVersion: v1, kind: Service, name: broker}") + "---\n" + hpaWith("v2", "  maxReplicas: 1\n  metrics:\n  - {type: Object, object: {describedObject: {kind: Service, name: broker}, metric: {name: a|b}, target: {type: Value, value: 1}}}\n")},
		{name: "flat", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0].object.target.name: Service "cache" is not in the input, so it is not checked [hpa/object]`,
		}, text: service + hpaWith("v2beta1", "  maxReplicas: 5\n  metrics:\n  - {type: Object, object: {target: {kind: Service, name: cache}, metricName: depth, targetValue: 1}}\n")},
	})
}
