package gen

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// kustomizeID is on every item that kustomize passes to a function, and only there.
const kustomizeID = "kustomize.config.k8s.io/id"

// clashes returns the origins of the objects by their identities, and a problem for each object that has the identity of another
// one, or of an item that somebody else wrote.
func clashes(
	objects []object, items []*krm.Item, s scope, merged map[*krm.Item]bool,
) (map[objectID]*origin, model.Problems) {
	var ps model.Problems
	from := make(map[objectID]*origin, len(objects))
	for _, o := range objects {
		id := identity(o.id())
		if other := from[id]; other != nil {
			ps.Errorf(model.OutputConflict, model.Place{Object: o.id()}, "is rendered from %s and from %s; rename one of them",
				other.source, o.origin.source)
		}
		from[id] = o.origin
	}
	for _, it := range items {
		if (Owner(it) != "" && !s.elsewhere(it)) || merged[it] {
			continue
		}
		if o := from[identity(it.Place.Object)]; o != nil {
			ps.Errorf(model.OutputConflict, it.Place,
				"has the identity of an object that is rendered from %s; rename one of them, or remove this one", o.source)
		}
	}
	return from, ps
}

// objectID identifies an object for an API server, which ignores the version.
type objectID struct{ group, kind, namespace, name string }

func identity(o model.Object) objectID {
	return objectID{model.Group(o.APIVersion), o.Kind, model.NamespaceOf(o.Namespace), o.Name}
}

// merged are the output items.
type merged struct {
	items, rendered []*krm.Item
	// local are the indexes of the items to mark as local configuration.
	local []int
}

// merge returns the output items. Objects of an earlier run that are rendered again are replaced, but keep their files. Objects
// that this function configuration no longer renders are dropped.
func (d decisions) merge(in Input, objects []object, rendered map[objectID]*origin, s scope, owner string) merged {
	out := merged{rendered: make([]*krm.Item, 0, len(objects))}
	before := map[objectID]*krm.Item{}
	for _, it := range in.Items {
		madeBy := Owner(it)
		id := identity(it.Place.Object)
		switch {
		case d.merged[it] && rendered[id] != nil && it.Annotations[kustomizeID] != "":
			// kustomize accepts only one object per identity, even for local configuration.
			before[id] = it
			continue
		case d.merged[it], d.local[it] && !s.elsewhere(it):
			if in.WithoutInputs {
				continue
			}
			out.local = append(out.local, len(out.items))
		case s.elsewhere(it):
		case madeBy != "" && rendered[id] != nil:
			before[id] = it
			continue
		case madeBy == owner:
			continue
		case d.checksums[it] != "":
			sum := d.checksums[it]
			it = it.Clone()
			it.AnnotateTemplate(checksumAnnotation, sum)
		}
		out.items = append(out.items, it)
	}
	hasFiles := slices.ContainsFunc(in.Items, func(it *krm.Item) bool { return it.FilePath() != "" })
	var place krm.Placer
	for i, o := range objects {
		if i == 0 || o.origin != objects[i-1].origin {
			place = placer(o.origin, s.root)
		}
		if old := before[identity(o.id())]; old != nil {
			o.KeepPlace(old)
		} else if hasFiles {
			o.SetPlace(place)
		}
		out.rendered = append(out.rendered, o.Item)
	}
	out.items = append(out.items, out.rendered...)
	return out
}

// applied returns the items that go to the cluster.
func (m *merged) applied() []*krm.Item {
	all, local := make([]*krm.Item, 0, len(m.items)-len(m.local)), m.local
	for i, it := range m.items {
		if len(local) > 0 && local[0] == i {
			local = local[1:]
			continue
		}
		all = append(all, it)
	}
	return all
}

// markLocal replaces inputs with copies that are marked as local configuration. The marks keep them out of clusters, and stop the
// function of an outer kustomization from reading them again.
func (m *merged) markLocal() {
	krm.Parallel(len(m.local), func(i int) {
		it := &m.items[m.local[i]]
		*it = (*it).Clone()
		(*it).MarkLocal()
		if (*it).Annotations[kustomizeID] != "" {
			(*it).Annotate(renderedAnnotation, digest(*it))
		}
	})
}

// placer places the objects of an origin: in their own directory next to the file of their input.
func placer(from *origin, root string) krm.Placer {
	return func(o model.Object) (file, packagePath string) {
		return path.Join(path.Dir(from.path), "rendered", FileName(o)), cmp.Or(from.packagePath, root)
	}
}

// FileName returns the file name for an object.
func FileName(o model.Object) string {
	parts := []string{strings.ToLower(o.Kind)}
	if o.Namespace != "" {
		parts = append(parts, o.Namespace)
	}
	return strings.Join(append(parts, o.Name), "_") + ".yaml"
}

func originOf(it *krm.Item) origin {
	return origin{
		source: it.Place.Object, path: it.FilePath(),
		packagePath: it.Annotations[krm.PackagePathAnnotation],
	}
}

// Owner names the function configuration that rendered an object, "" if none did.
func Owner(it *krm.Item) string { return it.Annotations[ownerAnnotation] }
