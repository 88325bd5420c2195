package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// miss is a place at which the way from a monitor to pods breaks.
type miss struct {
	monitor *chain.Monitor
	at      model.Place
	why     string
	// score says how much speaks for it that the way was meant.
	score int
}

// meant is the score from which a monitor was surely made for the pods: it has their name or two of their labels.
const meant = 3

// finder finds what was most likely meant.
type finder struct {
	graph *chain.Graph
	// monitors are the monitors by name, podlessRoutes the routes that end at a Service without pods.
	monitors      lookup.Lazy[map[string][]*chain.Monitor]
	podlessRoutes lookup.Lazy[[]chain.Route]
}

// nearest finds the monitor or Service that most likely was meant to lead to the pods of wl, to which none does.
func (f *finder) nearest(wl *chain.Workload) *miss {
	var found misses
	pods := workloadPods(wl)
	var before []selectable
	for _, svc := range wl.Services {
		before = append(before, labeled(svc))
	}
	try := func(m *chain.Monitor) {
		if m.OfPods {
			found.try(m, pods)
			return
		}
		for _, x := range before {
			found.try(m, x)
		}
	}
	// Those that have a name in common come first, since with them known most others need no closer look.
	for _, x := range slices.Concat(before, []selectable{pods}) {
		for _, m := range f.monitorsNamed(x.item.Place.Object.Name) {
			try(m)
		}
	}
	for _, m := range f.graph.Monitors {
		try(m)
	}
	podless := f.podlessRoutes.Get(f.findPodlessRoutes)
	otherName := func(r chain.Route) bool {
		return sameName(r.Service.Item, wl.Item)+sameName(r.Monitor.Item, wl.Item) == 0
	}
	for _, r := range slices.Concat(lookup.Except(podless, otherName), podless) {
		found.tryBehind(r, wl)
	}
	return best(found)
}

// monitorsNamed are the monitors of a name.
func (f *finder) monitorsNamed(name string) []*chain.Monitor {
	return f.monitors.Get(func() map[string][]*chain.Monitor {
		found := map[string][]*chain.Monitor{}
		for _, m := range f.graph.Monitors {
			found[m.Item.Place.Object.Name] = append(found[m.Item.Place.Object.Name], m)
		}
		return found
	})[name]
}

// findVain lists the Services with a selector that a monitor selects and that select no pods here.
func (f *finder) findPodlessRoutes() []chain.Route {
	var out []chain.Route
	for _, m := range f.graph.Monitors {
		for _, svc := range m.Services {
			if svc.HasSelector() && len(svc.Workloads) == 0 {
				out = append(out, chain.Route{Monitor: m, Service: svc})
			}
		}
	}
	return out
}

// misses are those of which the best is wanted.
type misses []miss

// try adds why m does not select x, unless a better miss is known.
func (ms *misses) try(m *chain.Monitor, x selectable) {
	if ms.worth(sameName(m.Item, x.item) + maxScore(m.Requirements(), x.labels)) {
		ms.take(monitorMisses(m, x))
	}
}

// tryBehind adds why the Service of r does not select the pods of wl, unless a better miss is known.
func (ms *misses) tryBehind(r chain.Route, wl *chain.Workload) {
	names := sameName(r.Service.Item, wl.Item) + sameName(r.Monitor.Item, wl.Item)
	if ms.worth(names + maxScore(r.Service.Requirements(), wl.Template.Labels)) {
		ms.take(serviceMisses(r.Service, r.Monitor, wl))
	}
}

// worth reports whether a miss of that score may be the best.
func (ms *misses) worth(score int) bool {
	return score > 0 && (len(*ms) == 0 || score >= (*ms)[0].score)
}

func (ms *misses) take(more []miss) {
	if len(more) > 0 && len(*ms) > 0 && more[0].score > (*ms)[0].score {
		*ms = (*ms)[:0]
	}
	if len(*ms) == 0 || len(more) > 0 && more[0].score == (*ms)[0].score {
		*ms = append(*ms, more...)
	}
}

// maxScore is the highest score that requirements may have for a set of labels.
func maxScore(reqs []labels.Requirement, set map[string]string) int {
	most, failed := 0, false
	for i := range reqs {
		r := &reqs[i]
		_, has := set[r.Key()]
		met := r.Matches(labels.Set(set))
		if met || has {
			most += 2
		}
		failed = failed || !met
	}
	if !failed {
		most++
	}
	return most
}

// best is the miss with the highest score, nil if none has any.
func best(all []miss) *miss {
	all = slices.DeleteFunc(all, func(m miss) bool { return m.score == 0 })
	if len(all) == 0 {
		return nil
	}
	found := slices.MinFunc(all, func(a, b miss) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.at.String(), b.at.String()), cmp.Compare(a.why, b.why))
	})
	return &found
}

// selectable is what a selector may match, and how messages say what labels it has.
type selectable struct {
	item   *krm.Item
	what   string
	has    string
	labels map[string]string
}

func labeled(s *chain.Service) selectable {
	return selectable{s.Item, s.String(), "has", s.Item.Labels}
}

func workloadPods(wl *chain.Workload) selectable {
	return selectable{wl.Item, "the pods of " + wl.String(), "have", wl.Template.Labels}
}

// misses returns why m does not select x.
func monitorMisses(m *chain.Monitor, x selectable) []miss {
	failed, met := lookup.Unmet(m.Requirements(), x.labels)
	score := affinity(failed, met, x.labels) + sameName(m.Item, x.item)
	at := m.Item.Place.Child("spec")
	if len(failed) > 0 {
		return []miss{{
			m, selectorPlace(at.Child("selector"), &m.Selector, failed[0]),
			fmt.Sprintf("selects %s, and %s %s %s", lookup.DescribeRequirement(failed[0]), x.what, x.has,
				lookup.DescribeLabel(failed[0], x.labels)), score,
		}}
	}
	if m.Reaches(x.item.Place.Object.Namespace) {
		return nil
	}
	what, its := x.what, model.NamespaceOf(x.item.Place.Object.Namespace)
	is := map[string]string{"has": "is", "have": "are"}[x.has]
	at = at.Child("namespaceSelector")
	names := m.Namespaces.MatchNames
	why := fmt.Sprintf(
		"is missing, so it defaults to namespace %s, but %s %s in %s",
		model.NamespaceOf(m.Item.Place.Object.Namespace), what, is, its)
	switch {
	case m.OwnOnly:
		why = fmt.Sprintf("is ignored by Prometheus (ignoreNamespaceSelectors), but %s %s in %s", what, is, its)
	case len(names) > 0:
		at, why = at.Child("matchNames"), fmt.Sprintf("has %s, and %s %s in %s", strings.Join(names, ", "), what, is, its)
	}
	return []miss{{m, at, why, score + 1}}
}

// misses returns why a Service, which m selects, does not select the pods of wl.
func serviceMisses(s *chain.Service, m *chain.Monitor, wl *chain.Workload) []miss {
	set := wl.Template.Labels
	failed, met := lookup.Unmet(s.Requirements(), set)
	score := affinity(failed, met, set) + sameName(s.Item, wl.Item) + sameName(m.Item, wl.Item)
	if len(failed) > 0 {
		return []miss{{m, s.Item.Place.Child("spec").Child("selector").Child(failed[0].Key()), fmt.Sprintf(
			"selects %s, and the pods of %s have %s", lookup.DescribeRequirement(failed[0]), wl,
			lookup.DescribeLabel(failed[0], set)), score}}
	}
	return []miss{{m, s.Item.Place.Child("metadata").Child("namespace"), fmt.Sprintf(
		"is %s, and %s is in %s", model.NamespaceOf(s.Item.Place.Object.Namespace), wl,
		model.NamespaceOf(wl.Item.Place.Object.Namespace)), score}}
}

// affinity counts what speaks for it that a selector was meant to match a set of labels: requirements that it meets,
// and values that are misspelled.
func affinity(failed []labels.Requirement, met int, set map[string]string) int {
	score := 2 * met
	for _, r := range failed {
		if misspelled(r, set) {
			score += 2
		}
	}
	return score
}

// misspelled reports whether a requirement would be met but for a letter or two of the value.
func misspelled(r labels.Requirement, set map[string]string) bool {
	got, ok := set[r.Key()]
	wanted := slices.Collect(maps.Keys(r.Values()))
	return ok && (r.Operator() == selection.Equals || r.Operator() == selection.In) && krm.Suggest(got, wanted) != ""
}

// sameName is what equal names add to a score.
func sameName(a, b *krm.Item) int {
	if a.Place.Object.Name == b.Place.Object.Name {
		return meant
	}
	return 0
}

// selectorPlace is where a selector states a requirement.
func selectorPlace(at model.Place, s *metav1.LabelSelector, r labels.Requirement) model.Place {
	if _, ok := s.MatchLabels[r.Key()]; ok {
		return at.Child("matchLabels").Child(r.Key())
	}
	for i, e := range s.MatchExpressions {
		if e.Key == r.Key() {
			return at.Child("matchExpressions").Item(i)
		}
	}
	return at
}

// idle returns why a monitor leads to no pods although it was most likely made for an object here: one of the same name,
// or one that lacks only one of several labels. It is nil if the monitor leads somewhere or may do so.
func (f *finder) idle(m *chain.Monitor) *miss {
	var all []miss
	try := func(x selectable) {
		failed, met := lookup.Unmet(m.Requirements(), x.labels)
		if sameName(m.Item, x.item) > 0 || len(failed) == 0 && met > 1 ||
			len(failed) == 1 && met > 0 && (misspelled(failed[0], x.labels) || x.labels[failed[0].Key()] == "") {
			all = append(all, monitorMisses(m, x)...)
		}
	}
	switch {
	case len(m.Pods) > 0:
		return nil
	case len(m.Services) > 0:
		return f.idleService(m)
	case m.OfPods:
		for _, i := range like(f.graph.Workloads.Labels, m) {
			try(workloadPods(f.graph.Workloads.All[i]))
		}
	default:
		for _, i := range like(f.graph.Services.Labels, m) {
			try(labeled(f.graph.Services.All[i]))
		}
	}
	return best(all)
}

// like returns the positions, in order, of the objects of an index that have the name of m or meet one of its requirements.
func like(x *lookup.Index, m *chain.Monitor) []int {
	pairs := lookup.RequiredLabels(&m.Selector)
	if len(pairs) < len(m.Requirements()) {
		return x.All()
	}
	return x.Like(m.Item.Place.Object.Name, pairs)
}

// idleService does the same for the Services that m selects: whether one of them leads to pods.
func (f *finder) idleService(m *chain.Monitor) *miss {
	var all []miss
	for _, svc := range m.Services {
		if !svc.HasSelector() || len(svc.Workloads) > 0 {
			return nil
		}
		for _, i := range f.graph.Workloads.Labels.Named(svc.Item.Place.Object.Name) {
			if wl := f.graph.Workloads.All[i]; chain.MayShareNamespace(svc.Item, wl.Item) {
				all = append(all, serviceMisses(svc, m, wl)...)
			}
		}
	}
	return best(all)
}
