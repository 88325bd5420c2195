package check

import (
	"cmp"
	"fmt"
	"iter"
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

// miss is a place where a route from a monitor to pods breaks.
type miss struct {
	monitor *chain.Monitor
	at      model.Place
	why     string
	// score is the evidence that the route was intended.
	score int
}

// meant is the lowest score of a monitor that was surely made for the pods: it has their name or two of their labels.
const meant = 3

// clue is a name, or a label with its key, by which a selector may have been meant for pods or, if pods is false, for a Service.
type clue struct {
	pods       bool
	key, value string
}

// maxCandidates limits the selectors that are compared for one clue. A label that more objects have distinguishes nothing.
const maxCandidates = 32

// finder finds the selectors that were most likely meant for pods that nothing scrapes.
type finder struct {
	graph *chain.Graph
	// candidates are monitors, and monitors with a Service that selects no pods. values are those that they require of a label.
	candidates map[clue][]chain.Route
	values     map[clue]*lookup.Suggester
}

// nearest returns the best miss for a workload that no monitor reaches, or nil.
func (f *finder) nearest(wl *chain.Workload) *miss {
	if f.candidates == nil {
		f.index()
	}
	var all []*miss
	for _, svc := range wl.Services {
		for r := range f.like(false, labeled(svc), wl) {
			all = append(all, monitorMiss(r.Monitor, labeled(svc)))
		}
	}
	for r := range f.like(true, workloadPods(wl), wl) {
		if r.Service != nil {
			all = append(all, serviceMiss(r.Service, r.Monitor, wl))
		} else {
			all = append(all, monitorMiss(r.Monitor, workloadPods(wl)))
		}
	}
	return best(all)
}

// index collects the candidates by their clues.
func (f *finder) index() {
	f.candidates, f.values = map[clue][]chain.Route{}, map[clue]*lookup.Suggester{}
	values := map[clue][]string{}
	add := func(pods bool, r chain.Route, reqs []labels.Requirement) {
		of := func(key, value string) {
			c := clue{pods, key, value}
			f.candidates[c] = append(f.candidates[c], r)
		}
		of("", r.Monitor.Item.Place.Object.Name)
		if r.Service != nil && r.Service.Item.Place.Object.Name != r.Monitor.Item.Place.Object.Name {
			of("", r.Service.Item.Place.Object.Name)
		}
		for _, req := range reqs {
			switch req.Operator() {
			case selection.Exists:
				of(req.Key(), "")
			case selection.Equals, selection.In:
				for v := range req.Values() {
					of(req.Key(), v)
					values[clue{pods, req.Key(), ""}] = append(values[clue{pods, req.Key(), ""}], v)
				}
			}
		}
	}
	for _, m := range f.graph.Monitors {
		add(m.OfPods, chain.Route{Monitor: m}, m.Requirements())
		for _, svc := range m.Services {
			if svc.HasSelector() && len(svc.Workloads) == 0 {
				add(true, chain.Route{Monitor: m, Service: svc}, svc.Requirements())
			}
		}
	}
	for c, list := range values {
		f.values[c] = lookup.NewSuggester(list)
	}
}

// like returns the candidates that share a name with one of the objects, or a label with x, possibly misspelled.
func (f *finder) like(pods bool, x selectable, wl *chain.Workload) iter.Seq[chain.Route] {
	seen := map[chain.Route]bool{}
	add := func(key, value string) {
		list := f.candidates[clue{pods, key, value}]
		for _, r := range list[:min(len(list), maxCandidates)] {
			seen[r] = true
		}
	}
	add("", x.item.Place.Object.Name)
	add("", wl.Item.Place.Object.Name)
	for k, v := range x.labels {
		add(k, v)
		add(k, "")
		if values := f.values[clue{pods, k, ""}]; values != nil {
			add(k, values.Suggest(v))
		}
	}
	return maps.Keys(seen)
}

// best returns the miss with the highest score, or nil if no score is above 0. Elements may be nil.
func best(all []*miss) *miss {
	all = slices.DeleteFunc(all, func(m *miss) bool { return m == nil || m.score == 0 })
	if len(all) == 0 {
		return nil
	}
	return slices.MinFunc(all, func(a, b *miss) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.at.String(), b.at.String()), cmp.Compare(a.why, b.why))
	})
}

// selectable is an object that a selector may match, with the words of messages about its labels.
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

// monitorMiss returns why a monitor does not select an object, or nil if it does.
func monitorMiss(m *chain.Monitor, x selectable) *miss {
	failed, met := lookup.Unmet(m.Requirements(), x.labels)
	score := affinity(failed, met, x.labels) + sameName(m.Item, x.item)
	at := m.Item.Place.Child("spec")
	if len(failed) > 0 {
		return &miss{m, selectorPlace(at.Child("selector"), &m.Selector, failed[0]), fmt.Sprintf(
			"selects %s, and %s %s %s", lookup.DescribeRequirement(failed[0]), x.what, x.has,
			lookup.DescribeLabel(failed[0], x.labels)), score}
	}
	if m.Reaches(x.item.Place.Object.Namespace) {
		return nil
	}
	at = at.Child("namespaceSelector")
	names := m.Namespaces.MatchNames
	why := fmt.Sprintf("is missing, so it defaults to namespace %s", model.NamespaceOf(m.Item.Place.Object.Namespace))
	but := "but"
	switch {
	case m.OwnOnly:
		why = "is ignored by Prometheus (ignoreNamespaceSelectors)"
	case len(names) > 0:
		at, why, but = at.Child("matchNames"), "has "+strings.Join(names, ", "), "and"
	}
	is := map[string]string{"has": "is", "have": "are"}[x.has]
	why = fmt.Sprintf("%s, %s %s %s in %s", why, but, x.what, is, model.NamespaceOf(x.item.Place.Object.Namespace))
	return &miss{m, at, why, score + 1}
}

// serviceMiss returns why a Service that a monitor selects does not select the pods of a workload.
func serviceMiss(s *chain.Service, m *chain.Monitor, wl *chain.Workload) *miss {
	set := wl.Template.Labels
	failed, met := lookup.Unmet(s.Requirements(), set)
	score := affinity(failed, met, set) + sameName(s.Item, wl.Item) + sameName(m.Item, wl.Item)
	if len(failed) > 0 {
		return &miss{m, s.Item.Place.Child("spec").Child("selector").Child(failed[0].Key()), fmt.Sprintf(
			"selects %s, and the pods of %s have %s", lookup.DescribeRequirement(failed[0]), wl,
			lookup.DescribeLabel(failed[0], set)), score}
	}
	return &miss{m, s.Item.Place.Child("metadata").Child("namespace"), fmt.Sprintf(
		"is %s, and %s is in %s", model.NamespaceOf(s.Item.Place.Object.Namespace), wl,
		model.NamespaceOf(wl.Item.Place.Object.Namespace)), score}
}

// affinity scores how likely a selector was meant to match labels: by the requirements that they meet, and by misspelled
// values.
func affinity(failed []labels.Requirement, met int, set map[string]string) int {
	score := 2 * met
	for _, r := range failed {
		if misspelled(r, set) {
			score += 2
		}
	}
	return score
}

// misspelled reports whether a similar value of the label would meet a requirement.
func misspelled(r labels.Requirement, set map[string]string) bool {
	got, ok := set[r.Key()]
	wanted := slices.Collect(maps.Keys(r.Values()))
	return ok && (r.Operator() == selection.Equals || r.Operator() == selection.In) && krm.Suggest(got, wanted) != ""
}

// sameName returns the score of equal names.
func sameName(a, b *krm.Item) int {
	if a.Place.Object.Name == b.Place.Object.Name {
		return meant
	}
	return 0
}

// selectorPlace returns the place of a requirement in a selector.
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

// idle returns why a monitor leads to no pods, or nil if it leads somewhere, or may do so, or was probably not made for an
// object of the input. An object of the same name, or one that lacks only one of several labels, is probably meant.
func (f *finder) idle(m *chain.Monitor) *miss {
	var all []*miss
	try := func(x selectable) {
		failed, met := lookup.Unmet(m.Requirements(), x.labels)
		if sameName(m.Item, x.item) > 0 || len(failed) == 0 && met > 1 ||
			len(failed) == 1 && met > 0 && (misspelled(failed[0], x.labels) || x.labels[failed[0].Key()] == "") {
			all = append(all, monitorMiss(m, x))
		}
	}
	pairs := lookup.RequiredLabels(&m.Selector)
	switch {
	case len(m.Pods) > 0:
		return nil
	case len(m.Services) > 0:
		return f.idleService(m)
	case m.OfPods:
		for _, i := range f.graph.Workloads.Labels.Like(m.Item.Place.Object.Name, pairs) {
			try(workloadPods(f.graph.Workloads.All[i]))
		}
	default:
		for _, i := range f.graph.Services.Labels.Like(m.Item.Place.Object.Name, pairs) {
			try(labeled(f.graph.Services.All[i]))
		}
	}
	return best(all)
}

// idleService does the same for the Services that a monitor selects.
func (f *finder) idleService(m *chain.Monitor) *miss {
	var all []*miss
	for _, svc := range m.Services {
		if !svc.HasSelector() || len(svc.Workloads) > 0 {
			return nil
		}
		for _, i := range f.graph.Workloads.Labels.Named(svc.Item.Place.Object.Name) {
			if wl := f.graph.Workloads.All[i]; chain.MayShareNamespace(svc.Item, wl.Item) {
				all = append(all, serviceMiss(svc, m, wl))
			}
		}
	}
	return best(all)
}
