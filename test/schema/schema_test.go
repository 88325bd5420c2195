package schema

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: products
  namespace: shop
spec:
  selector:
    matchLabels: {app: products}
  template:
    metadata:
      labels: {app: products}
    spec:
      containers:
      - name: products
        image: products:v1
        ports:
        - {name: http-products, containerPort: 8080}
        resources:
          requests: {cpu: 150m, memory: 128Mi}
          limits: {cpu: 300m, memory: 512Mi}
`

const hpa = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: products
spec:
  minReplicas: 1
  maxReplicas: 6
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: products}
  metrics:
  - type: Resource
    resource:
      name: cpu
      target: {type: Utilization, averageUtilization: 50}
  - type: Pods
    pods:
      metric: {name: products_http_requests_total_per_second}
      target: {type: AverageValue, averageValue: 100m}
`

const serviceMonitor = `
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: products
spec:
  selector:
    matchLabels: {app: products}
  endpoints:
  - {port: metrics, path: /metrics, interval: 15s}
`

const podMonitor = `
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: products
spec:
  selector:
    matchLabels: {app: products}
  podMetricsEndpoints:
  - {port: metrics}
`

const ingress = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: products
spec:
  rules:
  - host: products.example.com
    http:
      paths:
      - path: /prodapi/v1
        pathType: Prefix
        backend:
          service: {name: products, port: {number: 9095}}
`

const scaledObject = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: products
spec:
  scaleTargetRef: {name: products}
  minReplicaCount: 1
  maxReplicaCount: 6
  triggers:
  - type: prometheus
    metadata: {serverAddress: "http://prometheus:9090", query: sum(requests), threshold: "10"}
`

func stream(documents ...string) string {
	return strings.Join(documents, "---")
}

func TestCheckAcceptsSoundManifests(t *testing.T) {
	v := New(t)
	manifests := stream(deployment, hpa, serviceMonitor, podMonitor, ingress, scaledObject, "\n# a comment alone\n")
	for _, version := range []string{Oldest, "1.30", Newest} {
		got, err := v.Check(version, []byte(manifests))
		if err != nil || len(got) != 0 {
			t.Errorf("Kubernetes %s: got %q, %v; want no violation", version, got, err)
		}
	}
}

func TestCheckReportsViolations(t *testing.T) {
	tests := []struct {
		name      string
		version   string
		manifests string
		want      []string
	}{{
		name:      "misspelt fields",
		version:   Newest,
		manifests: edit(t, deployment, "spec:\n  selector", "spec:\n  replica: 2\n  selector", "image:", "imagePullPolcy: Always\n        image:"),
		want: []string{
			"Deployment shop/products: spec.replica: Invalid value: value provided for unknown field",
			"Deployment shop/products: spec.template.spec.containers[0].imagePullPolcy: Invalid value: value provided for unknown field",
		},
	}, {
		name:      "wrong type",
		version:   Newest,
		manifests: edit(t, deployment, "containerPort: 8080", `containerPort: "8080"`),
		want: []string{
			`Deployment shop/products: spec.template.spec.containers[0].ports[0].containerPort: Invalid value: "string": spec.template.spec.containers[0].ports[0].containerPort in body must be of type integer: "string"`,
		},
	}, {
		name:      "missing required field that has a default",
		version:   Newest,
		manifests: edit(t, hpa, "  maxReplicas: 6\n", "", "{type: Utilization, averageUtilization: 50}", "{averageUtilization: 50}"),
		want: []string{
			"HorizontalPodAutoscaler products: spec.maxReplicas: Required value",
			"HorizontalPodAutoscaler products: spec.metrics[0].resource.target.type: Required value",
		},
	}, {
		name:      "service monitor with a misspelt field, a bad duration and a bad word",
		version:   Oldest,
		manifests: edit(t, serviceMonitor, "path: /metrics, interval: 15s", "paths: /metrics, interval: 15, scheme: tcp"),
		want: []string{
			`ServiceMonitor products: spec.endpoints[0].interval: Invalid value: "integer": spec.endpoints[0].interval in body must be of type string: "integer"`,
			"ServiceMonitor products: spec.endpoints[0].paths: Invalid value: value provided for unknown field",
			`ServiceMonitor products: spec.endpoints[0].scheme: Unsupported value: "tcp": supported values: "http", "https"`,
		},
	}, {
		name:      "scaled object with a number for a text, an unknown field, and too few replicas",
		version:   Newest,
		manifests: edit(t, scaledObject, `"10"`, "10", "spec:\n", "spec:\n  trigger: []\n", "maxReplicaCount: 6", "maxReplicaCount: 0"),
		want: []string{
			`ScaledObject products: <nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation`,
			"ScaledObject products: spec.maxReplicaCount: Invalid value: 0: spec.maxReplicaCount in body should be greater than or equal to 1",
			"ScaledObject products: spec.trigger: Invalid value: value provided for unknown field",
			`ScaledObject products: spec.triggers[0].metadata.threshold: Invalid value: "integer": spec.triggers[0].metadata.threshold in body must be of type string: "integer"`,
		},
	}, {
		name:      "scaled object with more replicas at least than at most, which is a rule in CEL",
		version:   Newest,
		manifests: edit(t, scaledObject, "minReplicaCount: 1", "minReplicaCount: 7"),
		want:      []string{`ScaledObject products: spec: Invalid value: "object": minReplicaCount must be less than or equal to maxReplicaCount`},
	}, {
		name:      "duplicate key",
		version:   Newest,
		manifests: edit(t, ingress, "  name: products\n", "  name: products\n  name: products\n"),
		want:      []string{`Ingress products: yaml: unmarshal errors: line 6: key "name" already set in map`},
	}, {
		name:      "bad object name",
		version:   "1.30",
		manifests: edit(t, hpa, "  name: products\nspec", "  name: products_v1\nspec"),
		want: []string{
			`HorizontalPodAutoscaler products_v1: metadata.name: Invalid value: "products_v1": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
		},
	}, {
		name:      "API version that is no longer served",
		version:   Newest,
		manifests: edit(t, hpa, "autoscaling/v2", "autoscaling/v2beta2"),
		want:      []string{"HorizontalPodAutoscaler products: autoscaling/v2beta2 is not served by Kubernetes 1.37"},
	}, {
		name:      "API version that is still served",
		version:   Oldest,
		manifests: edit(t, hpa, "autoscaling/v2", "autoscaling/v2beta2"),
		want:      []string{},
	}, {
		name:      "no object",
		version:   Newest,
		manifests: stream(hpa, "\nrules: []\n", edit(t, hpa, "HorizontalPodAutoscaler", "HPA")),
		want: []string{
			"document 1: apiVersion and kind are required",
			"HPA products: failed to retrieve validator: kind HPA not found in autoscaling/v2 groupversion",
		},
	}}
	v := New(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := v.Check(tt.version, []byte(tt.manifests))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckOfAnUnknownVersion(t *testing.T) {
	_, err := New(t).Check("1.22", []byte(hpa))
	want := "no schemas of Kubernetes 1.22; there are those of 1.23, 1.24, 1.25, 1.26, 1.27, 1.28, 1.29, 1.30, 1.37"
	if err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// A checker that cannot start must be an error of each check, not a pass.
func TestCheckWithoutAChecker(t *testing.T) {
	v, err := start(tools.Build(t, "schemacheck"), "-schemas", "1.37")
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Check(Newest, []byte(hpa))
	want := `no answer from the schema checker: exit status 1: schemacheck: invalid value "1.37" for flag -schemas: write VERSION=DIR`
	if err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// edit replaces pairs of texts, each of which must occur exactly once.
func edit(t *testing.T, manifest string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if n := strings.Count(manifest, pairs[i]); n != 1 {
			t.Fatalf("%q occurs %d times", pairs[i], n)
		}
		manifest = strings.Replace(manifest, pairs[i], pairs[i+1], 1)
	}
	return manifest
}
