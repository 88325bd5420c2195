package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// index finds items by kind and by any of their names.
type index map[string][]*krm.Item

func (ix index) add(it *krm.Item) {
	kind, refs := it.Place.Object.Kind, it.Refs()
	ix[kind+"|*"] = append(ix[kind+"|*"], it)
	for i, r := range refs {
		k := key(kind, r)
		ix[k] = append(ix[k], it)
		if !slices.ContainsFunc(refs[:i], func(other model.Ref) bool { return other.Name == r.Name }) {
			k := kind + "|*|" + r.Name
			ix[k] = append(ix[k], it)
		}
	}
}

func key(kind string, r model.Ref) string {
	return kind + "|" + model.NamespaceOf(r.Namespace) + "|" + r.Name
}

// referrer is an item that refers to others.
type referrer struct {
	item *krm.Item
	// namespaces are the namespaces in which to look for the name, in order.
	namespaces []string
}

// find returns the item of a kind by its name, nil if there is none. A current name wins over names from before a renaming. If
// several items had the name, find prefers one that was renamed like the referrer. If several remain, the reference is
// ambiguous, which is a problem at its place.
func (ix index) find(kind, name string, from referrer, at model.Place, ps *model.Problems) *krm.Item {
	var all, like []*krm.Item
	for _, ns := range from.namespaces {
		for _, it := range ix[key(kind, model.Ref{Namespace: ns, Name: name})] {
			switch now := it.Ref(); {
			case now.Name == name && model.NamespaceOf(now.Namespace) == model.NamespaceOf(ns):
				return it
			case slices.Contains(all, it):
				continue
			case from.item != nil && it.RenamedLike(from.item):
				like = append(like, it)
			}
			all = append(all, it)
		}
	}
	if len(like) > 0 {
		all = like
	}
	slices.SortFunc(all, func(a, b *krm.Item) int { return strings.Compare(a.Ref().String(), b.Ref().String()) })
	if len(all) > 1 {
		ps.Valuef(model.InputReference, at, name, "%q is ambiguous: it matches %s and %s; use the current name of one of them",
			name, all[0].Place.Object, all[1].Place.Object)
	}
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// named returns the items of a kind that have a name, or had it before kustomize renamed them, in any namespace.
func (ix index) named(kind, name string) []*krm.Item { return ix[kind+"|*|"+name] }

// reference is a reference that resolves to nothing.
type reference struct {
	kind, name, namespace string
	// qualified means that the name includes the namespace, and qualifiable that it can.
	qualified, qualifiable bool
}

// missing reports a reference to nothing, and suggests the most likely name.
func (ix index) missing(r reference, at model.Place, ps *model.Problems) {
	var names, elsewhere []string
	for _, it := range ix[r.kind+"|*"] {
		now := it.Ref()
		switch {
		case model.NamespaceOf(now.Namespace) == model.NamespaceOf(r.namespace):
			names = append(names, now.Name)
		case now.Name == r.name:
			elsewhere = append(elsewhere, now.Namespace)
		}
	}
	slices.Sort(elsewhere)
	p := model.Problem{ID: model.InputReference, Severity: model.Error, Place: at, Value: r.name}
	p.Suggestion = krm.Suggest(r.name, names)
	if r.qualified {
		p.Value += "." + r.namespace
	}
	where := ""
	if r.namespace != "" {
		where = " in namespace " + r.namespace
	}
	hint := krm.DidYouMean(r.name, names)
	if len(elsewhere) > 0 {
		there := elsewhere[0]
		hint = fmt.Sprintf("; there is one in namespace %s", there)
		switch {
		case there == "":
			hint = fmt.Sprintf("; one sets no namespace, add namespace: %s to it", r.namespace)
		case r.qualifiable:
			p.Suggestion = r.name + "." + there
			hint += ", use " + p.Suggestion
		}
	}
	p.Message = fmt.Sprintf("the input has no %s %q%s%s", r.kind, r.name, where, hint)
	ps.Add(p)
}

// config finds the ConfigMap of configuration name for a referrer: the one in its own namespace, or in the operator's
// namespace, or the only one.
func (ix index) config(name string, from referrer, ps *model.Problems) *krm.Item {
	from.namespaces = append(slices.Clone(from.namespaces), systemNamespace)
	for _, ns := range from.namespaces {
		if it := ix.find("ConfigMap", name, referrer{from.item, []string{ns}}, from.item.Place, ps); it != nil {
			return it
		}
	}
	all := ix.named("ConfigMap", name)
	if len(all) == 1 {
		return all[0]
	}
	if len(all) > 1 {
		spaces := make([]string, len(all))
		for i, it := range all {
			spaces[i] = it.Place.Object.Namespace
		}
		slices.Sort(spaces)
		ps.Warnf(model.InputReference, from.item.Place,
			"%s exists in namespaces %s, but not in the namespace of this object or in %s, so the defaults apply; "+
				"add one to that namespace or to %s",
			name, strings.Join(spaces, " and "), systemNamespace, systemNamespace)
	}
	return nil
}

func namespacesOf(refs []model.Ref) []string {
	var all []string
	for _, r := range refs {
		if !slices.Contains(all, r.Namespace) {
			all = append(all, r.Namespace)
		}
	}
	return all
}
