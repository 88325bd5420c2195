package swagger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Validate judges the document as a whole by its specification. Its first finding is a warning, because what is
// rendered does not depend on it; that it was not judged, because that could take too long, is an info. References to
// other documents are not followed.
func (d *Document) Validate() model.Problems {
	if d.version == "" {
		return nil
	}
	var ps model.Problems
	s, reason := look(d)
	if s != nil {
		if n, at := s.lost(); n != nil {
			ps.Add(lostProblem(n, at))
			return ps
		}
		if reason == "" {
			reason = s.unclear()
		}
	}
	if reason == "" {
		if d.sound() {
			return nil
		}
		err := d.judge()
		if err == nil {
			return nil
		}
		// The survey found the targets of all references, so that these two are not about faults of the document.
		switch text := err.Error(); {
		case strings.HasPrefix(text, "encountered disallowed external reference"):
			reason = "it refers to other files"
		case strings.HasPrefix(text, "failed to resolve"):
			reason = finding(err)
		default:
			at, err := d.locate(err)
			ps.Warnf(model.SwaggerSpec, at, "does not follow %s: %s", d.version, finding(err))
			return ps
		}
	}
	ps.Infof(model.SwaggerSpec, d.Place.At(d.root.Line), "is not validated as a whole: %s", reason)
	return ps
}

func lostProblem(ref *yaml.Node, at model.Place) model.Problem {
	p := model.Problem{
		ID: model.SwaggerSpec, Severity: model.Warning, Place: at, Value: cut(ref.Value),
		Message: fmt.Sprintf("%q is not in the document; add it, or correct the reference", cut(ref.Value)),
	}
	if ref.Value[0] != '#' {
		p.Message = fmt.Sprintf("%q is in another file, which is not read; copy it into this document", cut(ref.Value))
	}
	return p
}

// lost finds the first reference to something that the document does not have. Read reports those of paths.
func (s *survey) lost() (*yaml.Node, model.Place) {
	items := s.doc.pathItems()
	return find(s.doc.root, s.doc.Place, query{
		skip: []string{"example", "examples", "default", "enum", "const"},
		match: func(mapping *yaml.Node) (*yaml.Node, string) {
			ref := krm.Get(mapping, "$ref")
			if items[mapping] || krm.Text(ref) == "" || !s.target(ref.Value).missing {
				return nil, ""
			}
			return ref, "$ref"
		},
	})
}

// unclear says what in the document kin-openapi does not understand, or "".
func (s *survey) unclear() string {
	if s.doc.version == "3.2" {
		return "OpenAPI 3.2 is not fully supported"
	}
	for _, ref := range slices.Concat(s.inner, s.outer) {
		if s.target(ref).unclear {
			return fmt.Sprintf("the reference %q is not followed", cut(ref))
		}
	}
	if parameters := krm.Get(s.doc.root, "parameters"); s.doc.version == swagger2 && parameters != nil {
		// openapi2conv gives these a meaning that depends on chance.
		for _, n := range parameters.Content {
			if ref := krm.Text(n, "$ref"); ref != "" {
				return fmt.Sprintf("the reference %q is not followed", cut(ref))
			}
		}
	}
	return ""
}

// judge gives the first finding of kin-openapi, whose panics on unexpected shapes are findings too.
func (d *Document) judge() (err error) {
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

// isFalse tells whether a finding is one about a sound document.
func (d *Document) isFalse(finding error) bool {
	var fields *openapi3.ExtraSiblingFieldsError
	var component *openapi3.ComponentValidationError
	if _, ok := errors.AsType[*openapi3.SecurityRequirementSchemeUndefinedError](finding); ok {
		return true // The operator defined schemes by objects of kind Security, beside the document.
	}
	switch d.version {
	case swagger2:
		// The names of components are free in Swagger 2.0.
		return errors.As(finding, &component) && openapi3.ValidateIdentifier(component.Name) != nil
	case "3.1":
		// Since 3.1 schemas may have any field, and components have pathItems, which kin-openapi does not know.
		return errors.As(finding, &fields)
	}
	return false
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

// locate gives the place that a finding is about, as far as it tells, and the finding without what the place says.
func (d *Document) locate(err error) (model.Place, error) {
	n, at := d.root, d.Place.At(d.root.Line)
	for {
		var keys []string
		switch e := err.(type) { //nolint:errorlint // one wrapper after the other is taken off
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
	fieldType = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`json: cannot unmarshal (\w+) into .*?field (\S+) of type \S+`)
	})
	valueType = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`json: cannot unmarshal (\w+) into .*?value of type \S*?(\w+)$`)
	})
)

// finding puts a finding into one line of a readable length.
func finding(err error) string {
	const most = 200
	line, _, _ := strings.Cut(err.Error(), "\n")
	line = fieldType().ReplaceAllString(line, "$2 cannot be of type $1")
	line = valueType().ReplaceAllString(line, "$2 cannot be of type $1")
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "..."
	}
	return line
}
