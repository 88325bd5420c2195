package chain

import (
	"fmt"
	rand "math/rand/v2"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
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
		g, _ := New(itemsOf(t, text), 0, func(*corev1.Container) bool { return false })
		for _, m := range g.Monitors {
			same(t, text, m.Services, g.Services.All, m.selects)
			same(t, text, m.Pods, g.Workloads.All, m.selectsPods)
		}
		for _, svc := range g.Services.All {
			same(t, text, svc.Workloads, g.Workloads.All, svc.SelectsPods)
		}
		for _, wl := range g.Workloads.All {
			same(t, text, wl.Services, g.Services.All, func(svc *Service) bool { return svc.SelectsPods(wl) })
			byName := slices.SortedStableFunc(slices.Values(g.Workloads.All), func(a, b *Workload) int { return compareNames(a.Item, b.Item) })
			same(t, text, g.Workloads.AlsoMatched(wl), byName, func(o *Workload) bool { return isAlsoMatched(wl, o) })
		}
		for _, s := range g.Scalers {
			byName := slices.SortedStableFunc(slices.Values(g.Scalers), func(a, b *Scaler) int { return compareNames(a.Item, b.Item) })
			same(t, text, s.Sharing, byName, func(o *Scaler) bool { return o.sharingKey() == s.sharingKey() })
			if got, want := s.Target, scanned(g, s.Item, s.Ref.Name); got != want {
				t.Fatalf("the target of %s in %s is %v, want %v", s, s.Namespace(), got, want)
			}
		}
	}
}

func isAlsoMatched(wl, other *Workload) bool {
	a, b := wl.Item.Place.Object, other.Item.Place.Object
	return wl.Selector != nil && other != wl && lookup.CompareNamespaces(a.Namespace, b.Namespace) == lookup.Same &&
		(a.Name != b.Name || wl.GroupKind() != other.GroupKind()) && lookup.Matches(wl.Selector, other.Template.Labels)
}

// scanned finds the Deployment that an HPA scales by looking at all.
func scanned(g *Graph, by *krm.Item, name string) *Workload {
	for _, near := range []lookup.Relation{lookup.Same, lookup.Unknown} {
		for _, wl := range g.Workloads.All {
			o := wl.Item.Place.Object
			if o.Name == name && wl.GroupKind() == deployment && lookup.CompareNamespaces(by.Place.Object.Namespace, o.Namespace) == near {
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

// itemsOf reads the objects of a text.
func itemsOf(t testing.TB, text string) []*krm.Item {
	t.Helper()
	docs, ps := krm.ParseAll(text, model.Place{})
	if len(ps) > 0 {
		t.Fatalf("the input of the test is broken: %v", ps)
	}
	var items []*krm.Item
	for _, d := range docs {
		items = append(items, krm.NewItem(d.Root))
	}
	return items
}

// If everything has the same labels, the routes of all monitors and Services to all workloads would be too many.
func TestMostRoutes(t *testing.T) {
	const object = "---\napiVersion: %s\nkind: %s\nmetadata: {name: a%d, labels: {app: a}}\nspec: %s\n"
	var text strings.Builder
	for i := range 30 {
		fmt.Fprintf(&text, object, "apps/v1", "Deployment", i,
			"{selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, ports: [{name: p, containerPort: 80}]}]}}}")
		fmt.Fprintf(&text, object, "v1", "Service", i, "{selector: {app: a}, ports: [{name: p, port: 80}]}")
		fmt.Fprintf(&text, object, "monitoring.coreos.com/v1", "ServiceMonitor", i, "{selector: {matchLabels: {app: a}}, endpoints: [{port: p}]}")
	}
	g, ps := New(itemsOf(t, text.String()), 0, func(*corev1.Container) bool { return false })
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	for _, wl := range g.Workloads.All {
		if n := len(g.Routes(wl)); n != mostRoutes {
			t.Errorf("%d routes to %s, want %d", n, wl, mostRoutes)
		}
	}
	for _, m := range g.Monitors {
		if len(m.Services) != 30 {
			t.Errorf("%s selects %d Services", m.Item.Place.Object, len(m.Services))
		}
	}
}
