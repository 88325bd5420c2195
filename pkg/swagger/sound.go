package swagger

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// sound reports whether the document surely follows its specification, so that kin-openapi would find nothing. kin-openapi
// takes many times as long as parsing the document. sound knows the fields of nearly all documents of OpenAPI 3.0 and 3.1, and
// is not certain about anything else. FuzzSound compares it with kin-openapi.
func (d *Document) sound() bool {
	if d.version != "3.0" && d.version != "3.1" {
		return false
	}
	c := certifier{schemas: map[string]bool{}, operations: set{}}
	if schemas := krm.Get(krm.Get(d.root, "components"), "schemas"); schemas != nil && schemas.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(schemas.Content); i += 2 {
			// There is more than one way to follow a reference to a reference.
			c.schemas["#/components/schemas/"+schemas.Content[i].Value] = krm.Get(schemas.Content[i+1], "$ref") == nil
		}
	}
	return c.mapping(d.root, rootFields, "openapi", "info", "paths")
}

// certifier looks for parts of a document that might not be valid.
type certifier struct {
	// schemas contains the references to the schemas of the components, operations the operation IDs so far.
	schemas    map[string]bool
	operations set
	// depth is the nesting of the current mapping.
	depth int
}

// deepest is the maximum depth that is checked.
const deepest = 60

// shape contains the check of each field that an object can have. Any object can have extensions.
type shape map[string]func(c *certifier, n *yaml.Node) bool

// mapping reports whether n is a mapping of a shape, without duplicate fields and with all required fields.
func (c *certifier) mapping(n *yaml.Node, fields shape, required ...string) bool {
	return c.members(n, func(key string, value *yaml.Node) bool {
		if check, ok := fields[key]; ok {
			return check(c, value)
		}
		return strings.HasPrefix(key, "x-")
	}) && !slices.ContainsFunc(required, func(key string) bool { return krm.Get(n, key) == nil })
}

// members reports whether n is a mapping without duplicate names, whose members pass check.
func (c *certifier) members(n *yaml.Node, check func(key string, value *yaml.Node) bool) bool {
	c.depth++
	defer func() { c.depth-- }()
	if n.Kind != yaml.MappingNode || c.depth > deepest {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Value == "" || !check(key.Value, n.Content[i+1]) {
			return false
		}
	}
	_, name := repeatedKey(n)
	return name == ""
}

// list reports whether n is a list whose elements pass check.
func (c *certifier) list(n *yaml.Node, check func(c *certifier, n *yaml.Node) bool) bool {
	return n.Kind == yaml.SequenceNode && !slices.ContainsFunc(n.Content, func(e *yaml.Node) bool { return !check(c, e) })
}

func isText(_ *certifier, n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str"
}

func isName(c *certifier, n *yaml.Node) bool { return isText(c, n) && n.Value != "" }

func isFlag(_ *certifier, n *yaml.Node) bool {
	return (n.Value == "true" || n.Value == "false") && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool"
}

// isAnything accepts scalars, but not null, which might be a missing value.
func isAnything(c *certifier, n *yaml.Node) bool {
	return isText(c, n) || isFlag(c, n) || isNumber(c, n)
}

func isCount(_ *certifier, n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" && isWhole(n.Value)
}

func isNumber(_ *certifier, n *yaml.Node) bool {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(n.Value, "-"), ".")
	return n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!int" || n.ShortTag() == "!!float") && isWhole(whole) &&
		len(fraction) < 9 && strings.Trim(fraction, "0123456789") == "" && !strings.HasSuffix(n.Value, ".")
}

// isWhole reports whether s is a small number in the syntax of both JSON and YAML.
func isWhole(s string) bool {
	return s != "" && len(s) < 9 && (s == "0" || s[0] != '0') && strings.Trim(s, "0123456789") == ""
}

// madeOf reports whether s contains only ASCII letters, digits, and the other characters.
func madeOf(s, others string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(others, c) >= 0:
		default:
			return false
		}
	}
	return true
}

func isExtension(*certifier, *yaml.Node) bool { return true }

// isScalar accepts a scalar that kin-openapi gets as a text.
func isScalar(_ *certifier, n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value != "" && !krm.IsNull(n)
}

func listOf(check func(*certifier, *yaml.Node) bool) func(*certifier, *yaml.Node) bool {
	return func(c *certifier, n *yaml.Node) bool { return c.list(n, check) }
}

// names reports whether n is a list of different strings.
func names(c *certifier, n *yaml.Node) bool {
	seen := set{}
	return len(n.Content) > 0 && c.list(n, func(c *certifier, n *yaml.Node) bool { return isName(c, n) && !seen.again(n.Value) })
}

// set is a set of names.
type set map[string]bool

// again adds a name, and reports whether the set already contained it.
func (s set) again(name string) bool {
	again := s[name]
	s[name] = true
	return again
}

// object returns the check of a shape.
func object(fields shape, required ...string) func(*certifier, *yaml.Node) bool {
	return func(c *certifier, n *yaml.Node) bool { return c.mapping(n, fields, required...) }
}

// The shapes refer to each other, so schemas and operations are functions.
var (
	rootFields = shape{
		"openapi": isScalar, "info": object(infoFields, "title", "version"), "paths": (*certifier).paths,
		"servers": listOf(object(shape{"url": isServer, "description": isText}, "url")), "tags": (*certifier).tags,
		"components": object(shape{"schemas": (*certifier).namedSchemas}), "security": listOf((*certifier).security),
	}
	infoFields = shape{
		"title": isScalar, "version": isScalar, "description": isText, "termsOfService": isText,
		"contact": object(shape{"name": isText, "url": isText, "email": isText}),
		"license": object(shape{"name": isName, "url": isText}, "name"),
	}
	responseFields = shape{"description": isText, "content": (*certifier).content, "headers": (*certifier).headers}
	headerFields   = shape{"description": isText, "required": isFlag, "deprecated": isFlag, "schema": (*certifier).schema}
	mediaFields    = shape{"schema": (*certifier).schema, "example": isExtension}
	bodyFields     = shape{"description": isText, "content": (*certifier).content, "required": isFlag}
)

func isServer(c *certifier, n *yaml.Node) bool {
	return isName(c, n) && !strings.ContainsAny(n.Value, "{}")
}

func (c *certifier) tags(n *yaml.Node) bool {
	seen := set{}
	return c.list(n, func(c *certifier, tag *yaml.Node) bool {
		return !seen.again(krm.Text(tag, "name")) && c.mapping(tag, shape{"name": isName, "description": isText}, "name")
	})
}

// security checks what an operation requires from its callers. The schemes do not have to be defined.
func (c *certifier) security(n *yaml.Node) bool {
	return c.members(n, func(_ string, scopes *yaml.Node) bool { return c.list(scopes, isText) })
}

// paths checks all paths, which must differ in more than the names of their parameters.
func (c *certifier) paths(n *yaml.Node) bool {
	seen := set{}
	return c.members(n, func(path string, item *yaml.Node) bool {
		if strings.HasPrefix(path, "x-") {
			return true
		}
		if path[0] != '/' {
			return false
		}
		parts := strings.Split(path[1:], "/")
		parameters := set{}
		for i, part := range parts {
			name, isParameter := strings.CutPrefix(part, "{")
			if isParameter {
				name, isParameter = strings.CutSuffix(name, "}")
				if !isParameter || name == "" || !madeOf(name, "_") || parameters.again(name) {
					return false
				}
				parts[i] = "{}"
			} else if !madeOf(part, "_.~-") {
				return false
			}
		}
		return !seen.again(strings.Join(parts, "/")) && c.pathItem(item, parameters)
	})
}

// pathItem checks the operations of a path, each of which must define exactly the parameters of the path.
func (c *certifier) pathItem(n *yaml.Node, parameters set) bool {
	common, ok := c.parameters(krm.Get(n, "parameters"))
	return ok && c.members(n, func(key string, value *yaml.Node) bool {
		switch {
		case strings.HasPrefix(key, "x-"), key == "parameters":
			return true
		case key == "summary", key == "description":
			return isText(c, value)
		case key == "query" || !slices.Contains(methods, key):
			return false
		}
		own, ok := c.parameters(krm.Get(value, "parameters"))
		defined := map[string]bool{}
		for _, name := range append(own, common...) {
			defined[name] = true
		}
		for name := range parameters {
			ok = ok && defined[name]
		}
		return ok && len(defined) == len(parameters) && c.operation(value)
	})
}

func (c *certifier) operation(n *yaml.Node) bool {
	return c.members(n, func(key string, value *yaml.Node) bool {
		switch key {
		case "operationId":
			return isName(c, value) && !c.operations.again(value.Value)
		case "summary", "description":
			return isText(c, value)
		case "tags":
			return c.list(value, isText)
		case "deprecated":
			return isFlag(c, value)
		case "parameters":
			return true
		case "requestBody":
			return c.mapping(value, bodyFields, "content")
		case "responses":
			return len(value.Content) > 0 && c.members(value, c.response)
		case "security":
			return c.list(value, (*certifier).security)
		}
		return strings.HasPrefix(key, "x-")
	}) && krm.Get(n, "responses") != nil
}

func (c *certifier) response(code string, n *yaml.Node) bool {
	known := code == "default" || len(code) == 3 && '1' <= code[0] && code[0] <= '5' && strings.Trim(code, "0123456789") == ""
	return known && c.mapping(n, responseFields, "description")
}

// parameters checks a list of parameters, which can be nil, and returns the names of those in the path.
func (c *certifier) parameters(n *yaml.Node) (inPath []string, ok bool) {
	if n == nil {
		return nil, true
	}
	seen := set{}
	ok = c.list(n, func(c *certifier, p *yaml.Node) bool {
		in, name, required := krm.Text(p, "in"), krm.Text(p, "name"), krm.Get(p, "required")
		if in == "path" {
			inPath = append(inPath, name)
		}
		return !seen.again(in+":"+name) && slices.Contains([]string{"path", "query", "header", "cookie"}, in) &&
			(in != "path" || required != nil && required.Value == "true") &&
			c.mapping(p, shape{
				"name": isName, "in": isName, "required": isFlag, "description": isText, "deprecated": isFlag,
				"example": isAnything, "schema": (*certifier).schema,
			}, "name", "in", "schema")
	})
	return inPath, ok
}

func (c *certifier) content(n *yaml.Node) bool {
	return len(n.Content) > 0 && c.members(n, func(name string, value *yaml.Node) bool {
		kind, format, _ := strings.Cut(name, "/")
		return kind != "" && format != "" && madeOf(kind+format, ".+*-") && c.mapping(value, mediaFields)
	})
}

func (c *certifier) headers(n *yaml.Node) bool {
	return c.members(n, func(name string, value *yaml.Node) bool {
		return madeOf(name, "-") && c.mapping(value, headerFields, "schema")
	})
}

func (c *certifier) namedSchemas(n *yaml.Node) bool {
	return c.members(n, func(name string, value *yaml.Node) bool { return madeOf(name, "._-") && c.schema(value) })
}

var types = []string{"boolean", "number", "integer", "string", "object", "array"}

// schemaValues contains the checks of fields of a schema that do not depend on other fields.
var schemaValues = map[string]func(*certifier, *yaml.Node) bool{
	"format": isText, "title": isText, "description": isText, "pattern": isText,
	"nullable": isFlag, "deprecated": isFlag, "uniqueItems": isFlag, "readOnly": isFlag,
	"minLength": isCount, "maxLength": isCount, "minItems": isCount, "maxItems": isCount,
	"minimum": isNumber, "maximum": isNumber, "default": isAnything, "required": names,
}

func (c *certifier) schema(n *yaml.Node) bool {
	if ref := krm.Get(n, "$ref"); ref != nil {
		return len(n.Content) == 2 && isText(c, ref) && c.schemas[ref.Value]
	}
	return c.members(n, func(key string, value *yaml.Node) bool {
		if check, ok := schemaValues[key]; ok {
			return check(c, value)
		}
		switch key {
		case "type":
			isComplete := value.Value != "array" || krm.Get(n, "items") != nil
			return isText(c, value) && slices.Contains(types, value.Value) && isComplete
		case "example":
			return true
		case "enum":
			return len(value.Content) > 0 && c.list(value, isAnything)
		case "items":
			return c.schema(value)
		case "properties":
			return c.members(value, func(_ string, property *yaml.Node) bool { return c.schema(property) })
		case "allOf", "anyOf", "oneOf":
			return len(value.Content) > 0 && c.list(value, (*certifier).schema)
		case "additionalProperties":
			return isFlag(c, value) || c.schema(value)
		}
		return strings.HasPrefix(key, "x-")
	})
}
