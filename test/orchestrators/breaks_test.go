package orchestrators

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ingress exposes the gateway of testdata/products.yaml.
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

// TestBreaksAreFound checks the validation of the other tests with mistakes in valid manifests, one at a time. edits are pairs
// of a text and what replaces it wherever it occurs.
func TestBreaksAreFound(t *testing.T) {
	t.Parallel()
	manifests := read(t, filepath.Join("testdata", "products.yaml")) + ingress
	if got := breaks(t, parse(t, manifests)); len(got) > 0 {
		t.Fatalf("valid manifests: %q", got)
	}
	const (
		unreadBackend = "HorizontalPodAutoscaler shop/products-privatejet: metric products_http_requests_total_per_second: " +
			"no ServiceMonitor reads the pods of shop/products-privatejet"
		unreadGateway = "HorizontalPodAutoscaler shop/products-api: metric http_requests_total_value_per_second: " +
			"no ServiceMonitor reads the pods of shop/products-api"
	)
	for _, tt := range []struct {
		name  string
		edits []string
		want  []string
	}{
		{
			"pods without their label",
			[]string{"        app: products-backend\n        krm-fn.dev", "        app: other\n        krm-fn.dev"},
			[]string{
				"Deployment shop/products-privatejet: the selector app=products-backend,krm-fn.dev/workload=products-privatejet matches the pods of []",
				unreadBackend,
				"Service shop/products-privatejet: the selector app=products-backend,krm-fn.dev/workload=products-privatejet matches the pods of []",
			},
		},
		{
			"one label for all",
			[]string{"app: products-backend", "app: a", "app: products-api", "app: a", "krm-fn.dev/workload: products-api", "b: b", "krm-fn.dev/workload: products-privatejet", "b: b"},
			[]string{
				"Deployment shop/products-api: the selector app=a,b=b matches the pods of [shop/products-api shop/products-privatejet]",
				"Deployment shop/products-privatejet: the selector app=a,b=b matches the pods of [shop/products-api shop/products-privatejet]",
				"Service shop/products-api-metrics: the selector app=a,b=b matches the pods of [shop/products-api shop/products-privatejet]",
				"Service shop/products-api: the selector app=a,b=b matches the pods of [shop/products-api shop/products-privatejet]",
				"Service shop/products-privatejet: the selector app=a,b=b matches the pods of [shop/products-api shop/products-privatejet]",
			},
		},
		{
			"Service of another's pods",
			[]string{
				"  selector:\n    app: products-backend\n    krm-fn.dev/workload: products-privatejet\n",
				"  selector:\n    app: products-api\n    krm-fn.dev/workload: products-api\n",
			},
			[]string{
				unreadBackend,
				"Service shop/products-privatejet: it is made from TargetEndpoint/shop/products-privatejet, and its pods from API/shop/products-api",
				"Service shop/products-privatejet: port http-products leads to 8080, where no container listens",
			},
		},
		{
			"Service of no port",
			[]string{"targetPort: 9095", "targetPort: 9096"},
			[]string{"Service shop/products-api: port https leads to 9096, where no container listens"},
		},
		{
			"renamed Service",
			[]string{"  name: products-privatejet\n  namespace: shop\nspec:\n  ports:", "  name: pre-products\n  namespace: shop\nspec:\n  ports:"},
			[]string{
				"Deployment shop/products-api: endpoint http://products-privatejet.shop:80: there is no such Service and port",
				"Deployment shop/products-privatejet: there is no Service of this name",
			},
		},
		{
			"wrong endpoint",
			[]string{"http://products-privatejet.shop:80", "http://products-privatejet:8080"},
			[]string{"Deployment shop/products-api: endpoint http://products-privatejet:8080: there is no such Service and port"},
		},
		{
			"wrong sidecar endpoint",
			[]string{"http://products-privatejet.shop:80", "http://localhost:80"},
			[]string{"Deployment shop/products-api: endpoint http://localhost:80: no container listens there"},
		},
		{
			"scaler of nothing",
			[]string{"    kind: Deployment\n    name: products-privatejet", "    kind: Deployment\n    name: products"},
			[]string{
				"Deployment shop/products-privatejet: 0 HorizontalPodAutoscalers scale it",
				strings.TrimSuffix(unreadBackend, "-privatejet"),
				"HorizontalPodAutoscaler shop/products-privatejet: there is no Deployment shop/products",
			},
		},
		{
			"monitor of no Service",
			[]string{"      krm-fn.dev/metrics: products-api", "      krm-fn.dev/metrics: api"},
			[]string{unreadGateway, "ServiceMonitor shop/products-api: port metrics: the selector krm-fn.dev/metrics=api matches 0 Services with this port"},
		},
		{
			"monitor of two Services",
			[]string{"      krm-fn.dev/metrics: products-api", "      app: products-api", ": metrics\n", ": http\n"},
			[]string{"ServiceMonitor shop/products-api: port http: the selector app=products-api matches 2 Services with this port"},
		},
		{
			"monitor of another's Service",
			[]string{"      krm-fn.dev/metrics: products-api", "      krm-fn.dev/metrics: products-privatejet", "    port: metrics", "    port: http-products"},
			[]string{
				unreadGateway,
				"ServiceMonitor shop/products-api: port http-products: it is made from API/shop/products-api, " +
					"and Service shop/products-privatejet from TargetEndpoint/shop/products-privatejet",
			},
		},
		{
			"Ingress without its Service",
			[]string{"service: {name: products-api,", "service: {name: api,"},
			[]string{"Ingress shop/public: path /prodapi/v1: there is no Service api with a port https"},
		},
		{
			"metric of an object that is not there",
			[]string{
				"  - pods:\n      metric:\n        name: http_requests_total_value_per_second\n      target:\n        averageValue: 200m\n        type: AverageValue\n    type: Pods",
				"  - object: {metric: {name: connections}, describedObject: {kind: Service, name: api}, target: {type: Value, value: 1}}\n    type: Object",
			},
			[]string{"HorizontalPodAutoscaler shop/products-api: metric connections: there is no Service api"},
		},
		{
			"volume of a ConfigMap that is not there",
			[]string{"      containers:\n      - image: renuka", "      volumes: [{name: conf, configMap: {name: log}}]\n      containers:\n      - image: renuka"},
			[]string{"Deployment shop/products-privatejet: volume conf: there is no ConfigMap log"},
		},
		{
			"rules that no adapter reads",
			[]string{"  namespace: custom-metrics", "  namespace: shop"},
			[]string{"ConfigMap shop/adapter-config: it has the rules of an adapter, and no adapter reads it"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changed := manifests
			for i := 0; i < len(tt.edits); i += 2 {
				if !strings.Contains(changed, tt.edits[i]) {
					t.Fatalf("%q does not occur", tt.edits[i])
				}
				changed = strings.ReplaceAll(changed, tt.edits[i], tt.edits[i+1])
			}
			if diff := cmp.Diff(tt.want, breaks(t, parse(t, changed))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
