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

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// miss is a place at which the way from a monitor to pods breaks.
type miss struct {
	monitor *monitor
	at      model.Place
	why     string
	// score says how much speaks for it that the way was meant.
	score int
}

// meant is the score from which a monitor was surely made for the pods: it has their name or two of their labels.
const meant = 3

// finder finds what was most likely meant.
type finder struct {
	graph *graph
	// monitors are the monitors by name, podlessRoutes the routes that end at a Service without pods.
	monitors      once[map[string][]*monitor]
	podlessRoutes once[[]route]
}

// nearest finds the monitor or Service that most likely was meant to lead to the pods of wl, to which none does.
func (f *finder) nearest(wl *workload) *miss {
	var found misses
	pods := workloadPods(wl)
	var before []selectable
	for _, svc := range wl.before {
		before = append(before, labeled(svc))
	}
	try := func(m *monitor) {
		if m.ofPods {
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
	for _, m := range f.graph.monitors {
		try(m)
	}
	vain := f.podlessRoutes.get(f.findPodlessRoutes)
	for _, r := range vain {
		if sameName(r.service.item, wl.item)+sameName(r.monitor.item, wl.item) > 0 {
			found.tryBehind(r, wl)
		}
	}
	for _, r := range vain {
		found.tryBehind(r, wl)
	}
	return best(found)
}

// monitorsNamed are the monitors of a name.
func (f *finder) monitorsNamed(name string) []*monitor {
	return f.monitors.get(func() map[string][]*monitor {
		found := map[string][]*monitor{}
		for _, m := range f.graph.monitors {
			found[m.item.Place.Object.Name] = append(found[m.item.Place.Object.Name], m)
		}
		return found
	})[name]
}

// findVain lists the Services with a selector that a monitor selects and that select no pods here.
func (f *finder) findPodlessRoutes() []route {
	var out []route
	for _, m := range f.graph.monitors {
		for _, svc := range m.services {
			if svc.hasSelector() && len(svc.behind) == 0 {
				out = append(out, route{m, svc})
			}
		}
	}
	return out
}

// misses are those of which the best is wanted.
type misses []miss

// try adds why m does not select x, unless a better miss is known.
func (ms *misses) try(m *monitor, x selectable) {
	if ms.worth(sameName(m.item, x.item) + maxScore(m.requirements(), x.labels)) {
		ms.take(monitorMisses(m, x))
	}
}

// tryBehind adds why the Service of r does not select the pods of wl, unless a better miss is known.
func (ms *misses) tryBehind(r route, wl *workload) {
	names := sameName(r.service.item, wl.item) + sameName(r.monitor.item, wl.item)
	if ms.worth(names + maxScore(r.service.requirements(), wl.template.labels)) {
		ms.take(serviceMisses(r.service, r.monitor, wl))
	}
}

// worth tells whether a miss of that score may be the best.
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

func labeled(s *service) selectable { return selectable{s.item, s.String(), "has", s.item.Labels} }

func workloadPods(wl *workload) selectable {
	return selectable{wl.item, "the pods of " + wl.String(), "have", wl.template.labels}
}

// misses tells why m does not select x.
func monitorMisses(m *monitor, x selectable) []miss {
	failed, met := unmet(m.requirements(), x.labels)
	score := affinity(failed, met, x.labels) + sameName(m.item, x.item)
	at := m.item.Place.Child("spec")
	if len(failed) > 0 {
		return []miss{{
			m, selectorPlace(at.Child("selector"), &m.selector, failed[0]),
			fmt.Sprintf("selects %s, and %s %s %s", wants(failed[0]), x.what, x.has, having(failed[0], x.labels)), score,
		}}
	}
	if m.reaches(x.item.Place.Object.Namespace) {
		return nil
	}
	what, its := x.what, model.NamespaceOf(x.item.Place.Object.Namespace)
	is := map[string]string{"has": "is", "have": "are"}[x.has]
	at = at.Child("namespaceSelector")
	names := m.namespaces.MatchNames
	why := fmt.Sprintf("is missing and thus stands for namespace %s, and %s %s in %s", model.NamespaceOf(m.item.Place.Object.Namespace), what, is, its)
	switch {
	case m.ownOnly:
		why = fmt.Sprintf("is ignored by the Prometheus (ignoreNamespaceSelectors), and %s %s in %s", what, is, its)
	case len(names) > 0:
		at, why = at.Child("matchNames"), fmt.Sprintf("has %s, and %s %s in %s", strings.Join(names, ", "), what, is, its)
	}
	return []miss{{m, at, why, score + 1}}
}

// misses tells why a Service, which m selects, does not select the pods of wl.
func serviceMisses(s *service, m *monitor, wl *workload) []miss {
	set := wl.template.labels
	failed, met := unmet(s.requirements(), set)
	score := affinity(failed, met, set) + sameName(s.item, wl.item) + sameName(m.item, wl.item)
	if len(failed) > 0 {
		return []miss{{m, s.item.Place.Child("spec").Child("selector").Child(failed[0].Key()), fmt.Sprintf(
			"selects %s, and the pods of %s have %s", wants(failed[0]), wl, having(failed[0], set)), score}}
	}
	return []miss{{m, s.item.Place.Child("metadata").Child("namespace"), fmt.Sprintf(
		"is %s, and %s is in %s", model.NamespaceOf(s.item.Place.Object.Namespace), wl, model.NamespaceOf(wl.item.Place.Object.Namespace)), score}}
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

// misspelled tells whether a requirement would be met but for a letter or two of the value.
func misspelled(r labels.Requirement, set map[string]string) bool {
	got, ok := set[r.Key()]
	wanted := slices.Collect(maps.Keys(r.Values()))
	return ok && slices.Contains([]selection.Operator{selection.Equals, selection.In}, r.Operator()) && krm.Suggest(got, wanted) != ""
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

// idle tells why a monitor leads to no pods although it was most likely made for an object here: one of the same name,
// or one that lacks only one of several labels. It is nil if the monitor leads somewhere or may do so.
func (f *finder) idle(m *monitor) *miss {
	var all []miss
	try := func(x selectable) {
		failed, met := unmet(m.requirements(), x.labels)
		if sameName(m.item, x.item) > 0 || len(failed) == 0 && met > 1 ||
			len(failed) == 1 && met > 0 && (misspelled(failed[0], x.labels) || x.labels[failed[0].Key()] == "") {
			all = append(all, monitorMisses(m, x)...)
		}
	}
	switch {
	case len(m.pods) > 0:
		return nil
	case len(m.services) > 0:
		return f.idleService(m)
	case m.ofPods:
		for _, i := range like(f.graph.workloads.labels, m) {
			try(workloadPods(f.graph.workloads.all[i]))
		}
	default:
		for _, i := range like(f.graph.services.labels, m) {
			try(labeled(f.graph.services.all[i]))
		}
	}
	return best(all)
}

// like gives the positions, in order, of the objects of an index that have the name of m or meet one of its requirements.
func like(x *labelIndex, m *monitor) []int {
	pairs := required(&m.selector)
	if len(pairs) < len(m.requirements()) {
		return x.positions()
	}
	return x.like(m.item.Place.Object.Name, pairs)
}

// idleService does the same for the Services that m selects: whether one of them leads to pods.
func (f *finder) idleService(m *monitor) *miss {
	var all []miss
	for _, svc := range m.services {
		if !svc.hasSelector() || len(svc.behind) > 0 {
			return nil
		}
		for _, i := range f.graph.workloads.labels.named(svc.item.Place.Object.Name) {
			if wl := f.graph.workloads.all[i]; meet(svc.item, wl.item) {
				all = append(all, serviceMisses(svc, m, wl)...)
			}
		}
	}
	return best(all)
}
