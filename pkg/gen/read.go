package gen

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// source is everything that read returns, before any reference is followed. Nothing changes it afterwards.
type source struct {
	scope     scope
	apis      []apiInput
	endpoints []endpointInput
	// items finds objects by name.
	items index
	// inputs are the objects of our kinds that this run renders; others are those of them that only some gateway kinds read.
	inputs, others []*krm.Item
	// all are the items of the run.
	all []*krm.Item
	// adopts means that the metrics of a scaler in the input need what this run renders.
	adopts bool
	// kustomize means that kustomize runs krm-fn.
	kustomize bool
	// fragments are ConfigMaps with adapter rules that other runs rendered.
	fragments []*krm.Item
	// elsewhere means that other runs render some of the inputs.
	elsewhere bool
	// renamed are the APIs and TargetEndpoints that kustomize renamed.
	renamed []*krm.Item
}

// apiInput is an API: an object, or a shorthand in the functionConfig.
type apiInput struct {
	// item is the object, or the functionConfig.
	item *krm.Item
	// refs are all names of the API, the current one first.
	refs []model.Ref
	// place is the place of the object; namePlace and specPlace are the places of its name and of the fields of apiSpec.
	place, namePlace, specPlace model.Place
	spec                        apiSpec
	// short means that the API is in the functionConfig; files are its OpenAPI documents.
	short bool
	files []string
}

// referrer returns the API as a referrer to other objects.
func (in apiInput) referrer() referrer { return referrer{in.item, namespacesOf(in.refs)} }

func (in apiInput) object() model.Object {
	return model.Object{Kind: "API", Namespace: in.refs[0].Namespace, Name: in.refs[0].Name}
}

type endpointInput struct {
	item *krm.Item
	spec targetEndpointSpec
	// elsewhere means that another run renders it.
	elsewhere bool
}

// referrer returns the TargetEndpoint as a referrer to other objects.
func (in endpointInput) referrer() referrer { return referrer{in.item, namespacesOf(in.item.Refs())} }

// read indexes the items, and decodes the APIs and TargetEndpoints.
func read(in Input, opts options) (source, model.Problems) {
	src := source{all: in.Items, scope: newScope(in.Items), items: index{}, kustomize: inKustomize(in.Items, in.Config)}
	src.fragments = ruleFragments(in.Items, src.scope)
	more, ps := readResourceFiles(in.Items, opts)
	for _, it := range withoutDuplicates(slices.Concat(in.Items, more), &ps) {
		src.items.add(it)
		src.readObject(it, &ps)
		src.readScaler(it, &opts, &ps)
	}
	for i, short := range opts.apis {
		src.apis = append(src.apis, expandShorthand(short, opts, i, &ps))
	}
	slices.SortStableFunc(src.apis, func(a, b apiInput) int { return strings.Compare(a.refs[0].String(), b.refs[0].String()) })
	src.apis = slices.CompactFunc(src.apis, func(a, b apiInput) bool {
		same := identity(a.object()) == identity(b.object())
		if same {
			ps.Errorf(model.InputDuplicate, b.namePlace,
				"%s is defined twice, as an object or in shorthand; remove one of them", b.object())
		}
		return same
	})
	slices.SortFunc(src.endpoints, func(a, b endpointInput) int {
		return strings.Compare(a.item.Ref().String(), b.item.Ref().String())
	})
	src.findRenamed()
	return src, ps
}

// findRenamed lists the inputs that kustomize renamed, sorted by name.
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

func (src *source) readObject(it *krm.Item, ps *model.Problems) {
	o := it.Place.Object
	elsewhere := src.scope.elsewhere(it)
	if !isInput(o) {
		checkKind(it, ps)
		if !isConfigMap(it) && !elsewhere && Owner(it) == "" {
			checkAnnotations(it, ps)
		}
		return
	}
	checkDigest(it, ps)
	if elsewhere {
		src.elsewhere = true
	} else {
		src.inputs = append(src.inputs, it)
	}
	if elsewhere && o.Kind != "TargetEndpoint" {
		return
	}
	checkAnnotations(it, ps)
	if model.Group(o.APIVersion) == group {
		return
	}
	if o.APIVersion != operatorVersion {
		ps.Errorf(model.OutputUnsupported, it.Place.Child("apiVersion"),
			"%s is not the version of the operator 1.2; use %s", o.APIVersion, operatorVersion)
		return
	}
	if o.Kind != "API" && o.Kind != "TargetEndpoint" {
		src.others = append(src.others, it)
		return
	}
	meta := it.Place.Child("metadata")
	checkName(o.Name, meta.Child("name"), ps)
	checkNamespace(o.Namespace, meta.Child("namespace"), ps)
	if o.Kind == "API" {
		var api customResource[apiSpec]
		ps.Add(krm.Decode(it.Node(), it.Place, &api)...)
		src.apis = append(src.apis, apiInput{
			item: it, refs: it.Refs(), place: it.Place, namePlace: meta.Child("name"), specPlace: it.Place.Child("spec"),
			spec: api.Spec,
		})
		return
	}
	var te customResource[targetEndpointSpec]
	ps.Add(it.Decode(&te)...)
	src.endpoints = append(src.endpoints, endpointInput{it, te.Spec, elsewhere})
}

// expandShorthand converts a shorthand in the functionConfig to an API.
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
		ps.Errorf(model.InputRequired, at.Child("name"), "is missing; set the name of the API")
	} else {
		checkName(short.Name, at.Child("name"), ps)
	}
	checkNamespace(short.Namespace, at.Child("namespace"), ps)
	if len(short.SwaggerFiles) == 0 {
		ps.Errorf(model.InputRequired, at.Child("swaggerFiles"), "is missing; list the OpenAPI files of the API")
	}
	return api
}

// readResourceFiles reads the files that the functionConfig names. It skips objects that are already in the input: kpt and
// krm-fn render pass all files of a package.
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
				checkKind(it, &ps)
				ps.Infof(model.InputIgnored, it.Place,
					"only APIs, TargetEndpoints, and ConfigMaps are read from resourceFiles; this object is ignored")
				continue
			}
			items = append(items, it)
		}
	}
	return items, ps
}
