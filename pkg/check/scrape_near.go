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

// nearest finds the monitor or Service that most likely was meant to lead to the pods of wl, to which none does.
func (w *world) nearest(wl *workload) *miss {
	var all []miss
	for _, m := range w.monitors {
		if m.pod != nil {
			all = append(all, m.misses(wl.pods())...)
			continue
		}
		for _, svc := range w.memo.joins.before[wl] {
			all = append(all, m.misses(svc.labelled())...)
		}
		for _, svc := range w.memo.joins.services[m] {
			if svc.hasSelector() && len(w.memo.joins.behind[svc]) == 0 {
				all = append(all, svc.misses(m, wl)...)
			}
		}
	}
	return best(all)
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

// String is how messages name a Service.
func (s *service) String() string { return "Service " + s.item.Place.Object.Name }

// selectable is what a selector may match, and how messages say what labels it has.
type selectable struct {
	item   *krm.Item
	what   string
	has    string
	labels map[string]string
}

func (s *service) labelled() selectable { return selectable{s.item, s.String(), "has", s.item.Labels} }

func (wl *workload) pods() selectable {
	return selectable{wl.item, "the pods of " + wl.String(), "have", wl.template.Labels}
}

// misses tells why m does not select x.
func (m *monitor) misses(x selectable) []miss {
	sel := m.selector()
	failed, met := unmet(sel, x.labels)
	score := affinity(failed, met, x.labels) + sameName(m.item, x.item)
	at := m.item.Place.Child("spec")
	if len(failed) > 0 {
		return []miss{{
			m, selectorPlace(at.Child("selector"), sel, failed[0]),
			fmt.Sprintf("selects %s, and %s %s %s", wants(failed[0]), x.what, x.has, having(failed[0], x.labels)), score,
		}}
	}
	if m.reaches(x.item.Place.Object.Namespace) {
		return nil
	}
	what, its := x.what, namespaceOf(x.item)
	is := map[string]string{"has": "is", "have": "are"}[x.has]
	at = at.Child("namespaceSelector")
	names := m.namespaces().MatchNames
	why := fmt.Sprintf("is missing and thus stands for namespace %s, and %s %s in %s", namespaceOf(m.item), what, is, its)
	switch {
	case m.ownOnly:
		why = fmt.Sprintf("is ignored by the Prometheus (ignoreNamespaceSelectors), and %s %s in %s", what, is, its)
	case len(names) > 0:
		at, why = at.Child("matchNames"), fmt.Sprintf("has %s, and %s %s in %s", strings.Join(names, ", "), what, is, its)
	}
	return []miss{{m, at, why, score + 1}}
}

// misses tells why a Service, which m selects, does not select the pods of wl.
func (s *service) misses(m *monitor, wl *workload) []miss {
	sel := &metav1.LabelSelector{MatchLabels: s.spec.Selector}
	set := wl.template.Labels
	failed, met := unmet(sel, set)
	score := affinity(failed, met, set) + sameName(s.item, wl.item) + sameName(m.item, wl.item)
	if len(failed) > 0 {
		return []miss{{m, s.item.Place.Child("spec").Child("selector").Child(failed[0].Key()), fmt.Sprintf(
			"selects %s, and the pods of %s have %s", wants(failed[0]), wl, having(failed[0], set)), score}}
	}
	return []miss{{m, s.item.Place.Child("metadata").Child("namespace"), fmt.Sprintf(
		"is %s, and %s is in %s", namespaceOf(s.item), wl, namespaceOf(wl.item)), score}}
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
func (w *world) idle(m *monitor) *miss {
	var all []miss
	try := func(x selectable) {
		failed, met := unmet(m.selector(), x.labels)
		if sameName(m.item, x.item) > 0 || len(failed) == 0 && met > 1 ||
			len(failed) == 1 && met > 0 && (misspelled(failed[0], x.labels) || x.labels[failed[0].Key()] == "") {
			all = append(all, m.misses(x)...)
		}
	}
	switch {
	case len(w.memo.joins.pods[m]) > 0:
		return nil
	case len(w.memo.joins.services[m]) > 0:
		return w.idleService(m)
	case m.pod != nil:
		for _, wl := range w.workloads {
			try(wl.pods())
		}
	default:
		for _, svc := range w.services {
			try(svc.labelled())
		}
	}
	return best(all)
}

// idleService does the same for the Services that m selects: whether one of them leads to pods.
func (w *world) idleService(m *monitor) *miss {
	var all []miss
	for _, svc := range w.memo.joins.services[m] {
		if !svc.hasSelector() || len(w.memo.joins.behind[svc]) > 0 {
			return nil
		}
		for _, wl := range w.workloads {
			if meet(svc.item, wl.item) && sameName(svc.item, wl.item) > 0 {
				all = append(all, svc.misses(m, wl)...)
			}
		}
	}
	return best(all)
}
