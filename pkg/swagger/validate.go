package swagger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Validate validates the document as a whole by its specification. It reports the first finding as a warning, because the
// output does not depend on it. If validation could take too long, it reports an info instead. It does not follow references to
// other documents.
func (d *Document) Validate() model.Problems {
	if d.version == "" {
		return nil
	}
	var ps model.Problems
	s, reason := measureDocument(d)
	if s != nil {
		if n, at := s.lost(); n != nil {
			format := "%q is not in the document; add it, or correct the reference"
			if n.Value[0] != '#' {
				format = "%q is in another file, which is not read; copy it into this document"
			}
			p := model.Problem{ID: model.SwaggerSpec, Severity: model.Warning, Place: at, Value: cut(n.Value)}
			ps.Reportf(p, format, p.Value)
			return ps
		}
		if reason == "" {
			reason = s.unsupportedReason()
		}
	}
	if reason == "" {
		if d.sound() {
			return nil
		}
		err := d.findFirst()
		if err == nil {
			return nil
		}
		// measureDocument found the targets of all references, so these two are not errors of the document.
		switch text := err.Error(); {
		case strings.HasPrefix(text, "encountered disallowed external reference"):
			reason = "it refers to other files"
		case strings.HasPrefix(text, "failed to resolve"):
			reason = finding(err, d.version)
		default:
			at, err := d.locate(err)
			ps.Warnf(model.SwaggerSpec, at, "does not follow %s: %s", d.version, finding(err, d.version))
			return ps
		}
	}
	ps.Infof(model.SwaggerSpec, d.Place.At(d.root.Line), "is not validated as a whole: %s", reason)
	return ps
}

// lost finds the first reference to a value that is not in the document. Read reports the references of paths.
func (s *documentStats) lost() (*yaml.Node, model.Place) {
	items := s.doc.pathItems()
	return finder(func(mapping *yaml.Node) (*yaml.Node, string) {
		ref := krm.Get(mapping, "$ref")
		if items[mapping] || krm.Text(ref) == "" || !s.target(ref.Value).missing {
			return nil, ""
		}
		return ref, "$ref"
	}).in(s.doc.root, s.doc.Place, "example", "examples", "default", "enum", "const")
}

// unsupportedReason returns what kin-openapi does not support in the document, or "".
func (s *documentStats) unsupportedReason() string {
	if s.doc.version == "3.2" {
		return "OpenAPI 3.2 is not fully supported"
	}
	for _, ref := range slices.Concat(s.inner, s.outer) {
		if s.target(ref).unclear {
			return fmt.Sprintf("the reference %q is not followed", cut(ref))
		}
	}
	if parameters := krm.Get(s.doc.root, "parameters"); s.doc.version == swagger2 && parameters != nil {
		// openapi2conv resolves these in random order.
		for _, n := range parameters.Content {
			if ref := krm.Text(n, "$ref"); ref != "" {
				return fmt.Sprintf("the reference %q is not followed", cut(ref))
			}
		}
	}
	return ""
}

// findFirst returns the first finding of kin-openapi. Its panics on unexpected values are also findings.
func (d *Document) findFirst() (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("a value is empty or has the wrong type")
		}
	}()
	doc, err := d.load()
	if err != nil {
		return err
	}
	err = doc.Validate(context.Background(), openapi3.EnableMultiError(), openapi3.DisableExamplesValidation(),
		openapi3.DisableSchemaDefaultsValidation(), openapi3.DisableSchemaPatternValidation())
	var findings openapi3.MultiError
	if !errors.As(err, &findings) {
		return err
	}
	for _, f := range findings {
		if !d.isFalse(f) {
			return f
		}
	}
	return nil
}

// isFalse reports whether a finding is wrong, because the document is valid.
func (d *Document) isFalse(finding error) bool {
	var fields *openapi3.ExtraSiblingFieldsError
	var component *openapi3.ComponentValidationError
	if _, ok := errors.AsType[*openapi3.SecurityRequirementSchemeUndefinedError](finding); ok {
		return true // The operator defined schemes by objects of kind Security, outside the document.
	}
	switch d.version {
	case swagger2:
		// The names of components are free in Swagger 2.0.
		return errors.As(finding, &component) && openapi3.ValidateIdentifier(component.Name) != nil
	case "3.1":
		// Starting with 3.1, schemas can have any field, and components have pathItems, which kin-openapi does not support.
		return errors.As(finding, &fields)
	}
	return false
}

// load returns the document with its references resolved. A loader without a reader rejects references to other documents.
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

// componentKeys has the key of the section of a kind of components in OpenAPI 3 and in Swagger 2.0.
var componentKeys = map[string][2]string{
	"schema":          {"schemas", "definitions"},
	"parameter":       {"parameters", "parameters"},
	"request body":    {"requestBodies", "parameters"},
	"response":        {"responses", "responses"},
	"header":          {"headers", ""},
	"security scheme": {"securitySchemes", "securityDefinitions"},
	"example":         {"examples", ""},
	"link":            {"links", ""},
	"callback":        {"callbacks", ""},
}

// locate returns the place of a finding, as far as it is known, and the finding without the parts that the place repeats.
func (d *Document) locate(err error) (model.Place, error) {
	n, at := d.root, d.Place.At(d.root.Line)
	for {
		var keys []string
		switch e := err.(type) { //nolint:errorlint // removes one wrapper after the other
		case *openapi3.SectionValidationError:
			if keys = []string{e.Section}; d.version == swagger2 && e.Section == "components" {
				keys = nil
			}
		case *openapi3.PathValidationError:
			keys = []string{e.Path}
		case *openapi3.OperationValidationError:
			keys = []string{strings.ToLower(e.Method)}
		case *openapi3.PathParametersError:
			keys = []string{e.Path, strings.ToLower(e.Method)}
		case *openapi3.ComponentValidationError:
			keys = []string{componentKeys[e.Section][0], e.Name}
			if d.version == swagger2 {
				keys[0] = componentKeys[e.Section][1]
			}
		default:
			return at, err
		}
		for _, key := range keys {
			next := krm.Get(n, key)
			if next == nil {
				return at, err
			}
			n, at = next, at.Child(key).At(next.Line)
		}
		cause := errors.Unwrap(err)
		if cause == nil {
			return at, err
		}
		err = cause
	}
}

// The errors of encoding/json as kin-openapi words them.
var (
	fieldType = model.Pattern(`json: cannot unmarshal (\w+) into .*?field (?:[A-Z]\w*\.)?(\S+) of type \S+`)
	valueType = model.Pattern(`json: cannot unmarshal (\w+) into .*?value of type \S*?(\w+)$`)
	wordStart = model.Pattern(`([a-z])([A-Z])`)
)

// sections2 replaces the sections of OpenAPI 3 with those of Swagger 2.0, from which they were converted.
var sections2 = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("#/components/schemas/", "#/definitions/", "#/components/parameters/", "#/parameters/",
		"#/components/requestBodies/", "#/parameters/", "#/components/responses/", "#/responses/",
		"#/components/securitySchemes/", "#/securityDefinitions/")
})

// finding formats a finding as one line of limited length.
func finding(err error, v specVersion) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	line = fieldType().ReplaceAllString(line, "$2 cannot be of type $1")
	if m := valueType().FindStringSubmatch(line); m != nil {
		line = strings.ToLower(wordStart().ReplaceAllString(m[2], "$1 $2")) + " cannot be of type " + m[1]
	}
	if v == swagger2 {
		line = sections2().Replace(line)
	}
	return model.Shorten(line, 200)
}

// convert converts a Swagger 2.0 document to OpenAPI 3. It converts the parts that openapi2conv would visit in random order one
// by one, because the first of several findings must always be the same.
func convert(text []byte) (*openapi3.T, error) {
	var doc2 openapi2.T
	if err := json.Unmarshal(text, &doc2); err != nil {
		if strings.HasPrefix(err.Error(), "response ") {
			// The responses of an operation are decoded in random order.
			return nil, errors.New("a response has a value of the wrong type")
		}
		return nil, err
	}
	paths, schemes := doc2.Paths, doc2.SecurityDefinitions
	doc2.Paths, doc2.SecurityDefinitions = nil, nil
	doc, err := openapi2conv.ToV3(&doc2)
	if err != nil {
		return nil, err
	}
	if doc.Components.SecuritySchemes, err = convertSchemes(schemes); err != nil {
		return nil, err
	}
	doc.Paths = openapi3.NewPathsWithCapacity(len(paths))
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item, err := convertPath(&doc2, doc.Components, paths[path])
		if err != nil {
			err = &openapi3.PathValidationError{Path: path, Cause: err}
			return nil, &openapi3.SectionValidationError{Section: "paths", Cause: err}
		}
		doc.Paths.Set(path, item)
	}
	return doc, openapi3.NewLoader().ResolveRefsIn(doc, nil)
}

func convertSchemes(schemes map[string]*openapi2.SecurityScheme) (openapi3.SecuritySchemes, error) {
	converted := openapi3.SecuritySchemes{}
	for _, name := range slices.Sorted(maps.Keys(schemes)) {
		scheme, err := openapi2conv.ToV3SecurityScheme(schemes[name])
		if err != nil {
			return nil, &openapi3.ComponentValidationError{Section: "security scheme", Name: name, Cause: err}
		}
		converted[name] = scheme
	}
	return converted, nil
}

func convertPath(doc2 *openapi2.T, components *openapi3.Components, item *openapi2.PathItem) (*openapi3.PathItem, error) {
	operations := item.Operations()
	for _, method := range slices.Sorted(maps.Keys(operations)) {
		if _, err := openapi2conv.ToV3Operation(components, item, operations[method], doc2.Consumes); err != nil {
			return nil, &openapi3.OperationValidationError{Method: method, Cause: err}
		}
	}
	return openapi2conv.ToV3PathItem(doc2, components, item, doc2.Consumes)
}
