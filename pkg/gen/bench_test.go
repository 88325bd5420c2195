package gen

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// manyAPIs is a ResourceList with n APIs, each with a backend and an OpenAPI document of its own.
func manyAPIs(n int) []byte {
	var b strings.Builder
	b.WriteString(`apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: controller-config, namespace: wso2-system}
  data: {observabilityEnabled: "true"}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: hpa-configs, namespace: wso2-system}
  data:
    hpaVersion: v2
    mgwMaxReplicas: "5"
    mgwMetrics: |
      - type: Pods
        pods: {metric: {name: http_requests_total_value_per_second}, target: {type: AverageValue, averageValue: 200m}}
    targetEndpointMaxReplicas: "5"
    targetEndpointMetrics: |
      - type: Pods
        pods: {metric: {name: orders_total_per_second}, target: {type: AverageValue, averageValue: 100m}}
`)
	for i := range n {
		fmt.Fprintf(&b, `- apiVersion: wso2.com/v1alpha1
  kind: API
  metadata: {name: api-%[1]d, namespace: shop}
  spec:
    # The least number of gateways.
    replicas: 1
    image: registry.example.com/api-%[1]d:v1
    definition: {swaggerConfigmapNames: [swagger-%[1]d]}
- apiVersion: wso2.com/v1alpha1
  kind: TargetEndpoint
  metadata: {name: backend-%[1]d, namespace: shop}
  spec:
    applicationProtocol: http
    ports:
    - {name: http, port: 80, targetPort: 8080}
    deploy: {name: backend, dockerImage: registry.example.com/backend:v1, requestCPU: 150m, maxReplicas: 6}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: swagger-%[1]d, namespace: shop}
  data:
    swagger.yaml: |
%[2]s`, i, indented(document(i)))
	}
	return []byte(b.String())
}

func document(i int) string {
	return fmt.Sprintf(`openapi: 3.0.0
info:
  title: Orders %[1]d
  version: v1
x-wso2-basePath: /orders%[1]d/{version}
x-wso2-production-endpoints:
  urls:
  - backend-%[1]d
paths:
  /orders/{id}:
    get:
      summary: One order
      parameters:
      - name: id
        in: path
        required: true
        schema:
          type: string
      responses:
        "200":
          description: The order
`, i)
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("      " + line)
	}
	return b.String()
}

// stages are the parts of a run and what they work on.
type stages struct {
	text []byte
	list *krm.List
	src  source
	opts options
	f    facts
	out  Output
}

func newStages(tb testing.TB, n int) *stages {
	tb.Helper()
	s := &stages{text: manyAPIs(n)}
	var ps model.Problems
	s.list, ps = krm.ReadList(s.text)
	s.opts, _ = readOptions(nil, nil)
	var more model.Problems
	s.src, more = read(Input{Items: s.list.Items}, s.opts)
	ps.Add(more...)
	s.f, more = build(s.src, s.opts)
	ps.Add(more...)
	s.out, more = Run(Input{Items: s.list.Items})
	ps.Add(more...)
	if ps.HasErrors() || len(s.out.Rendered) != 9*n+1 {
		tb.Fatalf("%d objects, %v", len(s.out.Rendered), ps)
	}
	return s
}

// parts are the stages in the order in which a run has them; whole is all of them.
var parts = []struct {
	name string
	run  func(s *stages) error
}{
	{"ReadList", func(s *stages) error { _, _ = krm.ReadList(s.text); return nil }},
	{"Read", func(s *stages) error { _, _ = read(Input{Items: s.list.Items}, s.opts); return nil }},
	{"Build", func(s *stages) error { _, _ = build(s.src, s.opts); return nil }},
	{"Render", func(s *stages) error { render(s.f, s.opts); return nil }},
	{"Check", func(s *stages) error { checkChains(s.out, s.opts); return nil }},
	{"Write", func(s *stages) error { return s.list.Write(io.Discard, s.out.Items, nil) }},
	{"Whole", whole},
}

func whole(s *stages) error {
	list, _ := krm.ReadList(s.text)
	out, _ := Run(Input{Items: list.Items})
	return list.Write(io.Discard, out.Items, nil)
}

// BenchmarkStages measures every stage of a run over a hundred APIs.
func BenchmarkStages(b *testing.B) {
	s := newStages(b, 100)
	for _, part := range parts {
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := part.run(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDocument measures what one OpenAPI document takes.
func BenchmarkDocument(b *testing.B) {
	text := []byte(document(1))
	b.ReportAllocs()
	for b.Loop() {
		doc, _ := swagger.Read(text, model.Place{})
		doc.Validate()
	}
}

// TestAllocationsGrowWithTheNumberOfAPIs holds the number of allocations for one more API to a bound, and to the same
// bound when there are many: a stage that looked through all objects for each would take more and more.
func TestAllocationsGrowWithTheNumberOfAPIs(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates, too")
	}
	const most = 2300
	per := func(few, many int) float64 {
		return (allocations(t, many) - allocations(t, few)) / float64(many-few)
	}
	first, later := per(25, 50), per(150, 175)
	t.Logf("%.0f allocations for an API among 50, %.0f among 175", first, later)
	if first > most || later > 1.1*first {
		t.Errorf("%.0f allocations for an API among 50, %.0f among 175; at most %d, and no more than a tenth more among many",
			first, later, most)
	}
}

func allocations(t *testing.T, n int) float64 {
	t.Helper()
	s := &stages{text: manyAPIs(n)}
	return testing.AllocsPerRun(1, func() {
		if err := whole(s); err != nil {
			t.Fatal(err)
		}
	})
}
