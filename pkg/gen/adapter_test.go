package gen

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	klabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
)

// TestAdapterReadsItsRules lets the adapter load the rules of every example and every case of testdata, and name and
// compute with them what the HorizontalPodAutoscalers beside them ask for; Prometheus' own parser reads the queries.
func TestAdapterReadsItsRules(t *testing.T) {
	outputs := map[string][]*krm.Item{}
	files, err := filepath.Glob("../../testdata/*/output.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list, ps := krm.ReadList(bytes.NewReader(text))
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		outputs[filepath.Base(filepath.Dir(file))] = list.Items
	}
	for _, name := range []string{"products-privatejet", "inventory-sidecar"} {
		p, ps := krm.ReadPackage("../../examples/" + name)
		out, more := Run(Input{Items: p.Items})
		ps.Add(more...)
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		outputs["example "+name] = out.Items
	}
	judged := 0
	for name, items := range outputs {
		rules := rulesOf(t, items)
		if rules == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, it := range items {
				if it.Place.Object.Kind != "HorizontalPodAutoscaler" || Owner(it) == "" {
					continue
				}
				var h autoscalingv2.HorizontalPodAutoscaler
				if err := krm.Convert(it.Node(), &h); err != nil {
					t.Fatal(err)
				}
				for _, n := range (&hpa.Scaling{Metrics: h.Spec.Metrics}).Needs() {
					judged++
					if !isServed(t, n, rules) {
						t.Errorf("%s: no rule serves %q for %s", it.Place.Object, n.Metric, n.Object)
					}
				}
			}
		})
	}
	if judged < 20 {
		t.Errorf("only %d metrics were judged", judged)
	}
}

// rulesOf loads the rules that were rendered, as the adapter does; nil if there are none.
func rulesOf(t *testing.T, items []*krm.Item) *config.MetricsDiscoveryConfig {
	t.Helper()
	for _, it := range items {
		if !isConfigMap(it) || it.Annotations[rulesAnnotation] != "true" || Owner(it) == "" || it.Annotations[krm.LocalConfigAnnotation] != "" {
			continue
		}
		data, ps := configMapData(it)
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		for key, text := range data {
			if strings.HasSuffix(key, ".yaml") {
				c, err := config.FromYAML([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
		}
	}
	return nil
}

// isServed tells whether exactly one rule gives n its name for its kind of object. It fails the test if a query of that
// rule is refused.
func isServed(t *testing.T, n hpa.Need, rules *config.MetricsDiscoveryConfig) bool {
	t.Helper()
	list := rules.Rules
	if n.External {
		list = rules.ExternalRules
	}
	namers, err := naming.NamersFromConfig(list, testMapper())
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i, namer := range namers {
		for _, series := range seriesOf(t, list[i], n) {
			metric, err := namer.MetricNameForSeries(series)
			if len(namer.FilterSeries([]prom.Series{series})) == 0 || err != nil || metric != n.Metric {
				continue
			}
			plural, _ := meta.UnsafeGuessKindToResource(n.Object.WithVersion(""))
			resources, _ := namer.ResourcesForSeries(series)
			if !n.External && !slices.Contains(resources, plural.GroupResource()) {
				continue
			}
			found++
			query, err := namer.QueryForExternalSeries(series.Name, "shop", klabels.Everything())
			if !n.External {
				query, err = namer.QueryForSeries(series.Name, plural.GroupResource(), "shop", klabels.Everything(), "a", "b")
			}
			if err != nil {
				t.Error(err)
			}
			if _, err := parser.NewParser(parser.Options{}).ParseExpr(string(query)); err != nil {
				t.Errorf("%s: %v", query, err)
			}
		}
	}
	return found == 1
}

// seriesOf are series that Prometheus could find for a rule: the one that it names, or those that the name of a metric
// speaks of.
func seriesOf(t *testing.T, rule config.DiscoveryRule, n hpa.Need) []prom.Series {
	t.Helper()
	selector, err := parser.NewParser(parser.Options{}).ParseMetricSelector(rule.SeriesQuery)
	if err != nil {
		t.Fatal(err)
	}
	counter := strings.TrimSuffix(n.Metric, "_per_second")
	var all []prom.Series
	for _, m := range selector {
		if m.Name != pmodel.MetricNameLabel {
			continue
		}
		names := slices.DeleteFunc([]string{counter, counter + "_total"}, func(s string) bool { return !m.Matches(s) })
		if m.Type == labels.MatchEqual {
			names = []string{m.Value}
		}
		for _, name := range names {
			s := prom.Series{Name: name, Labels: pmodel.LabelSet{"namespace": "shop", "pod": "a", "service": "b"}}
			for _, m := range selector {
				s.Labels[pmodel.LabelName(m.Name)] = "x"
			}
			all = append(all, s)
		}
	}
	return all
}

func testMapper() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	for _, kind := range []string{"Pod", "Service"} {
		m.Add(schema.GroupVersionKind{Version: "v1", Kind: kind}, meta.RESTScopeNamespace)
	}
	m.Add(schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}, meta.RESTScopeNamespace)
	m.Add(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}, meta.RESTScopeRoot)
	return m
}
