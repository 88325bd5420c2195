package gen

import (
	"slices"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// apiDocuments are the OpenAPI documents of an API.
type apiDocuments struct {
	docs []*swagger.Document
	// operations are the operations of each document, if the gateway kind requires them.
	operations [][]swagger.Operation
	// files are the ConfigMaps that contain them.
	files    []*krm.Item
	problems model.Problems
}

// readDocuments reads the OpenAPI documents of all APIs, on all cores: they are most of the input.
func readDocuments(apis []apiInput, items index, opts options) []apiDocuments {
	all := make([]apiDocuments, len(apis))
	krm.Parallel(len(apis), func(i int) { all[i].read(apis[i], items, opts) })
	return all
}

func (d *apiDocuments) read(in apiInput, items index, opts options) {
	ps := &d.problems
	add := func(text string, at model.Place) {
		doc, more := swagger.Read(text, at)
		ps.Add(more...)
		if doc != nil {
			ps.Add(doc.Validate()...)
			if opts.gateway.operations {
				d.operations = append(d.operations, doc.Operations())
			}
			doc.Release()
			d.docs = append(d.docs, doc)
		}
	}
	for i, name := range in.files {
		at := in.specPlace.Child("swaggerFiles").Item(i)
		text, err := opts.readFile(name)
		if err != nil {
			ps.Errorf(model.InputFile, at, "cannot read %s: %v", name, err)
			continue
		}
		add(string(text), model.Place{File: name})
	}
	if in.short {
		return
	}
	names, at := in.spec.Definition.SwaggerConfigmapNames, in.specPlace.Child("definition").Child("swaggerConfigmapNames")
	if len(names) == 0 {
		ps.Errorf(model.InputRequired, at, "is missing; list the ConfigMaps that contain the OpenAPI documents")
	}
	for i, name := range names {
		at := at.Item(i)
		if slices.Contains(names[:i], name) {
			ps.Errorf(model.InputDuplicate, at, "%q is listed twice; remove one of them", name)
			continue
		}
		it := items.find("ConfigMap", name, in.referrer(), at, ps)
		if it == nil {
			items.missing(reference{kind: "ConfigMap", name: name, namespace: in.refs[0].Namespace}, at, ps)
			continue
		}
		d.files = append(d.files, it)
		data, more := configMapData(it)
		ps.Add(more...)
		if len(data) != 1 {
			ps.Errorf(model.InputValue, it.Place.Child("data"),
				"has %d keys; use one, which contains the OpenAPI document", len(data))
			continue
		}
		for k, text := range data {
			add(text, it.Place.Child("data").Child(k))
		}
	}
}

// apiMode returns the mode of the API, or the mode of its documents, or private jet.
func apiMode(in apiInput, docs []*swagger.Document, modes []string, ps *model.Problems) model.Mode {
	at := in.specPlace.Child("mode")
	mode := parseMode(in.spec.Mode, modes, at, ps)
	var stated *swagger.Document
	for _, d := range docs {
		if d.Mode == "" {
			continue
		}
		switch {
		case mode != "" && d.Mode != mode:
			ps.Warnf(model.SwaggerMode, at, "is %s, but x-wso2-mode in %s is %s; %s is used",
				mode, placeName(d.Place), d.Mode, mode)
		case mode == "" && stated != nil && d.Mode != stated.Mode:
			ps.Errorf(model.SwaggerMode, in.place, "x-wso2-mode is %s in %s and %s in %s; set spec.mode",
				stated.Mode, placeName(stated.Place), d.Mode, placeName(d.Place))
		}
		if stated == nil {
			stated = d
		}
	}
	if mode == "" && stated != nil {
		mode, at = stated.Mode, stated.Place
	}
	if mode == model.Serverless {
		ps.Errorf(model.OutputUnsupported, at,
			"serverless is not rendered; use privateJet, or the URL of your Knative Service in the OpenAPI document")
	}
	if mode != model.Sidecar {
		mode = model.PrivateJet
	}
	return mode
}

// placeName returns the name of a document for a message about another place.
func placeName(p model.Place) string {
	if p.Object == (model.Object{}) {
		return p.File
	}
	return p.Object.String()
}

// checkBasePaths reports a base path that two documents of one gateway share.
func checkBasePaths(docs []*swagger.Document, ps *model.Problems) {
	first := map[string]*swagger.Document{}
	for _, d := range docs {
		if d.BasePath == "" {
			continue
		}
		if other := first[d.BasePath]; other != nil {
			ps.Errorf(model.SwaggerBasePath, d.Place, "has the base path %s, as %s does; give each document its own", d.BasePath,
				placeName(other.Place))
			continue
		}
		first[d.BasePath] = d
	}
}
