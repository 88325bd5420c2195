package check

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// crowd makes objects of which many share namespaces, names and labels, with selectors of all kinds.
func crowd(r *rand.Rand) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	labels := func() string {
		return "{a: " + pick("x", "y", "z") + ", b: " + pick("x", "y") + ", " + pick("c: x", "pod-template-hash: h", "d: z") + "}"
	}
	meta := func() string {
		return fmt.Sprintf("metadata: {name: %s, namespace: %s, labels: %s}\n", pick("m", "n", "o", "p"), pick(`""`, "default", "shop", "prod"), labels())
	}
	selector := func() string {
		return pick("{}", "{matchLabels: {a: x}}", "{matchLabels: {a: y, b: x}}", "{matchLabels: {a: x y}}",
			"{matchExpressions: [{key: a, operator: In, values: [z]}]}", "{matchExpressions: [{key: a, operator: In, values: [x, y]}]}",
			"{matchExpressions: [{key: c, operator: Exists}]}", "{matchLabels: {pod-template-hash: i, b: y}}",
			"{matchLabels: {a: x}, matchExpressions: [{key: a, operator: In, values: [y]}]}")
	}
	var b strings.Builder
	for range 12 + r.IntN(40) {
		b.WriteString("---\n")
		switch r.IntN(6) {
		case 0:
			b.WriteString("apiVersion: v1\nkind: Service\n" + meta() + "spec: {selector: " + pick("{}", "{a: x}", "{a: y, b: x}", "{pod-template-hash: i, a: z}") + "}\n")
		case 1, 2:
			b.WriteString(pick("apiVersion: apps/v1\nkind: Deployment\n", "apiVersion: apps/v1\nkind: StatefulSet\n", "apiVersion: extensions/v1beta1\nkind: Deployment\n") +
				meta() + "spec: {selector: " + selector() + ", template: {metadata: {labels: " + labels() + "}}}\n")
		case 3:
			b.WriteString("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n" + meta() +
				"spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: " + pick("m", "n", "o", "p") + "}, maxReplicas: 2}\n")
		default:
			kind := pick("ServiceMonitor", "PodMonitor")
			b.WriteString("apiVersion: monitoring.coreos.com/v1\nkind: " + kind + "\n" + meta() + "spec: {selector: " + selector() +
				pick("", ", namespaceSelector: {any: true}", ", namespaceSelector: {matchNames: [shop, default]}") + "}\n")
		}
	}
	return b.String()
}

// TestIndex compares what the indexes find with a look at all pairs.
func TestIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		text := crowd(r)
		w, _ := newWorld(Input{Items: itemsOf(t, text)})
		for _, m := range w.graph.monitors {
			same(t, text, m.services, w.graph.services.all, m.selects)
			same(t, text, m.pods, w.graph.workloads.all, m.selectsPods)
		}
		for _, svc := range w.graph.services.all {
			same(t, text, svc.behind, w.graph.workloads.all, svc.selectsPods)
		}
		for _, wl := range w.graph.workloads.all {
			same(t, text, wl.before, w.graph.services.all, func(svc *service) bool { return svc.selectsPods(wl) })
			same(t, text, w.graph.workloads.alsoMatched(wl), w.graph.workloads.all, func(o *workload) bool { return isAlsoMatched(wl, o) })
		}
		for _, s := range w.graph.scalers {
			if got, want := s.target, scanned(w, s.item, s.ref.name); got != want {
				t.Fatalf("the target of %s in %s is %v, want %v", s, s.namespace(), got, want)
			}
		}
	}
}

func isAlsoMatched(wl, other *workload) bool {
	a, b := wl.item.Place.Object, other.item.Place.Object
	return wl.selector != nil && other != wl && relate(a.Namespace, b.Namespace) == together &&
		(a.Name != b.Name || wl.groupKind() != other.groupKind()) && matches(wl.selector, other.template.labels)
}

// scanned finds the Deployment that an HPA scales by looking at all.
func scanned(w *world, by *krm.Item, name string) *workload {
	for _, near := range []relation{together, unknown} {
		for _, wl := range w.graph.workloads.all {
			o := wl.item.Place.Object
			if o.Name == name && wl.groupKind() == deployment && relate(by.Place.Object.Namespace, o.Namespace) == near {
				return wl
			}
		}
	}
	return nil
}

func same[T comparable](t *testing.T, text string, got, all []T, selects func(T) bool) {
	t.Helper()
	var want []T
	for _, v := range all {
		if selects(v) {
			want = append(want, v)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v of\n%s", got, want, text)
	}
}

// TestRuleIndex compares the rules that the index finds for a metric with all that give it.
func TestRuleIndex(t *testing.T) {
	var rules strings.Builder
	for _, series := range []string{
		`{__name__="a_total",pod!=""}`, `{__name__=~"a_total|b_total",pod!=""}`, `{__name__=~"^c_.*",pod!=""}`, `{pod!=""}`, `{__name__!="a_total",pod!=""}`,
	} {
		for _, name := range []string{
			"{}", "{as: a_rate}", "{as: a$$}", `{as: "${x}"}`, `{matches: "^(.*)_total$", as: "${1}_rate"}`, `{matches: "^(.*)_total$"}`, `{matches: "^c_(.)(.)", as: "p_${2}_q"}`,
		} {
			fmt.Fprintf(&rules, "    - {seriesQuery: '%s', resources: {template: <<.Resource>>}, name: %s, metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'}\n", series, name)
		}
	}
	w, _ := newWorld(Input{Items: itemsOf(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: adapter-config}\ndata:\n  config.yaml: |\n    rules:\n"+rules.String())})
	if len(w.setup.custom.rules) != 35 {
		t.Fatalf("%d rules were read, want 35", len(w.setup.custom.rules))
	}
	for _, metric := range []string{"a", "a_total", "a_rate", "b_rate", "c_rate", "c_x_rate", "a$$", "a$", "p_x_q", "p_q", "nothing", "c_ab"} {
		for _, known := range [][]string{nil, {"a_total", "c_xy", "d_total"}} {
			var got, want []string
			for _, m := range w.setup.custom.matches(metric, nil, known) {
				got = append(got, m.rule.name+" "+strings.Join(m.series, ","))
			}
			for _, r := range w.setup.custom.rules {
				if series := r.seriesFor(metric, known); len(series) > 0 {
					want = append(want, r.name+" "+strings.Join(series, ","))
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rules for %s (-all +index):\n%s", metric, diff)
			}
		}
	}
}
