package check

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// targetRef names an object from within another one of the same namespace.
type targetRef struct{ apiVersion, kind, name string }

// targetKey is what a reference to an object in a namespace means, with the group extensions counted as apps.
type targetKey struct{ group, kind, name, namespace string }

func (r targetRef) key(namespace string) targetKey {
	group := model.Group(r.apiVersion)
	if group == "extensions" {
		group = "apps"
	}
	return targetKey{group, r.kind, r.name, namespace}
}

// compare orders keys. Most differ in their names.
func (k targetKey) compare(o targetKey) int {
	if c := cmp.Compare(k.name, o.name); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(k.namespace, o.namespace), cmp.Compare(k.kind, o.kind), cmp.Compare(k.group, o.group))
}

// key is what references say that mean wl.
func (wl *workload) key() targetKey {
	o := wl.item.Place.Object
	return targetRef{o.APIVersion, o.Kind, o.Name}.key(o.Namespace)
}

// workloadSet is all workloads, and how they are found.
type workloadSet struct {
	all []*workload
	// byKey are the workloads in the order of what refers to them, anywhere the first of each name in any namespace, which
	// the keys do not state.
	byKey    []*workload
	anywhere once[map[targetKey]*workload]
	// labels finds workloads by the labels of their pods.
	labels *labelIndex
}

// sort sorts the workloads by their keys, and those of one key by their positions.
func (ws *workloadSet) sort() {
	ws.byKey = slices.Clone(ws.all)
	slices.SortStableFunc(ws.byKey, func(a, b *workload) int { return a.key().compare(b.key()) })
}

// find gives the workload that by refers to, or nil. The version does not matter, and one in the very namespace is
// preferred to one that may be in it.
func (ws *workloadSet) find(by *krm.Item, ref targetRef) *workload {
	ns := by.Place.Object.Namespace
	found := ws.targeted(ref.key(ns))
	if model.NamespaceOf(ns) == metav1.NamespaceDefault {
		found = first(ws.targeted(ref.key("")), ws.targeted(ref.key(metav1.NamespaceDefault)))
	}
	switch {
	case found != nil:
		return found
	case ns == "":
		return ws.anywhere.get(ws.findAnywhere)[ref.key("")]
	}
	return ws.targeted(ref.key(""))
}

// targeted is the first workload of a key, nil if there is none.
func (ws *workloadSet) targeted(key targetKey) *workload {
	i, ok := slices.BinarySearchFunc(ws.byKey, key, func(wl *workload, key targetKey) int { return wl.key().compare(key) })
	if !ok {
		return nil
	}
	return ws.byKey[i]
}

// findAnywhere finds the first workload of each name in any namespace.
func (ws *workloadSet) findAnywhere() map[targetKey]*workload {
	found := map[targetKey]*workload{}
	for _, wl := range ws.all {
		key := wl.key()
		key.namespace = ""
		if found[key] == nil {
			found[key] = wl
		}
	}
	return found
}

// first is the workload that comes first; one may be nil.
func first(a, b *workload) *workload {
	if a == nil || b != nil && b.number < a.number {
		return b
	}
	return a
}

// findTargets finds what every HPA scales, by which every workload is scaled, and which HPAs have one target.
func findTargets(g *graph) {
	for _, s := range g.scalers {
		s.target = g.workloads.find(s.item, s.ref)
		if s.target != nil && s.target.scaler == nil {
			s.target.scaler = s
		}
	}
	byTarget := slices.Clone(g.scalers)
	slices.SortStableFunc(byTarget, func(a, b *scaler) int { return a.sharingKey().compare(b.sharingKey()) })
	for len(byTarget) > 0 {
		key, n := byTarget[0].sharingKey(), 1
		for n < len(byTarget) && byTarget[n].sharingKey() == key {
			n++
		}
		for _, s := range byTarget[:n] {
			s.sharing = byTarget[:n]
		}
		byTarget = byTarget[n:]
	}
}

// sharingKey is the same for all HPAs that have one target.
func (s *scaler) sharingKey() targetKey {
	return targetKey{model.Group(s.ref.apiVersion), s.ref.kind, s.ref.name, s.namespace()}
}
