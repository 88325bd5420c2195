package orchestrators

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ingress leads to the gateway of testdata/products.yaml.
const ingress = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: public
  namespace: shop
spec:
  rules:
  - http:
      paths:
      - path: /prodapi/v1
        pathType: Prefix
        backend: {service: {name: products-api, port: {name: https}}}
`

// TestBreaksAreFound checks the judge of the other tests: one change of sound manifests at a time.
func TestBreaksAreFound(t *testing.T) {
	manifests := read(t, filepath.Join("testdata", "products.yaml")) + ingress
	if got := breaks(t, parse(t, manifests)); len(got) > 0 {
		t.Fatalf("sound manifests: %q", got)
	}
	for _, tt := range []struct {
		name, before, after string
		// count is how often before occurs.
		count int
		want  []string
	}{
		{"pods without their label", "    metadata:\n      labels:\n        app: products-backend", "    metadata:\n      labels:\n        app: other", 1, []string{
			"Deployment shop/products-privatejet: the selector app=products-backend matches the pods of []",
			"HorizontalPodAutoscaler shop/products-privatejet: metric products_http_requests_total_per_second: no ServiceMonitor reads the pods of shop/products-privatejet",
			"Service shop/products-privatejet: the selector app=products-backend matches the pods of []",
		}},
		{"one label for all", "app: products-backend", "app: products-api", 8, []string{
			"Deployment shop/products-api: the selector app=products-api matches the pods of [shop/products-api shop/products-privatejet]",
			"Deployment shop/products-privatejet: the selector app=products-api matches the pods of [shop/products-api shop/products-privatejet]",
			"Service shop/products-api-metrics: the selector app=products-api matches the pods of [shop/products-api shop/products-privatejet]",
			"Service shop/products-api: the selector app=products-api matches the pods of [shop/products-api shop/products-privatejet]",
			"Service shop/products-privatejet: the selector app=products-api matches the pods of [shop/products-api shop/products-privatejet]",
		}},
		{"Service of another's pods", "  selector:\n    app: products-backend\n  type", "  selector:\n    app: products-api\n  type", 1, []string{
			"HorizontalPodAutoscaler shop/products-privatejet: metric products_http_requests_total_per_second: no ServiceMonitor reads the pods of shop/products-privatejet",
			"Service shop/products-privatejet: it is made from TargetEndpoint/shop/products-privatejet, and its pods from API/shop/products-api",
			"Service shop/products-privatejet: port http-products leads to 8080, where no container listens",
		}},
		{"Service of no port", "targetPort: 9095", "targetPort: 9096", 1, []string{
			"Service shop/products-api: port https leads to 9096, where no container listens",
		}},
		{"renamed Service", "  name: products-privatejet\n  namespace: shop\nspec:\n  ports:", "  name: pre-products-privatejet\n  namespace: shop\nspec:\n  ports:", 1, []string{
			"Deployment shop/products-api: endpoint http://products-privatejet.shop:80: there is no such Service and port",
			"Deployment shop/products-privatejet: there is no Service of this name",
		}},
		{"wrong endpoint", "http://products-privatejet.shop:80", "http://products-privatejet:8080", 1, []string{
			"Deployment shop/products-api: endpoint http://products-privatejet:8080: there is no such Service and port",
		}},
		{"wrong sidecar endpoint", "http://products-privatejet.shop:80", "http://localhost:80", 1, []string{
			"Deployment shop/products-api: endpoint http://localhost:80: no container listens there",
		}},
		{"scaler of nothing", "    kind: Deployment\n    name: products-privatejet", "    kind: Deployment\n    name: products", 1, []string{
			"Deployment shop/products-privatejet: 0 HorizontalPodAutoscalers scale it",
			"HorizontalPodAutoscaler shop/products-privatejet: metric products_http_requests_total_per_second: no ServiceMonitor reads the pods of shop/products",
			"HorizontalPodAutoscaler shop/products-privatejet: there is no Deployment shop/products",
		}},
		{"monitor of no Service", "    matchLabels:\n      app: products-api\n", "    matchLabels:\n      app: api\n", 2, []string{
			"Deployment shop/products-api: the selector app=api matches the pods of []",
			"HorizontalPodAutoscaler shop/products-api: metric http_requests_total_value_per_second: no ServiceMonitor reads the pods of shop/products-api",
			"ServiceMonitor shop/products-api: port metrics: the selector app=api matches 0 Services with this port",
		}},
		{"monitor of two Services", ": metrics\n", ": http\n", 3, []string{
			"ServiceMonitor shop/products-api: port http: the selector app=products-api matches 2 Services with this port",
		}},
		{"monitor of another's Service", "    port: metrics\n  selector:\n    matchLabels:\n      app: products-api\n",
			"    port: http-products\n  selector:\n    matchLabels:\n      app: products-backend\n", 1, []string{
				"HorizontalPodAutoscaler shop/products-api: metric http_requests_total_value_per_second: no ServiceMonitor reads the pods of shop/products-api",
				"ServiceMonitor shop/products-api: port http-products: it is made from API/shop/products-api, and Service shop/products-privatejet from TargetEndpoint/shop/products-privatejet",
			}},
		{"Ingress without its Service", "service: {name: products-api,", "service: {name: api,", 1, []string{
			"Ingress shop/public: path /prodapi/v1: there is no Service api with a port https",
		}},
		{"metric of an object that is not there", "  - pods:\n      metric:\n        name: http_requests_total_value_per_second\n      target:\n        averageValue: 200m\n        type: AverageValue\n    type: Pods",
			"  - object: {metric: {name: connections}, describedObject: {kind: Service, name: api}, target: {type: Value, value: 1}}\n    type: Object", 1, []string{
				"HorizontalPodAutoscaler shop/products-api: metric connections: there is no Service api",
			}},
		{"volume of a ConfigMap that is not there", "      automountServiceAccountToken: false\n      containers:\n      - image: renuka",
			"      volumes: [{name: conf, configMap: {name: log}}]\n      containers:\n      - image: renuka", 1, []string{
				"Deployment shop/products-privatejet: volume conf: there is no ConfigMap log",
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if n := strings.Count(manifests, tt.before); n != tt.count {
				t.Fatalf("%q occurs %d times, not %d", tt.before, n, tt.count)
			}
			got := breaks(t, parse(t, strings.ReplaceAll(manifests, tt.before, tt.after)))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
