package chain

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Workloads is all workloads, and how they are found.
type Workloads struct {
	All []*Workload
	// byKey are the workloads in the order of what refers to them, anywhere the first of each name in any namespace, which
	// the keys do not state.
	byKey    []*Workload
	anywhere lookup.Lazy[map[TargetKey]*Workload]
	// Labels finds workloads by the labels of their pods.
	Labels *lookup.Index
}

// AlsoMatched are the other workloads of the namespace whose pods the selector of wl matches.
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
	for _, i := range ws.Labels.Find(lookup.RequiredLabels(wl.Selector), spaces) {
		other := ws.All[i]
		its := other.Item.Place.Object
		switch {
		case other == wl, other == wl.borrowed, other.borrowed == wl,
			lookup.CompareNamespaces(own.Namespace, its.Namespace) != lookup.Same:
		case its.Name == own.Name && other.GroupKind() == wl.GroupKind():
			// Another version of the same object.
		case lookup.Matches(wl.Selector, other.Template.Labels) && other.Item.Field("metadata", "ownerReferences") == nil:
			// What has an owner is made by it, such as the ReplicaSet of a Deployment.
			out = append(out, other)
		}
	}
	wl.also = out
	return out
}

// TargetRef names an object from within another one of the same namespace.
type TargetRef struct{ APIVersion, Kind, Name string }

// TargetKey is what a reference to an object in a namespace means, with the group extensions counted as apps.
type TargetKey struct{ group, kind, name, Namespace string }

// Key is what r means in a namespace.
func (r TargetRef) Key(namespace string) TargetKey {
	return TargetKey{workloadGroup(r.APIVersion), r.Kind, r.Name, namespace}
}

// compare orders keys. Most differ in their names.
func (k TargetKey) compare(o TargetKey) int {
	if c := cmp.Compare(k.name, o.name); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(k.Namespace, o.Namespace), cmp.Compare(k.kind, o.kind), cmp.Compare(k.group, o.group))
}

// key is what references say that mean wl.
func (wl *Workload) key() TargetKey {
	o := wl.Item.Place.Object
	return TargetRef{o.APIVersion, o.Kind, o.Name}.Key(o.Namespace)
}

// sort sorts the workloads by their keys, and those of one key by their positions.
func (ws *Workloads) sort() {
	ws.byKey = slices.Clone(ws.All)
	slices.SortStableFunc(ws.byKey, func(a, b *Workload) int { return a.key().compare(b.key()) })
}

// find gives the workload that by refers to, or nil. The version does not matter, and one in the very namespace is
// preferred to one that may be in it.
func (ws *Workloads) find(by *krm.Item, ref TargetRef) *Workload {
	ns := by.Place.Object.Namespace
	found := ws.targeted(ref.Key(ns))
	if model.NamespaceOf(ns) == metav1.NamespaceDefault {
		found = first(ws.targeted(ref.Key("")), ws.targeted(ref.Key(metav1.NamespaceDefault)))
	}
	switch {
	case found != nil:
		return found
	case ns == "":
		return ws.anywhere.Get(ws.findAnywhere)[ref.Key("")]
	}
	return ws.targeted(ref.Key(""))
}

// targeted is the first workload of a key, nil if there is none.
func (ws *Workloads) targeted(key TargetKey) *Workload {
	i, ok := slices.BinarySearchFunc(ws.byKey, key, func(wl *Workload, key TargetKey) int { return wl.key().compare(key) })
	if !ok {
		return nil
	}
	return ws.byKey[i]
}

// findAnywhere finds the first workload of each name in any namespace.
func (ws *Workloads) findAnywhere() map[TargetKey]*Workload {
	found := map[TargetKey]*Workload{}
	for _, wl := range ws.All {
		key := wl.key()
		key.Namespace = ""
		if found[key] == nil {
			found[key] = wl
		}
	}
	return found
}

// sharingKey is the same for all HPAs that have one target.
func (s *Scaler) sharingKey() TargetKey {
	return TargetKey{model.Group(s.Ref.APIVersion), s.Ref.Kind, s.Ref.Name, s.Namespace()}
}
