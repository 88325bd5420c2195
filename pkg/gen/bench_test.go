package gen

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
	"github.com/krm-fn/krm-fn/test/bench/input"
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
	// documents are the OpenAPI documents, policy is the data of hpa-configs.
	documents [][]byte
	policy    map[string]string
}

func newStages(tb testing.TB, n int) *stages {
	tb.Helper()
	s := &stages{text: manyAPIs(n)}
	for i := range n {
		s.documents = append(s.documents, []byte(document(i)))
	}
	var ps model.Problems
	s.list, ps = krm.ReadList(bytes.NewReader(s.text))
	s.opts, _ = readOptions(nil, nil)
	var more model.Problems
	s.src, more = read(Input{Items: s.list.Items}, s.opts)
	ps.Add(more...)
	s.f, _, more = build(s.src, s.opts)
	ps.Add(more...)
	s.policy, more = configMapData(s.list.Items[1])
	ps.Add(more...)
	s.out, more = Run(Input{Items: s.list.Items})
	ps.Add(more...)
	if ps.HasErrors() || len(s.out.Rendered) != 9*n+1 {
		tb.Fatalf("%d objects, %v", len(s.out.Rendered), ps)
	}
	return s
}

// parts are the stages in the order in which a run has them; whole is all of them. Swagger is a part of Build, and HPA is
// what Build and Render do about scaling.
var parts = []struct {
	name string
	run  func(s *stages) error
}{
	{"ReadList", func(s *stages) error { _, _ = krm.ReadList(bytes.NewReader(s.text)); return nil }},
	{"Read", func(s *stages) error { _, _ = read(Input{Items: s.list.Items}, s.opts); return nil }},
	{"Swagger", readSwagger},
	{"HPA", scale},
	{"Build", func(s *stages) error { _, _, _ = build(s.src, s.opts); return nil }},
	{"Render", func(s *stages) error { render(s.f, s.opts); return nil }},
	{"Check", func(s *stages) error {
		checkChains(merged{items: s.out.Items, rendered: s.out.Rendered}, s.f, s.opts)
		return nil
	}},
	{"Write", func(s *stages) error { return s.list.Write(io.Discard, s.out.Items, nil) }},
	{"Whole", whole},
}

// readSwagger reads and validates all OpenAPI documents, one after the other.
func readSwagger(s *stages) error {
	for _, text := range s.documents {
		doc, ps := swagger.Read(string(text), model.Place{})
		ps.Add(doc.Validate()...)
		if len(ps) > 0 {
			return errors.New(ps[0].Message)
		}
		doc.Release()
	}
	return nil
}

// scale reads hpa-configs and renders all HorizontalPodAutoscalers.
func scale(s *stages) error {
	if _, ps := hpa.Read(s.policy, model.Place{}); len(ps) > 0 {
		return errors.New(ps[0].Message)
	}
	for _, g := range s.f.gateways {
		renderHPA(&g.workload, &s.opts)
	}
	for _, b := range s.f.backends {
		renderHPA(&b.workload, &s.opts)
	}
	return nil
}

func whole(s *stages) error {
	list, _ := krm.ReadList(bytes.NewReader(s.text))
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

// BenchmarkDocument measures what one OpenAPI document takes, of 30 and of 1,600 lines.
func BenchmarkDocument(b *testing.B) {
	for _, documents := range []input.Documents{input.Small, input.Big} {
		b.Run(string(documents), func(b *testing.B) {
			dir := b.TempDir()
			if err := (input.Set{APIs: 1, Documents: documents}).OpenAPI(dir); err != nil {
				b.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(dir, "api-00000.yaml"))
			if err != nil {
				b.Fatal(err)
			}
			s := &stages{documents: [][]byte{text}}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if err := readSwagger(s); err != nil {
					b.Fatal(err)
				}
			}
		})
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
