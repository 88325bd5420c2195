package swagger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Validate judges the document by its specification, as far as its facts do not depend on it. The first finding is a
// warning; a document that would take too long to judge is an info. References to other documents are not followed.
func (d *Document) Validate() model.Problems {
	var ps model.Problems
	if d.version == "" {
		return nil
	}
	if n, at := find(d.root, d.Place, externalReference); n != nil {
		ps.Warnf(model.SwaggerSpec, at, "%q is another file, which is not read; write it here", cut(n.Value))
		return ps
	}
	if !judgeable(d) {
		ps.Infof(model.SwaggerSpec, d.Place.At(d.root.Line), "is too large, or refers too much to itself, to be judged as a whole")
		return ps
	}
	if err := d.judge(); err != nil {
		ps.Warnf(model.SwaggerSpec, d.placeOf(err), "does not follow %s: %s", d.version, finding(err))
	}
	return ps
}

// externalReference finds a reference that leaves the document.
func externalReference(mapping *yaml.Node) (key, ref *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, ref := mapping.Content[i], mapping.Content[i+1]
		if key.Value == "$ref" && ref.Kind == yaml.ScalarNode && ref.Value != "" && ref.Value[0] != '#' {
			return key, ref
		}
	}
	return nil, nil
}

// judge gives the first finding of kin-openapi, whose panics on unexpected shapes are findings too.
func (d *Document) judge() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	doc, err := d.load()
	if err != nil {
		return err
	}
	return doc.Validate(context.Background(), openapi3.DisableExamplesValidation(),
		openapi3.DisableSchemaDefaultsValidation(), openapi3.DisableSchemaPatternValidation())
}

// load gives the document with its references resolved. A loader without a reader of other documents refuses them.
func (d *Document) load() (*openapi3.T, error) {
	text := d.asJSON()
	if d.version == swagger2 {
		return convert(text)
	}
	var doc openapi3.T
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	return &doc, openapi3.NewLoader().ResolveRefsIn(&doc, nil)
}

// convert makes an OpenAPI 3 document of a Swagger 2.0 document. The paths and their operations are converted one by
// one, because openapi2conv visits them in random order, and the first of several findings must always be the same.
func convert(text []byte) (*openapi3.T, error) {
	var doc2 openapi2.T
	if err := json.Unmarshal(text, &doc2); err != nil {
		return nil, err
	}
	paths := doc2.Paths
	doc2.Paths = nil
	doc, err := openapi2conv.ToV3(&doc2)
	if err != nil {
		return nil, err
	}
	doc.Paths = openapi3.NewPathsWithCapacity(len(paths))
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path]
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			if _, err := openapi2conv.ToV3Operation(doc.Components, item, operations[method], doc2.Consumes); err != nil {
				return nil, &openapi3.PathValidationError{Path: path, Cause: fmt.Errorf("operation %s: %w", method, err)}
			}
		}
		converted, err := openapi2conv.ToV3PathItem(&doc2, doc.Components, item, doc2.Consumes)
		if err != nil {
			return nil, &openapi3.PathValidationError{Path: path, Cause: err}
		}
		doc.Paths.Set(path, converted)
	}
	return doc, openapi3.NewLoader().ResolveRefsIn(doc, nil)
}

// placeOf gives the place that a finding is about, as far as it tells.
func (d *Document) placeOf(err error) model.Place {
	var path *openapi3.PathValidationError
	n, at := d.root, d.Place.At(d.root.Line)
	if errors.As(err, &path) {
		if item := krm.Get(krm.Get(n, "paths"), path.Path); item != nil {
			return at.Child("paths").Child(path.Path).At(item.Line)
		}
	}
	return at
}

var decodeError = regexp.MustCompile(`json: cannot unmarshal (\w+) into (?:Go value|.*field (\S+)) of type \S+`)

// finding puts a finding into one line of a readable length.
func finding(err error) string {
	const most = 200
	line, _, _ := strings.Cut(err.Error(), "\n")
	line = decodeError.ReplaceAllString(line, "$2 is not of the type $1")
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "..."
	}
	return line
}
