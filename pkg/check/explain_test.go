package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const explained = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 5
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
  - type: Pods
    pods: {metric: {name: orders_per_second}, target: {type: AverageValue, averageValue: "3"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: web, ports: [{name: http, containerPort: 8080}], resources: {requests: {cpu: 100m}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{name: PORT, port: 80, targetPort: 8080}]
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  endpoints: [{port: http, interval: 15s}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: adapter-config, namespace: custom-metrics}
data:
  config.yaml: |
    rules:
    - seriesQuery: '{__name__="orders_total",namespace!="",pod!=""}'
      resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
      name: {matches: "^orders_total$", as: AS}
      metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)
`

// outline is a chain with a line for each link: its depth, role, text, field and the IDs of its problems.
func outline(root *Link) []string {
	var lines []string
	root.Walk(func(l *Link, depth int) {
		line := fmt.Sprintf("%d %s: %s @%s", depth, l.Role, l.What, l.Place.Field)
		for _, p := range l.Problems {
			line += " !" + string(p.ID)
		}
		lines = append(lines, line)
	})
	return lines
}

func TestExplain(t *testing.T) {
	const rule = `data["config.yaml"].rules[0]`
	head := []string{
		"0 scaler: HorizontalPodAutoscaler shop/web, 2 to 5 replicas @",
		"1 target: Deployment shop/web @",
		"1 metric: Resource cpu at 50 % @spec.metrics[0]",
		"2 container: web: requests 100m @spec.template.spec.containers[0].resources",
	}
	for name, tc := range map[string]struct {
		port, as string
		want     []string
		broken   bool
	}{
		"whole": {port: "http", as: "orders_per_second", want: []string{
			"1 metric: Pods orders_per_second at 3 a pod @spec.metrics[1]",
			"2 rule: rules[0] of ConfigMap custom-metrics/adapter-config @" + rule,
			"3 series: orders_total @",
			`3 query: sum(rate(orders_total{namespace="shop",pod=~"pod-a|pod-b"}[1m])) by (pod) @`,
			"2 monitor: ServiceMonitor shop/web, every 15s @spec.endpoints[0]",
			"3 service: Service shop/web, port http @",
			"4 port: 8080/metrics, container web @",
		}},
		"no port and no rule": {port: "web", as: "orders_per_minute", broken: true, want: []string{
			"1 metric: Pods orders_per_second at 3 a pod @spec.metrics[1] !rule/missing",
			"2 rule: none in the input @",
			"2 monitor: none in the input @ !scrape/port",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			// The same again elsewhere has no part in the chain.
			objects, _, _ := strings.Cut(explained, "---\napiVersion: v1\nkind: ConfigMap")
			others := strings.NewReplacer("web", "zoo", "shop", "zoo", "orders_per_second", "others").Replace(objects)
			text := strings.NewReplacer("PORT", tc.port, "AS", tc.as).Replace(explained + "---" + others)
			p, ps := krm.ReadStream(strings.NewReader(text), "web.yaml")
			if ps.HasErrors() {
				t.Fatal(ps)
			}
			for _, hpa := range []string{"web", "hpa/web", "hpa/shop/web"} {
				chain, ps := Explain(Input{Items: p.Items}, hpa)
				if len(ps) > 0 {
					t.Fatal(ps)
				}
				if diff := cmp.Diff(append(head, tc.want...), outline(chain)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", hpa, diff)
				}
				if got := chain.Problematic().HasErrors(); got != tc.broken {
					t.Errorf("broken: %v, want %v", got, tc.broken)
				}
			}
		})
	}
}

// TestExplainWithoutTarget leads to where the HPA names what nobody describes.
func TestExplainWithoutTarget(t *testing.T) {
	hpa, _, _ := strings.Cut(explained, "---")
	chain, ps := Explain(Input{Items: itemsOf(t, hpa)}, "web")
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	want := []string{
		"0 scaler: HorizontalPodAutoscaler shop/web, 2 to 5 replicas @",
		"1 target: Deployment web is not in the input @spec.scaleTargetRef !hpa/target",
		"1 metric: Resource cpu at 50 % @spec.metrics[0]",
	}
	if diff := cmp.Diff(want, outline(chain)[:3]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExplainOfAnotherName(t *testing.T) {
	p, _ := krm.ReadStream(strings.NewReader(explained+"---"+strings.ReplaceAll(explained, "namespace: shop", "namespace: other")), "web.yaml")
	for name, want := range map[string]string{
		"hpa/wbe": `error: the input has no HorizontalPodAutoscaler "wbe"; did you mean "web"? [hpa/target]`,
		"web":     `error: 2 HorizontalPodAutoscalers are named "web": use other/web or shop/web [hpa/target]`,
	} {
		chain, ps := Explain(Input{Items: p.Items}, name)
		if chain != nil || len(ps) != 1 || ps[0].String() != want {
			t.Errorf("%s: %v, want %s", name, ps, want)
		}
	}
}

func TestExplainOfTwoCopies(t *testing.T) {
	p, _ := krm.ReadStream(strings.NewReader(explained+"---"+explained), "web.yaml")
	const want = `error: 2 HorizontalPodAutoscalers are named "shop/web": shop/web is in web.yaml; the last one applied wins, so remove the others [hpa/target]`
	if _, ps := Explain(Input{Items: p.Items}, "shop/web"); len(ps) != 1 || ps[0].String() != want {
		t.Errorf("%v, want %s", ps, want)
	}
}

func TestExplainMetricsOfOthers(t *testing.T) {
	for _, c := range []struct {
		name, text string
		in         Input
		want       []string
	}{
		{
			name: "several rules that may serve it", text: shop + asking(podsMetric("reqs")), in: values("{}"),
			want: []string{
				"2 rule: rules.default[0] of values.yaml, if the series exists @rules.default", "3 series: container_reqs_seconds_total @",
				"2 rule: rules.default[1] of values.yaml, if the series exists @rules.default", "3 series: container_reqs_total @",
				"2 rule: rules.default[2] of values.yaml, if the series exists @rules.default", "3 series: container_reqs @",
				"2 rule: rules.default[3] of values.yaml, if the series exists @rules.default", "3 series: reqs @",
				"2 rule: rules.default[4] of values.yaml, if the series exists @rules.default", "3 series: reqs_total @",
				"2 rule: rules.default[5] of values.yaml, if the series exists @rules.default", "3 series: reqs_seconds_total @",
				"2 monitor: ServiceMonitor shop/shop, every 15s @spec.endpoints[0]", "3 service: Service shop/shop-svc, port web @",
				"4 port: 8080/metrics, container server @",
			},
		},
		{
			name: "another program", text: shop + asking(externalMetric("pubsub.googleapis.com|queue")), in: values("{}"),
			want: []string{"2 adapter: a program other than prometheus-adapter serves it, which is not checked @"},
		},
	} {
		c.in.Items = itemsOf(t, c.text)
		chain, ps := Explain(c.in, "shop")
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		lines := slices.DeleteFunc(outline(chain)[3:], func(line string) bool { return strings.Contains(line, "query: ") })
		if diff := cmp.Diff(c.want, lines); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestExplainAPI(t *testing.T) {
	for service, want := range map[string][]string{
		"{name: adapter, namespace: monitoring}": {
			"2 api: APIService v1beta1.custom.metrics.k8s.io @",
			"3 service: Service monitoring/adapter, port 443 @",
			"4 adapter: Deployment monitoring/adapter @",
		},
		"{name: adaptor, namespace: monitoring}": {
			"2 api: APIService v1beta1.custom.metrics.k8s.io @ !api/service",
			"3 service: Service monitoring/adaptor, port 443, is not in the input @",
		},
	} {
		text := adapterChain + asking(podsMetric("http_requests_per_second")) + apiOf("v1beta1", ", insecureSkipTLSVerify: true", service)
		p, ps := krm.ReadStream(strings.NewReader(text), "shop.yaml")
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		chain, ps := Explain(Input{Items: p.Items}, "shop")
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		lines := outline(chain)
		got := lines[3:min(3+len(want), len(lines))]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", service, diff)
		}
	}
}

// TestExplainAgrees compares the chains of all scalers with those of each, and with what the checks say of the same manifests.
func TestExplainAgrees(t *testing.T) {
	files, err := filepath.Glob("testdata/checks/*/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in := Input{Items: itemsOf(t, string(text))}
		all, rest := ExplainAll(in)
		if len(all) == 0 {
			continue
		}
		var found model.Problems
		for _, chain := range all {
			found = slices.Concat(found, chain.Problematic())
			one, ps := Explain(in, chain.Place.Object.Name)
			if len(ps) > 0 {
				continue // Several have the name.
			}
			if diff := cmp.Diff(outline(one), outline(chain)); diff != "" {
				t.Errorf("%s (-alone +with others):\n%s", file, diff)
			}
		}
		want, summary := Judge(in)
		if diff := cmp.Diff(want, slices.Concat(found, rest).Sorted()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		if rest.HasErrors() || found.HasErrors() != (summary.Broken > 0) {
			t.Errorf("%s: %s, but the problems of chains are %v, and others %v", file, summary, found, rest)
		}
	}
}

// A monitor that is broken for one workload breaks no chain of another, nor one that needs no monitor.
func TestExplainAllKeepsChainsApart(t *testing.T) {
	broken := strings.NewReplacer("PORT", "web", "AS", "orders_per_second").Replace(explained)
	objects, _, _ := strings.Cut(strings.ReplaceAll(explained, "PORT", "http"), "---\napiVersion: v1\nkind: ConfigMap")
	cpu, _, _ := strings.Cut(explained, "  - type: Pods")
	text := broken + "---" + strings.NewReplacer("web", "zoo", "shop", "zoo").Replace(objects) + "---" + strings.Replace(cpu, "name: web", "name: cpu", 1)
	all, rest := ExplainAll(Input{Items: itemsOf(t, text)})
	var got []string
	for _, chain := range all {
		line := chain.Place.Object.Name
		for _, p := range chain.Problematic() {
			line += " " + string(p.ID)
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"cpu hpa/overlap", "web hpa/overlap scrape/port", "zoo"}, got); diff != "" || len(rest) > 0 {
		t.Errorf("%s, others: %v", diff, rest)
	}
}

func TestExplainAllWithoutScalers(t *testing.T) {
	const want = "error: the input has no HorizontalPodAutoscaler, ScaledJob or ScaledObject [hpa/target]"
	if all, ps := ExplainAll(Input{}); len(all) > 0 || len(ps) != 1 || ps[0].String() != want {
		t.Errorf("%v, %v", all, ps)
	}
}

// What keeps a Prometheus from a monitor breaks the chains through that monitor, and the verdict of the summary says so.
func TestExplainWithoutTargets(t *testing.T) {
	sound := strings.NewReplacer("PORT", "http", "AS", "orders_per_second").Replace(explained)
	const (
		prometheus = "\n---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: main, namespace: monitoring}\nspec: "
		namespaces = "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
		role       = "\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: prometheus}\nrules: []" +
			"\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: prometheus}\n" +
			"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prometheus}\n" +
			"subjects: [{kind: ServiceAccount, name: prometheus, namespace: monitoring}]\n"
		all = "serviceMonitorNamespaceSelector: {}"
	)
	for text, want := range map[string]string{
		prometheus + "{serviceMonitorSelector: {}, " + all + "}\n":                                                       "",
		prometheus + "{serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {matchLabels: {a: b}}}" + namespaces: "scrape/unselected",
		prometheus + "{serviceMonitorSelector: {matchLabels: {a: b}}, " + all + "}":                                      "scrape/unselected",
		prometheus + "{serviceMonitorSelector: {}, " + all + ", serviceAccountName: prometheus}" + role:                  "scrape/access",
	} {
		in := Input{Items: itemsOf(t, sound+text), Complete: true}
		chains, rest := ExplainAll(in)
		var got []string
		chains[0].Walk(func(l *Link, _ int) {
			for _, p := range l.Problems {
				if p.Severity == model.Error {
					got = append(got, l.Role+" "+string(p.ID))
				}
			}
		})
		_, summary := Judge(in)
		if want != "" {
			want = "monitor " + want
		}
		if strings.Join(got, ", ") != want || rest.HasErrors() || (summary.Broken == 1) != (want != "") {
			t.Errorf("%s\n%v, want %q; others: %v; %s", text, got, want, rest, summary)
		}
	}
}
