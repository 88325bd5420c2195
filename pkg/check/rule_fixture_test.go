package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// shop is a workload of namespace shop that is scraped every 15s.
const shop = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop, tier: web}}
    spec:
      containers:
      - name: server
        image: example/shop:1
        ports: [{name: metrics, containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: shop-svc, namespace: shop, labels: {app: shop, team: blue}}
spec:
  selector: {app: shop}
  ports: [{name: web, port: 80, targetPort: metrics}]
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: shop, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  endpoints: [{port: web, interval: 15s}]
`

// asking is an HPA on the workload with the metrics, each in one line.
func asking(metrics ...string) string {
	return `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: 5
  metrics:
  - ` + strings.Join(metrics, "\n  - ") + "\n"
}

func podsMetric(name string) string {
	return `{type: Pods, pods: {metric: {name: "` + name + `"}, target: {type: AverageValue, averageValue: "1"}}}`
}

func externalMetric(name string) string {
	return `{type: External, external: {metric: {name: "` + name + `"}, target: {type: AverageValue, averageValue: "1"}}}`
}

func objectMetric(name, object string) string {
	return `{type: Object, object: {metric: {name: "` + name + `"}, describedObject: ` + object + `, target: {type: Value, value: "1"}}}`
}

// configured is the ConfigMap of the adapter with a configuration.
func configured(text string) string {
	return `---
apiVersion: v1
kind: ConfigMap
metadata: {name: adapter-config, namespace: monitoring}
data:
  config.yaml: |
    ` + strings.ReplaceAll(strings.Trim(text, "\n"), "\n", "\n    ") + "\n"
}

// mapped are the resources of most rules.
const mapped = `
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}`

// rate is a sound rule for http_requests_per_second.
const rate = `
- seriesQuery: http_requests_total{namespace!="",pod!=""}` + mapped + `
  name: {matches: "^(.*)_total$", as: "${1}_per_second"}
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)`

// ruleCase is a set of objects and the problems of one check, one a line without its ID.
type ruleCase struct {
	name, manifests string
	in              Input
	want            []string
}

// checkCases runs all checks on each case and compares those of one ID.
func checkCases(t *testing.T, id model.ID, cases []ruleCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := c.in
			in.Items = objects(t, c.manifests)
			var got []string
			for _, p := range Run(in) {
				if p.ID == id {
					got = append(got, strings.TrimSuffix(p.String(), " ["+string(id)+"]"))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// values are values of the adapter's chart.
func values(text string) Input {
	return Input{Rules: []Text{{Place: model.Place{File: "values.yaml"}, Text: []byte(strings.TrimLeft(text, "\n"))}}}
}

func TestRunIsDeterministic(t *testing.T) {
	text := shop + asking(podsMetric("a"), podsMetric("b"), externalMetric("c")) + configured("rules:"+rate+`
- seriesQuery: '{pod!=""}'
  resources: {template: <<.Resource>>, overrides: {kubernetes_pod: {resource: pod}, b_pod: {resource: pods}, a_pod: {resource: po}, c_pod: {resource: svc}}}
  name: {as: a}
  metricsQuery: sum(<<.Series>>)
- seriesQuery: '{pod!=""}'
  resources: {overrides: {y: {resource: pod}, x: {resource: pods}, ns: {resource: namespace}}}
  name: {as: b}
  metricsQuery: sum(<<.Series>>) by (<<.GroupBy>>)
`)
	items := objects(t, text)
	want := verdict(Run(Input{Items: items}))
	slices.Reverse(items)
	for range 20 {
		if diff := cmp.Diff(want, verdict(Run(Input{Items: items}))); diff != "" {
			t.Fatal(diff)
		}
	}
}
