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

// source is everything that was read, before any reference is followed.
type source struct {
	apis      []apiInput
	endpoints []endpointInput
	// items finds what can be referred to by name.
	items index
	// inputs are the items that must not reach a cluster.
	inputs map[*krm.Item]bool
}

type apiInput struct {
	// item is the API object, or the functionConfig that has the API in short.
	item *krm.Item
	// refs are the names by which the API may be known, the present one first.
	refs  []model.Ref
	place model.Place
	// spec is where the fields of an apiSpec stand.
	specPlace model.Place
	spec      apiSpec
	// files are the OpenAPI documents of an API in short.
	files []string
	// annotations and labels are those of the object.
	annotations, labels map[string]string
}

// referrer is the API as one that refers to other objects.
func (in apiInput) referrer() referrer { return referrer{in.item, namespacesOf(in.refs)} }

type endpointInput struct {
	item *krm.Item
	spec targetEndpointSpec
}

// read sorts the items by what they are and decodes the APIs and TargetEndpoints among them.
func read(in Input, opts options) (source, model.Problems) {
	src := source{items: index{}, inputs: map[*krm.Item]bool{}}
	more, ps := readResourceFiles(in.Items, opts)
	for _, it := range withoutDuplicates(slices.Concat(in.Items, more), &ps) {
		src.items.add(it)
		src.readObject(it, &ps)
	}
	for i, short := range opts.apis {
		src.apis = append(src.apis, expandShorthand(short, opts, i, &ps))
	}
	slices.SortFunc(src.apis, func(a, b apiInput) int { return strings.Compare(a.refs[0].String(), b.refs[0].String()) })
	slices.SortFunc(src.endpoints, func(a, b endpointInput) int {
		return strings.Compare(a.item.Ref().String(), b.item.Ref().String())
	})
	return src, ps
}

func apiGroup(apiVersion string) string {
	g, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return g
}

// isInput tells whether an object is one of the kinds that this program reads.
func isInput(o model.Object) bool {
	switch apiGroup(o.APIVersion) {
	case "wso2.com":
		return o.Kind == "API" || o.Kind == "TargetEndpoint"
	case group:
		return true
	}
	return false
}

// withoutDuplicates gives the items that an earlier run has not rendered or finished with, one of each identity. It
// reports inputs and ConfigMaps that are among the items more than once.
func withoutDuplicates(items []*krm.Item, ps *model.Problems) []*krm.Item {
	same := map[string][]*krm.Item{}
	for _, it := range items {
		if Owner(it) == "" && it.Annotations[renderedAnnotation] == "" {
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
		if o := twins[0].Place.Object; !isInput(o) && o.Kind != "ConfigMap" {
			continue
		}
		also := ""
		if first := twins[0].Place; first.File != "" {
			also = fmt.Sprintf(", also in document %d of %s", first.Index, first.File)
		}
		ps.Errorf(model.InputDuplicate, twins[1].Place, "stands twice among the items%s; remove or rename one of them", also)
	}
	var out []*krm.Item
	for _, it := range items {
		if twins := same[identity(it.Place.Object)]; len(twins) > 0 && twins[0] == it {
			out = append(out, it)
		}
	}
	return out
}

func (src *source) readObject(it *krm.Item, ps *model.Problems) {
	o := it.Place.Object
	if !isInput(o) {
		return
	}
	src.inputs[it] = true
	if apiGroup(o.APIVersion) == group {
		return
	}
	if o.APIVersion != "wso2.com/v1alpha1" {
		ps.Errorf(model.OutputUnsupported, it.Place.Child("apiVersion"),
			"%s is not that of the operator 1.2; write wso2.com/v1alpha1", o.APIVersion)
		return
	}
	meta := it.Place.Child("metadata")
	checkName(o.Name, meta.Child("name"), ps)
	checkNamespace(o.Namespace, meta.Child("namespace"), ps)
	if o.Kind == "API" {
		var api apiObject
		ps.Add(krm.Decode(it.Node, it.Place, &api)...)
		src.apis = append(src.apis, apiInput{
			item: it, refs: it.Refs(), place: it.Place, specPlace: it.Place.Child("spec"),
			spec: api.Spec, annotations: it.Annotations, labels: it.Labels,
		})
		return
	}
	var te targetEndpointObject
	ps.Add(krm.Decode(it.Node, it.Place, &te)...)
	src.endpoints = append(src.endpoints, endpointInput{item: it, spec: te.Spec})
}

// expandShorthand makes an API of its short form in the functionConfig.
func expandShorthand(short apiShorthand, opts options, i int, ps *model.Problems) apiInput {
	at := opts.fields.Child("apis").Item(i)
	if opts.config.Place.Object.Kind == "ConfigMap" {
		at = opts.fields
	}
	ref := model.Ref{Namespace: short.Namespace, Name: short.Name}
	api := apiInput{
		item: opts.config, refs: []model.Ref{ref}, place: at, specPlace: at, files: short.SwaggerFiles,
		spec: apiSpec{Mode: short.Mode, Replicas: short.Replicas, Image: short.Image, Version: short.Version},
	}
	if short.Name == "" {
		ps.Errorf(model.InputRequired, at.Child("name"), "is missing; write the name of the API")
	} else {
		checkName(short.Name, at.Child("name"), ps)
	}
	checkNamespace(short.Namespace, at.Child("namespace"), ps)
	if len(short.SwaggerFiles) == 0 {
		ps.Errorf(model.InputRequired, at.Child("swaggerFiles"), "is missing; list the OpenAPI files of the API")
	}
	return api
}

// readResourceFiles reads the files that the functionConfig names. What is among the items already is left out: kpt and
// krm-fn render hand over all files of a package.
func readResourceFiles(have []*krm.Item, opts options) ([]*krm.Item, model.Problems) {
	var items []*krm.Item
	var ps model.Problems
	known := map[string]bool{}
	for _, it := range have {
		known[identity(it.Place.Object)] = true
	}
	for i, name := range opts.resourceFiles {
		at := opts.fields.Child("resourceFiles").Item(i)
		text, err := opts.readFile(name)
		if err != nil {
			ps.Errorf(model.InputFile, at, "cannot read %s: %v", name, err)
			continue
		}
		docs, more := krm.ParseAll(text, model.Place{File: name, Line: 1})
		ps.Add(more...)
		for _, doc := range docs {
			it := krm.NewItem(doc.Root)
			it.Place.File, it.Place.Index = name, doc.Index
			o := it.Place.Object
			if known[identity(o)] {
				continue
			}
			if !isInput(o) && o.Kind != "ConfigMap" {
				ps.Infof(model.InputIgnored, it.Place,
					"only APIs, TargetEndpoints and ConfigMaps are read from resourceFiles; this is left out")
				continue
			}
			items = append(items, it)
		}
	}
	return items, ps
}

// index finds items by kind and by any of their names.
type index map[string][]*krm.Item

func (ix index) add(it *krm.Item) {
	for _, r := range it.Refs() {
		k := key(it.Place.Object.Kind, r)
		ix[k] = append(ix[k], it)
	}
	k := it.Place.Object.Kind + "|*"
	ix[k] = append(ix[k], it)
}

func key(kind string, r model.Ref) string { return kind + "|" + defaulted(r.Namespace) + "|" + r.Name }

// defaulted is the namespace where kubectl puts an object that states none.
func defaulted(namespace string) string {
	if namespace == "" {
		return "default"
	}
	return namespace
}

// referrer is who refers to something.
type referrer struct {
	item *krm.Item
	// namespaces are where the name is looked for, in order.
	namespaces []string
}

// find gives the item of a kind by its name, nil if there is none. A present name wins over names from before a
// renaming. Of several that had the name, that one is meant which was renamed like the referrer; which one remains
// unclear is a problem at the place of the reference.
func (ix index) find(kind, name string, from referrer, at model.Place, ps *model.Problems) *krm.Item {
	var all, like []*krm.Item
	for _, ns := range from.namespaces {
		for _, it := range ix[key(kind, model.Ref{Namespace: ns, Name: name})] {
			switch now := it.Ref(); {
			case now.Name == name && defaulted(now.Namespace) == defaulted(ns):
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
	if len(all) > 1 {
		ps.Valuef(model.InputReference, at, name, "%q may be %s or %s; write the present name of one", name,
			all[0].Place.Object, all[1].Place.Object)
	}
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// named gives all items of a kind that have, or had, a name, in a stable order.
func (ix index) named(kind, name string) []*krm.Item {
	var items []*krm.Item
	for _, it := range ix[kind+"|*"] {
		if slices.ContainsFunc(it.Refs(), func(r model.Ref) bool { return r.Name == name }) {
			items = append(items, it)
		}
	}
	return items
}

// names lists the present names of a kind in a namespace and, with their namespace, those of other namespaces.
func (ix index) names(kind, namespace string) []string {
	var names []string
	for _, it := range ix[kind+"|*"] {
		now := it.Ref()
		if defaulted(now.Namespace) == defaulted(namespace) {
			names = append(names, now.Name)
		} else {
			names = append(names, now.Name+"."+now.Namespace)
		}
	}
	slices.Sort(names)
	return names
}

// config finds the ConfigMap of configuration name for a referrer: that in its own namespace, else that of the operator's
// namespace, else the only one.
func (src *source) config(name string, from referrer, ps *model.Problems) *krm.Item {
	from.namespaces = append(slices.Clone(from.namespaces), systemNamespace)
	for _, ns := range from.namespaces {
		if it := src.items.find("ConfigMap", name, referrer{from.item, []string{ns}}, from.item.Place, ps); it != nil {
			return it
		}
	}
	if all := src.items.named("ConfigMap", name); len(all) == 1 {
		return all[0]
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
