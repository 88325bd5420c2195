package gen

import (
	"cmp"
	"slices"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// apiDocuments are the OpenAPI documents of an API.
type apiDocuments struct {
	docs []*swagger.Document
	// operations and described are the operations and the rest of each document, if the gateway kind requires them.
	operations [][]swagger.Operation
	described  []description
	// files are the ConfigMaps that contain them.
	files    []*krm.Item
	problems model.Problems
}

// readDocuments reads the OpenAPI documents of all APIs, on all cores: they are most of the input.
func readDocuments(apis []apiInput, kinds []*gatewayKind, items index, opts options) []apiDocuments {
	all := make([]apiDocuments, len(apis))
	krm.Parallel(len(apis), func(i int) { all[i].read(apis[i], kinds[i], items, opts) })
	return all
}

func (d *apiDocuments) read(in apiInput, kind *gatewayKind, items index, opts options) {
	ps := &d.problems
	add := func(text string, at model.Place) {
		doc, more := swagger.Read(text, at)
		ps.Add(more...)
		if doc != nil {
			ps.Add(doc.Validate()...)
			if kind.operations {
				d.operations = append(d.operations, doc.Operations())
				d.described = append(d.described, description{doc.SecuritySchemes(), doc.Extensions(), doc.Security()})
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

// apiMode returns the mode of an API by the rules of the operator (EpDeployMode, pkg/swagger/extensions.go): x-wso2-mode of its
// only document, or spec.mode. Several documents have spec.mode. The default is private jet.
func apiMode(in apiInput, docs []*swagger.Document, modes []string, ps *model.Problems) model.Mode {
	at := in.specPlace.Child("mode")
	stated := parseMode(in.spec.Mode, modes, at, ps)
	mode := cmp.Or(stated, model.PrivateJet)
	several := len(in.files)+len(in.spec.Definition.SwaggerConfigmapNames) > 1
	for _, d := range docs {
		switch {
		case d.Mode == "":
		case several && backendMode(d.Mode) != backendMode(mode):
			ps.Warnf(model.SwaggerMode, d.Place.Child("x-wso2-mode"),
				"is %s, but %s is used: with several documents, only the mode of %s counts", d.Mode, mode, in.object())
		case !several:
			if stated != "" && backendMode(d.Mode) != backendMode(stated) {
				ps.Warnf(model.SwaggerMode, at, "is %s, but x-wso2-mode in %s is %s; %s is used, because a single document takes "+
					"precedence", stated, placeName(d.Place), d.Mode, d.Mode)
			}
			mode, at = d.Mode, d.Place
		}
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

// backendMode returns the mode of the backends: for them, shared mode is private jet mode.
func backendMode(m model.Mode) model.Mode {
	if m == model.Shared {
		return model.PrivateJet
	}
	return m
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
