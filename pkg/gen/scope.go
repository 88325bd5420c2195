package gen

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// scope defines which items a run renders, and which are up to another run: that of an inner kustomization, whose inputs are
// marked, or of a nested kpt package that calls krm-fn itself. References to such inputs work, and the objects that were
// rendered from them stay unchanged.
type scope struct {
	// root is the path of the kpt package of the run, "" outside kpt.
	root string
	// others are the paths of nested packages that call krm-fn themselves.
	others []string
}

// packagePath returns the path of the kpt package of a run, "" outside kpt. kpt sets it on every item of the package and of its
// subpackages, whatever their files say, but not on the functionConfig (LocalPackageReader and newFnConfig in kpt's internal/pkg
// and internal/fnruntime). A run gets no items from parent packages, so it is the path that contains all others.
func packagePath(items []*krm.Item) string {
	shortest := ""
	for _, it := range items {
		p := it.Annotations[krm.PackagePathAnnotation]
		if p != "" && (shortest == "" || len(p) < len(shortest) || len(p) == len(shortest) && p < shortest) {
			shortest = p
		}
	}
	return shortest
}

func newScope(items []*krm.Item) scope {
	s := scope{root: packagePath(items)}
	for _, it := range items {
		if p := it.Annotations[krm.PackagePathAnnotation]; p != s.root && callsUs(it) && !slices.Contains(s.others, p) {
			s.others = append(s.others, p)
		}
	}
	return s
}

// callsUs reports whether an item of a kpt package shows that the package runs krm-fn: as a function configuration, or in the
// pipeline of its Kptfile.
func callsUs(it *krm.Item) bool {
	o := it.Place.Object
	if o.Kind != "Kptfile" || model.Group(o.APIVersion) != "kpt.dev" {
		return model.Group(o.APIVersion) == group
	}
	mutators := krm.Get(krm.Get(it.Node(), "pipeline"), "mutators")
	if krm.IsNull(mutators) {
		return false
	}
	for _, m := range mutators.Content {
		if strings.Contains(krm.Text(m, "exec")+krm.Text(m, "image"), managedBy) {
			return true
		}
	}
	return false
}

// elsewhere reports whether another run renders it.
func (s scope) elsewhere(it *krm.Item) bool {
	if it.Annotations[renderedAnnotation] != "" || Owner(it) != "" && it.Annotations[kustomizeID] != "" {
		return true
	}
	path := it.Annotations[krm.PackagePathAnnotation]
	return slices.ContainsFunc(s.others, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// checkDigest reports an input that was changed after an inner kustomization rendered it: the change has no effect.
func checkDigest(it *krm.Item, ps *model.Problems) {
	if was := it.Annotations[renderedAnnotation]; was != "" && was != digest(it) {
		ps.Errorf(model.InputRendered, it.Place,
			"was changed after an inner kustomization rendered it; move the transformer to the kustomization that changes it")
	}
}

// digest returns the digest of everything that is read from an input, except for its metadata.
func digest(it *krm.Item) string {
	return krm.Digest(krm.Get(it.Node(), "spec"), krm.Get(it.Node(), "data"))
}

// withoutDuplicates returns the items that are not rendered, one of each identity. It reports inputs and ConfigMaps that appear
// more than once. It ignores other configurations of krm-fn.
func withoutDuplicates(items []*krm.Item, ps *model.Problems) []*krm.Item {
	same := make(map[objectID][]*krm.Item, len(items))
	for _, it := range items {
		if Owner(it) == "" {
			id := identity(it.Place.Object)
			same[id] = append(same[id], it)
		}
	}
	for _, twins := range same {
		if len(twins) == 1 {
			continue
		}
		slices.SortFunc(twins, func(a, b *krm.Item) int {
			return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Index, b.Place.Index),
				bytes.Compare(a.Text(), b.Text()))
		})
		o := twins[0].Place.Object
		if model.Group(o.APIVersion) == group || !isInput(o) && o.Kind != "ConfigMap" {
			continue
		}
		also := ""
		if first := twins[0].Place; first.File != "" {
			also = fmt.Sprintf(", also in document %d of %s", first.Index, first.File)
		}
		ps.Errorf(model.InputDuplicate, twins[1].Place, "is in the input twice%s; remove or rename one of them", also)
	}
	var out []*krm.Item
	for _, it := range items {
		if twins := same[identity(it.Place.Object)]; len(twins) > 0 && twins[0] == it {
			out = append(out, it)
		}
	}
	return out
}
