package chain

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Workloads are all workloads of the input.
type Workloads struct {
	All []*Workload
	// byKey has the first workload of each key, byName that of each key without a namespace. It is made when it is needed.
	byKey, byName map[TargetKey]*Workload
	// Labels indexes the labels of the pods.
	Labels *lookup.Index
	ranks  lookup.Lazy[[]int]
}

// mostMatched limits the workloads that AlsoMatched returns. If everything has the same labels, each workload matches all others.
const mostMatched = 200

// AlsoMatched returns the other workloads of the namespace whose pods match the selector of a workload, sorted by name.
func (ws *Workloads) AlsoMatched(wl *Workload) []*Workload {
	if wl.Selector == nil || wl.also != nil {
		return wl.also
	}
	own := wl.Item.Place.Object
	spaces := []string{own.Namespace}
	if model.NamespaceOf(own.Namespace) == metav1.NamespaceDefault {
		spaces = []string{"", metav1.NamespaceDefault}
	}
	out := []*Workload{}
	candidates := ws.Labels.Find(lookup.RequiredLabels(wl.Selector), spaces)
	if len(candidates) > mostMatched {
		rank := ws.ranks.Get(ws.rankByName)
		slices.SortFunc(candidates, func(a, b int) int { return rank[a] - rank[b] })
	}
	for _, i := range candidates {
		if len(out) == mostMatched {
			break
		}
		other := ws.All[i]
		its := other.Item.Place.Object
		switch {
		case other == wl, other == wl.borrowed, other.borrowed == wl,
			lookup.CompareNamespaces(own.Namespace, its.Namespace) != lookup.Same:
		case its.Name == own.Name && other.GroupKind() == wl.GroupKind():
			// Another version of the same object.
		case lookup.Matches(wl.Selector, other.Template.Labels) && !other.owned.Get(other.hasOwner):
			// What has an owner is made by it, such as the ReplicaSet of a Deployment.
			out = append(out, other)
		}
	}
	slices.SortStableFunc(out, func(a, b *Workload) int { return compareNames(a.Item, b.Item) })
	wl.also = out
	return out
}

// rankByName returns the position of each workload in the order of names.
func (ws *Workloads) rankByName() []int {
	order := make([]int, len(ws.All))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareNames(ws.All[a].Item, ws.All[b].Item) })
	rank := make([]int, len(order))
	for n, i := range order {
		rank[i] = n
	}
	return rank
}

// TargetRef refers to an object in the same namespace.
type TargetRef struct{ APIVersion, Kind, Name string }

// TargetKey identifies the object that a reference in a namespace means. The group extensions counts as apps.
type TargetKey struct{ group, kind, name, Namespace string }

// Key returns the key of a reference in a namespace.
func (r TargetRef) Key(namespace string) TargetKey {
	return TargetKey{workloadGroup(r.APIVersion), r.Kind, r.Name, namespace}
}

// indexKeys indexes the workloads by the references that they match.
func (ws *Workloads) indexKeys() {
	ws.byKey = make(map[TargetKey]*Workload, len(ws.All))
	for _, wl := range ws.All {
		ns := wl.Item.Place.Object.Namespace
		addKey(ws.byKey, wl, ns)
		addKey(ws.byKey, wl, model.NamespaceOf(ns))
	}
}

func addKey(to map[TargetKey]*Workload, wl *Workload, namespace string) {
	o := wl.Item.Place.Object
	if key := (TargetRef{o.APIVersion, o.Kind, o.Name}).Key(namespace); to[key] == nil {
		to[key] = wl
	}
}

// find returns the workload that an object refers to, or nil. It ignores the version, as the controller does. It prefers a
// workload in the namespace of the object to one that may end up there.
func (ws *Workloads) find(by *krm.Item, ref TargetRef) *Workload {
	ns := by.Place.Object.Namespace
	if wl := ws.byKey[ref.Key(model.NamespaceOf(ns))]; wl != nil || ns != "" {
		return cmp.Or(wl, ws.byKey[ref.Key("")])
	}
	if ws.byName == nil {
		ws.byName = map[TargetKey]*Workload{}
		for _, wl := range ws.All {
			addKey(ws.byName, wl, "")
		}
	}
	return ws.byName[ref.Key("")]
}

// sharingKey returns a key that is equal for all scalers with the same target.
func (s *Scaler) sharingKey() TargetKey {
	return TargetKey{model.Group(s.Ref.APIVersion), s.Ref.Kind, s.Ref.Name, s.Namespace()}
}
