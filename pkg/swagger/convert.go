package swagger

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

// convert makes an OpenAPI 3 document of a Swagger 2.0 document. What openapi2conv would visit in random order is
// converted one by one, because the first of several findings must always be the same.
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
			return nil, &openapi3.SectionValidationError{Section: "paths", Cause: &openapi3.PathValidationError{Path: path, Cause: err}}
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
