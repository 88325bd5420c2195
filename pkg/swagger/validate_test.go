package swagger

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// validate gives what Validate says about a text.
func validate(t *testing.T, text string) string {
	t.Helper()
	doc, ps := Read(text, testPlace)
	if doc == nil {
		t.Fatalf("no document: %v", ps)
	}
	first := strings.Join(printed(doc.Validate()), "\n")
	if again := strings.Join(printed(doc.Validate()), "\n"); again != first {
		t.Errorf("first:\n%s\nthen:\n%s", first, again)
	}
	return first
}

func TestValidateSoundDocuments(t *testing.T) {
	const ok = `{"200": {description: ok}}`
	tests := map[string]string{
		"OpenAPI 3.0": `openapi: 3.0.9
info: {title: 2020, version: 1.0}
servers: [{url: 'https://h'}]
paths:
  /a/{id}:
    get:
      parameters:
      - {$ref: '#/components/parameters/id', description: is ignored}
      responses:
        200: {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}
components:
  parameters:
    id: {name: id, in: path, required: true, schema: {type: integer, maximum: 0x10, minimum: -.inf, example: 2020-01-01}}
  schemas:
    A: {type: object, properties: {self: {$ref: '#/components/schemas/A'}, other: {$ref: '#/components/schemas/B/properties/x'}}}
    B: {type: object, properties: {x: {type: string, example: {$ref: nowhere.yaml}, enum: [~, yes, true, 1.5]}}}
x-any: {? [a] : b}
`,
		"OpenAPI 3.1": `openapi: 3.1.7
info: {title: t, version: v}
webhooks:
  w: {post: {responses: ` + ok + `}}
components:
  pathItems:
    p: {get: {responses: ` + ok + `}}
  schemas:
    A: {type: [string, 'null'], $comment: c, unknownKeyword: 1, $defs: {B: {const: 5}}}
    C: {$ref: '#/components/schemas/A', description: beside, minLength: 5}
    D: true
`,
		"Swagger 2.0": `swagger: 2.0
info: {title: t, version: v}
host: h
basePath: /b
schemes: [https]
consumes: [application/json]
parameters:
  body: {in: body, name: body, schema: {$ref: '#/definitions/A of b'}}
responses:
  err: {description: error}
securityDefinitions:
  key: {type: apiKey, in: header, name: k}
paths:
  /a/{id}:
    parameters: [{in: path, name: id, required: true, type: string}]
    post:
      parameters: [{$ref: '#/parameters/body'}]
      security: [{key: []}]
      responses: {default: {$ref: '#/responses/err'}}
    put:
      consumes: [multipart/form-data]
      parameters: [{in: formData, name: f, type: file}]
      responses: ` + ok + `
definitions:
  A of b: {type: object, properties: {a: {$ref: '#/definitions/A of b'}}}
`,
		"a path that refers to another": `openapi: 3.0.0
info: {title: t, version: v}
paths:
  /a: {$ref: '#/paths/~1b', parameters: [{in: query, name: x, schema: {}}]}
  /b: {get: {responses: ` + ok + `}}
`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if got := validate(t, text); got != "" {
				t.Error(got)
			}
		})
	}
}

func TestValidateFindings(t *testing.T) {
	const (
		head3 = "openapi: 3.0.0\ninfo: {title: t, version: v}\n"
		head1 = "openapi: 3.1.0\ninfo: {title: t, version: v}\n"
		head2 = "swagger: 2.0\ninfo: {title: t, version: v}\n"
	)
	tests := map[string]struct{ text, want string }{
		"no info":  {"openapi: 3.0.0\npaths: {}\n", "warning: api.yaml: line 1: does not follow OpenAPI 3.0: invalid info: must be an object [swagger/spec]"},
		"no paths": {head3, "warning: api.yaml: line 1: does not follow OpenAPI 3.0: invalid paths: must be an object [swagger/spec]"},
		"formats of items": {
			head2 + `paths:
  /a:
    get:
      parameters:
      - {name: p, in: query, type: array, collectionFormat: csv, items: {type: array, collectionFormat: pipes, items: {type: array, collectionFormat: ssv, items: {type: string}}}}
      responses: {default: {description: x, headers: {A: {type: array, items: {type: array, collectionFormat: tsv, items: {type: string}}}}}}
`, "",
		},
		"an unknown format of items": {
			head2 + "paths:\n  /a:\n    get:\n      parameters: [{name: p, in: query, type: array, items: {type: array, collectionFormat: dots, items: {type: string}}}]\n" +
				"      responses: {default: {description: x}}\n",
			`warning: api.yaml: paths["/a"].get: line 6: does not follow Swagger 2.0: parameter "p" schema is invalid: extra sibling fields: [collectionFormat] [swagger/spec]`,
		},
		"a format of a schema": {
			head2 + "paths: {}\ndefinitions: {A: {type: array, collectionFormat: csv, items: {type: string}}}\n",
			"warning: api.yaml: definitions.A: line 4: does not follow Swagger 2.0: extra sibling fields: [collectionFormat] [swagger/spec]",
		},
		"no version": {
			"openapi: 3.0.0\ninfo: {title: t}\npaths: {}\n",
			"warning: api.yaml: info: line 2: does not follow OpenAPI 3.0: value of version must be a non-empty string [swagger/spec]",
		},
		"an operation": {
			head3 + "paths:\n  /a:\n    get: {}\n",
			`warning: api.yaml: paths["/a"].get: line 5: does not follow OpenAPI 3.0: value of responses must be an object [swagger/spec]`,
		},
		"a parameter of a path": {
			head3 + "paths:\n  /a/{id}:\n    get: {responses: {default: {description: x}}}\n",
			`warning: api.yaml: paths["/a/{id}"].get: line 5: does not follow OpenAPI 3.0: operation GET /a/{id} must define exactly all path parameters (missing: [id]) [swagger/spec]`,
		},
		"a component": {
			head3 + "paths: {}\ncomponents:\n  schemas:\n    A: {type: text}\n",
			`warning: api.yaml: components.schemas.A: line 6: does not follow OpenAPI 3.0: unsupported 'type' value "text" [swagger/spec]`,
		},
		"a wrong type": {
			head3 + "paths: {}\ncomponents: {schemas: {A: {minLength: many}}}\n",
			"warning: api.yaml: line 1: does not follow OpenAPI 3.0: minLength cannot be of type string [swagger/spec]",
		},
		"an unknown field": {
			head3 + "paths: {}\nfoo: bar\n",
			"warning: api.yaml: line 1: does not follow OpenAPI 3.0: extra sibling fields: [foo] [swagger/spec]",
		},
		"a new keyword": {
			head3 + "paths: {}\ncomponents: {schemas: {A: {const: 5}}}\n",
			"warning: api.yaml: components.schemas.A: line 4: does not follow OpenAPI 3.0: field const is for OpenAPI >=3.1 [swagger/spec]",
		},
		"OpenAPI 3.1": {
			head1 + "components: {schemas: {A: {type: text}}}\n",
			`warning: api.yaml: components.schemas.A: line 3: does not follow OpenAPI 3.1: unsupported 'type' value "text" [swagger/spec]`,
		},
		"a reference to nothing": {
			head3 + "paths: {}\ncomponents: {schemas: {A: {items: {$ref: '#/components/schemas/B'}}}}\n",
			`warning: api.yaml: components.schemas.A.items.$ref: line 4: "#/components/schemas/B" is not in the document; add it, or correct the reference [swagger/spec]`,
		},
		"a reference to another file": {
			head3 + "paths: {}\ncomponents: {schemas: {A: {allOf: [{}, {$ref: 'b.yaml#/B'}]}}}\n",
			`warning: api.yaml: components.schemas.A.allOf[1].$ref: line 4: "b.yaml#/B" is in another file, which is not read; copy it into this document [swagger/spec]`,
		},
		"an anchor in OpenAPI 3.0": {
			head3 + "paths: {}\ncomponents: {schemas: {A: {$ref: '#a'}}}\n",
			`warning: api.yaml: components.schemas.A.$ref: line 4: "#a" is not in the document; add it, or correct the reference [swagger/spec]`,
		},
		"an anchor in OpenAPI 3.1": {
			head1 + "components: {schemas: {A: {$ref: '#a'}}}\n",
			`info: api.yaml: line 1: is not validated as a whole: the reference "#a" is not followed [swagger/spec]`,
		},
		"a base in OpenAPI 3.1": {
			head1 + "components: {schemas: {A: {$ref: tree}, B: {$id: tree}}}\n",
			`info: api.yaml: line 1: is not validated as a whole: the reference "tree" is not followed [swagger/spec]`,
		},
		"a reference through a reference": {
			head3 + "paths: {}\ncomponents: {schemas: {A: {$ref: '#/components/schemas/B/items'}, B: {$ref: '#/components/schemas/C'}, C: {items: {}}}}\n",
			`info: api.yaml: line 1: is not validated as a whole: the reference "#/components/schemas/B/items" is not followed [swagger/spec]`,
		},
		"a mapping of a discriminator": {
			head3 + "paths: {}\ncomponents: {schemas: {A: {discriminator: {propertyName: a, mapping: {b: 'b.yaml#/B'}}}}}\n",
			"info: api.yaml: line 1: is not validated as a whole: it refers to other files [swagger/spec]",
		},
		"a path in another file": {
			head3 + "paths: {/a: {$ref: 'b.yaml#/B'}}\n",
			"info: api.yaml: line 1: is not validated as a whole: it refers to other files [swagger/spec]",
		},
		"a reference that is its own target": {
			head3 + "paths: {}\ncomponents: {schemas: {A: {$ref: '#/components/schemas/A'}}}\n",
			"info: api.yaml: line 1: is not validated as a whole: its references refer to each other [swagger/spec]",
		},
		"OpenAPI 3.2": {"openapi: 3.2.0\ninfo: {title: t, version: v}\n", "info: api.yaml: line 1: is not validated as a whole: OpenAPI 3.2 is not fully supported [swagger/spec]"},
		"Swagger 2.0": {
			head2 + "paths:\n  /a:\n    get: {}\n",
			`warning: api.yaml: paths["/a"].get: line 5: does not follow Swagger 2.0: value of responses must be an object [swagger/spec]`,
		},
		"two bodies": {
			head2 + "paths:\n  /a: {}\n  /b:\n    put: {parameters: [{in: body, name: a}, {in: body, name: b}], responses: {default: {description: x}}}\n",
			`warning: api.yaml: paths["/b"].put: line 6: does not follow Swagger 2.0: multiple body parameters cannot exist for the same operation [swagger/spec]`,
		},
		"a definition": {
			head2 + "paths: {}\ndefinitions:\n  A: {type: text}\n",
			`warning: api.yaml: definitions.A: line 5: does not follow Swagger 2.0: unsupported 'type' value "text" [swagger/spec]`,
		},
		"a wrong type in Swagger 2.0": {
			head2 + "paths: {/a: x}\n",
			"warning: api.yaml: line 1: does not follow Swagger 2.0: path item cannot be of type string [swagger/spec]",
		},
		"a wrong host": {
			head2 + "host: h/a\npaths: {}\n",
			`warning: api.yaml: line 1: does not follow Swagger 2.0: invalid host "h/a". This MUST be the host only and does not include the scheme nor sub-paths [swagger/spec]`,
		},
		"a flow": {
			head2 + "paths: {}\nsecurityDefinitions:\n  b: {type: oauth2, flow: x}\n  a: {type: oauth2, flow: y}\n",
			`warning: api.yaml: securityDefinitions.a: line 6: does not follow Swagger 2.0: unsupported flow "y" [swagger/spec]`,
		},
		"responses of a wrong type": {
			head2 + "paths: {/a: {get: {responses: {200: x, 201: 5, 202: []}}}}\n",
			"warning: api.yaml: line 1: does not follow Swagger 2.0: a response has a value of the wrong type [swagger/spec]",
		},
		"a parameter that is a reference": {
			head2 + "paths: {}\nparameters: {a: {$ref: '#/parameters/b'}, b: {in: formData, name: c}}\n",
			`info: api.yaml: line 1: is not validated as a whole: the reference "#/parameters/b" is not followed [swagger/spec]`,
		},
		"a body on a path": {
			head2 + "paths: {/a: {parameters: [{in: formData, name: a}], get: {parameters: [{in: body, name: b}]}}}\n",
			`warning: api.yaml: paths["/a"].get: line 3: does not follow Swagger 2.0: body and form parameters cannot exist together for the same operation [swagger/spec]`,
		},
		"a null": {
			head2 + "paths: {}\nparameters: {p: ~}\n",
			"warning: api.yaml: line 1: does not follow Swagger 2.0: a value is empty or has the wrong type [swagger/spec]",
		},
		"a reference into a path of Swagger 2.0": {
			head2 + "paths: {/a: {get: {responses: {default: {$ref: '#/paths/~1b/get/responses/default'}}}}, /b: {get: {responses: {default: {description: x}}}}}\n",
			`info: api.yaml: line 1: is not validated as a whole: the reference "#/paths/~1b/get/responses/default" is not followed [swagger/spec]`,
		},
		"a reference to an extension of paths": {
			head3 + "paths: {x-b: {get: {responses: {default: {description: x}}}}, /a: {$ref: '#/paths/x-b'}}\n",
			`info: api.yaml: line 1: is not validated as a whole: failed to resolve "x-b" in fragment in URI: "#/paths/x-b": map key "x-b" not found [swagger/spec]`,
		},
		"a version that is not read": {"openapi: 9.0.0\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, validate(t, tt.text)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// Each of these documents would keep kin-openapi busy for minutes, or without end, or exhaust the stack.
func TestValidateRefusesWhatTakesTooLong(t *testing.T) {
	const (
		large  = "it is too large"
		many   = "it has too many references"
		copies = "its references refer to each other"
	)
	document := func(version, schemas, more string) string {
		return fmt.Sprintf(`{"openapi": %q, "info": {"title": "t", "version": "v"}, "paths": {}%s, "components": {"schemas": {%s}}}`, version, more, schemas)
	}
	each := func(n int, format string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = strings.NewReplacer("I", fmt.Sprint(i), "NEXT", fmt.Sprint(i+1)).Replace(format)
		}
		return strings.Join(all, ",")
	}
	nested := func(n int, key string) string {
		return `"a": ` + strings.Repeat(`{"`+key+`": `, n) + "{}" + strings.Repeat("}", n)
	}
	tests := map[string]struct{ text, reason string }{
		"values":                     {document("3.0.0", `"a": {"enum": [`+each(maxSize, "I")+"]}", ""), large},
		"long values":                {document("3.0.0", `"a": {"description": "`+strings.Repeat("a", 32*maxSize)+`"}`, ""), large},
		"nesting":                    {document("3.0.0", nested(150, "items"), ""), large},
		"wide and nested":            {document("3.0.0", each(1500, `"sI": `+strings.Repeat(`{"additionalProperties": `, 30)+"{}"+strings.Repeat("}", 30)), ""), large},
		"references in a row":        {document("3.0.0", each(300, `"sI": {"$ref": "#/components/schemas/sNEXT"}`)+`,"s300": {}`, ""), copies},
		"extensions that double":     {document("3.0.0", `"s": {"$ref": "#/x-0"}`, ","+each(30, `"x-I": {"allOf": [{"$ref": "#/x-NEXT"}, {"$ref": "#/x-NEXT"}]}`)+`,"x-30": {}`), copies},
		"examples that double":       {document("3.0.0", `"s": {"$ref": "#/components/schemas/e0/example"},`+each(30, `"eI": {"example": {"allOf": [{"$ref": "#/components/schemas/eNEXT/example"}]}}`)+`,"e30": {"example": {}}`, ""), copies},
		"everything to everything":   {document("3.1.0", each(150, `"sI": {"properties": {`+each(150, `"pI": {"$ref": "#/components/schemas/sI"}`)+"}}"), ""), many},
		"a row from everywhere":      {document("3.0.0", each(2500, `"sI": {"allOf": [{"$ref": "#/components/schemas/sNEXT"}]}`)+`,"s2500": {}`, ""), many},
		"one large target":           {document("3.0.0", `"big": {"properties": {`+each(2000, `"pI": {"$ref": "#/components/schemas/big"}`)+"}}", ""), many},
		"many targets elsewhere":     {document("3.0.0", each(1200, `"sI": {"items": {"$ref": "#/x-t/I"}}`), `,"x-t": [`+each(1200, "{}")+"]"), many},
		"the document in itself":     {document("3.0.0", `"s": {"$ref": "#"}`, ""), copies},
		"a path in its own callback": {`{"openapi": "3.0.0", "info": {"title": "t", "version": "v"}, "paths": {"/a": {"get": {"responses": {"200": {"description": "x"}}, "callbacks": {"c": {"/x": {"$ref": "#/paths/~1a"}}}}}}}`, copies},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			want := "info: api.yaml: line 1: is not validated as a whole: " + tt.reason + " [swagger/spec]"
			if d := cmp.Diff(want, validate(t, tt.text)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// Circles that have to be judged.
func TestValidateCircles(t *testing.T) {
	for _, version := range []string{"3.0.0", "3.1.0"} {
		text := fmt.Sprintf(`openapi: %s
info: {title: t, version: v}
paths:
  /a:
    get:
      responses: {default: {$ref: '#/components/responses/r'}}
      callbacks: {c: {$ref: '#/components/callbacks/c'}}
components:
  responses:
    r: {description: x, headers: {h: {$ref: '#/components/headers/h'}}, content: {a/b: {schema: {$ref: '#/components/schemas/A'}}}}
  headers:
    h: {schema: {$ref: '#/components/schemas/B'}}
  callbacks:
    c: {/x: {post: {responses: {default: {$ref: '#/components/responses/r'}}, callbacks: {c: {$ref: '#/components/callbacks/c'}}}}}
  schemas:
    A: {allOf: [{$ref: '#/components/schemas/B', minLength: 5}], not: {$ref: '#/components/schemas/A'}}
    B: {oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}], additionalProperties: {$ref: '#/components/schemas/A'}}
`, version)
		if got := validate(t, text); got != "" {
			t.Errorf("%s: %s", version, got)
		}
	}
}

// The messages name what the user wrote, not the document that it was converted to, nor types of Go.
func TestFindingNamesTheDocument(t *testing.T) {
	for in, want := range map[string]string{
		"bad ref \"#/components/schemas/A\", #/components/responses/B":                       "bad ref \"#/definitions/A\", #/responses/B",
		"json: cannot unmarshal string into Go struct field Schema.minLength of type uint64": "minLength cannot be of type string",
		"json: cannot unmarshal string into Go value of type openapi2.Paths":                 "paths cannot be of type string",
	} {
		if got := finding(errors.New(in), swagger2); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := finding(errors.New("#/components/schemas/A"), "3.0"); got != "#/components/schemas/A" {
		t.Errorf("got %q", got)
	}
}

func TestFindingIsShort(t *testing.T) {
	got := finding(fmt.Errorf("%s\nand more", strings.Repeat("é", 150)), "3.0")
	if want := strings.Repeat("é", 100) + "..."; got != want {
		t.Errorf("got %q", got)
	}
}
