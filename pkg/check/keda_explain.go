package check

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// unjudgedTrigger returns why the input does not decide whether a trigger has a value, or "". d is nil if it has no query.
func unjudgedTrigger(w *world, k *chain.KEDA, number int, d *demand.Demand) string {
	t := &k.Triggers[number]
	noPods := k.Target == nil || !k.Target.KnowsPods()
	switch {
	case k.Paused():
		return "KEDA pauses the scaler"
	case t.IsResource() && noPods:
		return "the target is not in the input"
	case t.IsResource(), t.Type == keda.Cron, t.Type == keda.KubernetesWorkload && counts(w.graph, k, t):
		return ""
	case t.Type == keda.KubernetesWorkload:
		return "the pods that the trigger counts are not in the input"
	case d == nil:
		return fmt.Sprintf("triggers of type %s are not judged", t.Type)
	case d.Query().Expr == nil:
		return "the query is not judged"
	case noPods && k.HasTarget():
		return "the target is not in the input"
	case !d.Query().AllOwn():
		return "the series come from other pods"
	case d.Query().Server.Service == "":
		return "the server is outside of the cluster"
	case len(d.Paths()) == 0:
		return "something else may scrape the pods"
	}
	return ""
}

// counts reports whether a trigger of type kubernetes-workload counts the pods of a workload in the input.
func counts(g *chain.Graph, k *chain.KEDA, t *keda.Trigger) bool {
	selector, err := labels.Parse(t.Value("podSelector"))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(g.Workloads.Labels.Find(nil, lookup.NamespacesFor(k.Item.Place.Object.Namespace)), func(i int) bool {
		return selector.Matches(labels.Set(g.Workloads.All[i].Template.Labels))
	})
}

// triggerLinks returns a link for each trigger of a scaler.
func (e *explainer) triggerLinks(s *chain.Scaler) []*Link {
	k := e.keda[s]
	var out []*Link
	for i := range k.Triggers {
		t := trigger{k, &k.Triggers[i], k.MetricAt(i), i}
		out = append(out, &Link{Role: "trigger", What: triggerText(t), Place: t.at, Links: e.sourceLinks(t)})
	}
	return out
}

// triggerText describes a trigger and its target.
func triggerText(t trigger) string {
	text := metricText(t.of.Metrics[t.number])
	_, target, found := strings.Cut(text, " at ")
	text = t.Type
	if t.Name != "" {
		text += " " + t.Name
	}
	if c := t.Value("containerName"); c != "" {
		text += " of container " + c
	}
	if found {
		text += " at " + target
	}
	return text
}

// sourceLinks returns the links that produce the value of a trigger.
func (e *explainer) sourceLinks(t trigger) []*Link {
	if t.IsResource() {
		if wl := t.of.Target; wl != nil && wl.KnowsPods() {
			return requests(wl, corev1.ResourceName(t.Type))
		}
		return nil
	}
	var links []*Link
	if t.of.Spec != nil {
		links = apiLinks(e.world, chain.ExternalMetrics)
	}
	if ref := t.AuthenticationRef; ref != nil {
		var ps model.Problems
		a := (&credentials{graph: e.graph}).find(t, &ps)
		l := &Link{Role: "authentication", What: fmt.Sprintf("%s is not in the input", ref.Name)}
		if a != nil {
			l.What, l.Place = a.item.Place.Object.String(), a.item.Place
		}
		links = append(links, l)
	}
	switch t.Type {
	case keda.Prometheus:
		return append(links, queryLinks(e.world, e.demands[metricKey{&t.of.Scaler, t.number}])...)
	case keda.Cron:
		return append(links, &Link{Role: "schedule", What: fmt.Sprintf("%s replicas from %s to %s, %s", t.Value("desiredReplicas"),
			t.Value("start"), t.Value("end"), t.Value("timezone"))})
	case keda.KubernetesWorkload:
		return append(links, &Link{Role: "pods", What: t.Value("podSelector")})
	}
	return append(links, &Link{Role: "source", What: fmt.Sprintf("KEDA reads the value of %s itself, which is not checked", t.Type)})
}

// queryLinks returns the links from a query to the pods.
func queryLinks(w *world, d *demand.Demand) []*Link {
	q := d.Query()
	server := &Link{Role: "server", What: q.Trigger.Value("serverAddress")}
	s := servers{graph: w.graph}
	switch svc := s.find(q.Server); {
	case svc != nil:
		server.Place = svc.Item.Place
	case !s.isOperated(q.Server):
		server.What += ", is not in the input"
	}
	links := []*Link{server, {Role: "query", What: q.Text, Place: q.At}}
	if q.Expr == nil {
		return links
	}
	var names []string
	for _, sel := range promexpr.Selectors(q.Expr) {
		names = append(names, sel.Name)
	}
	for _, name := range lookup.Distinct(names) {
		l := &Link{Role: "series", What: name}
		if !slices.Contains(q.Series(), name) {
			l.What += ", which is not known to come from the pods of the target"
		}
		links = append(links, l)
	}
	if !d.IsOfPods() {
		return links
	}
	for _, p := range firstOf(d.Paths()) {
		links = append(links, pathLink(p))
	}
	if len(d.Paths()) == 0 {
		links = append(links, &Link{Role: "monitor", What: "none in the input"})
	}
	return links
}
