package gen

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// source is everything that was read, before any reference is followed. Nothing changes it once it was read.
type source struct {
	scope     scope
	apis      []apiInput
	endpoints []endpointInput
	// items finds what can be referred to by name.
	items index
	// inputs are the objects of our kinds for which this run is responsible.
	inputs []*krm.Item
	// kustomize tells that kustomize runs the program.
	kustomize bool
	// fragments are ConfigMaps with rules for the adapter that other runs rendered.
	fragments []*krm.Item
	// elsewhere tells that there are inputs for which another run is responsible.
	elsewhere bool
	// renamed are the APIs and TargetEndpoints that had other names before kustomize renamed them.
	renamed []*krm.Item
}

// apiInput is an API, as an object or in short in the functionConfig.
type apiInput struct {
	// item is the object, or the functionConfig.
	item *krm.Item
	// refs are the names by which the API may be known, the present one first.
	refs []model.Ref
	// place is that of the object, namePlace and specPlace where its name and the fields of apiSpec stand.
	place, namePlace, specPlace model.Place
	spec                        apiSpec
	// short tells that the API stands in the functionConfig; files are its OpenAPI documents.
	short bool
	files []string
}

// referrer is the API as one that refers to other objects.
func (in apiInput) referrer() referrer { return referrer{in.item, namespacesOf(in.refs)} }

func (in apiInput) object() model.Object {
	return model.Object{Kind: "API", Namespace: in.refs[0].Namespace, Name: in.refs[0].Name}
}

type endpointInput struct {
	item *krm.Item
	spec targetEndpointSpec
	// elsewhere tells that another run renders it.
	elsewhere bool
}

// referrer is the TargetEndpoint as one that refers to other objects.
func (in endpointInput) referrer() referrer { return referrer{in.item, namespacesOf(in.item.Refs())} }

// read sorts the items by what they are and decodes the APIs and TargetEndpoints among them.
func read(in Input, opts options) (source, model.Problems) {
	src := source{scope: newScope(in.Items, in.Config), items: index{}, kustomize: inKustomize(in.Items, in.Config)}
	src.fragments = ruleFragments(in.Items, src.scope)
	more, ps := readResourceFiles(in.Items, opts)
	for _, it := range withoutDuplicates(slices.Concat(in.Items, more), &ps) {
		src.items.add(it)
		src.readObject(it, &ps)
	}
	for i, short := range opts.apis {
		src.apis = append(src.apis, expandShorthand(short, opts, i, &ps))
	}
	slices.SortStableFunc(src.apis, func(a, b apiInput) int { return strings.Compare(a.refs[0].String(), b.refs[0].String()) })
	src.apis = slices.CompactFunc(src.apis, func(a, b apiInput) bool {
		same := identity(a.object()) == identity(b.object())
		if same {
			ps.Errorf(model.InputDuplicate, b.namePlace, "%s stands twice, as an object or in short; remove one of them", b.object())
		}
		return same
	})
	slices.SortFunc(src.endpoints, func(a, b endpointInput) int {
		return strings.Compare(a.item.Ref().String(), b.item.Ref().String())
	})
	src.findRenamed()
	return src, ps
}

// findRenamed lists what kustomize renamed, in the order of the names.
func (src *source) findRenamed() {
	add := func(it *krm.Item) {
		if len(it.Refs()) > 1 {
			src.renamed = append(src.renamed, it)
		}
	}
	for _, a := range src.apis {
		add(a.item)
	}
	for _, e := range src.endpoints {
		add(e.item)
	}
}

// isInput tells whether an object is one of the kinds that this program reads.
func isInput(o model.Object) bool {
	switch model.Group(o.APIVersion) {
	case "wso2.com":
		return o.Kind == "API" || o.Kind == "TargetEndpoint"
	case group:
		return true
	}
	return false
}

func (src *source) readObject(it *krm.Item, ps *model.Problems) {
	o := it.Place.Object
	if !isInput(o) {
		return
	}
	checkDigest(it, ps)
	elsewhere := src.scope.elsewhere(it)
	if elsewhere {
		src.elsewhere = true
	} else {
		src.inputs = append(src.inputs, it)
	}
	if model.Group(o.APIVersion) == group || elsewhere && o.Kind == "API" {
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
	unknownAnnotations(it, ps)
	if o.Kind == "API" {
		var api apiObject
		ps.Add(krm.Decode(it.Node(), it.Place, &api)...)
		src.apis = append(src.apis, apiInput{
			item: it, refs: it.Refs(), place: it.Place, namePlace: meta.Child("name"), specPlace: it.Place.Child("spec"),
			spec: api.Spec,
		})
		return
	}
	var te targetEndpointObject
	ps.Add(it.Decode(&te)...)
	src.endpoints = append(src.endpoints, endpointInput{it, te.Spec, elsewhere})
}

// expandShorthand makes an API of its short form in the functionConfig.
func expandShorthand(short apiShorthand, opts options, i int, ps *model.Problems) apiInput {
	at := opts.fields.Child("apis").Item(i)
	if opts.config.Place.Object.Kind == "ConfigMap" {
		at = opts.fields
	}
	ref := model.Ref{Namespace: short.Namespace, Name: short.Name}
	api := apiInput{
		item: opts.config, refs: []model.Ref{ref}, place: at, namePlace: at.Child("name"), specPlace: at,
		short: true, files: short.SwaggerFiles,
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

// unknownAnnotations reports annotations of ours that mean nothing.
func unknownAnnotations(it *krm.Item, ps *model.Problems) {
	for k := range it.Annotations {
		if prefix, _, _ := strings.Cut(k, "/"); prefix == group && !slices.Contains(annotations, k) {
			ps.Warnf(model.InputField, annotation(it, k), "unknown annotation has no effect%s", krm.DidYouMean(k, annotations))
		}
	}
}

// readResourceFiles reads the files that the functionConfig names. What is among the items already is left out: kpt and
// krm-fn render hand over all files of a package.
func readResourceFiles(have []*krm.Item, opts options) ([]*krm.Item, model.Problems) {
	var items []*krm.Item
	var ps model.Problems
	known := map[objectID]bool{}
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
		docs, more := krm.ParseAll(string(text), model.Place{File: name, Line: 1})
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
