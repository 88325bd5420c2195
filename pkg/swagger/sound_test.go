package swagger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// soundDocument has all that is known to be sound.
const soundDocument = `openapi: 3.0.3
info: {title: t, version: 1.0, description: d, termsOfService: s, contact: {name: n, url: 'http://c', email: e@f}, license: {name: l, url: 'http://l'}}
x-wso2-basePath: /a
servers: [{url: 'http://h/p', description: s}]
tags: [{name: a, description: b}, {name: b}]
security: [{default: []}, {other: [a, b]}]
paths:
  x-other: 1
  /a/{id}/b/{c}:
    summary: s
    parameters: [{name: id, in: path, required: true, schema: {type: string, format: uuid}}]
    get:
      operationId: one
      tags: [a]
      deprecated: true
      parameters:
      - {name: c, in: path, required: true, schema: {type: integer, minimum: -1.5, maximum: 10}}
      - {name: q, in: query, description: d, example: e, schema: {type: array, items: {type: string, enum: [a, b]}, minItems: 1, maxItems: 2, uniqueItems: true}}
      - {name: h, in: header, deprecated: false, schema: {type: string, pattern: '^a', minLength: 1, maxLength: 2, default: a}}
      - {name: k, in: cookie, required: false, schema: {type: boolean, nullable: true, readOnly: true}}
      requestBody: {description: d, required: true, content: {application/json: {schema: {$ref: '#/components/schemas/A'}, example: {a: [1]}}}}
      responses:
        200: {description: ok, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/B'}}}}}
        default: {description: '', headers: {X-A: {description: d, required: true, deprecated: false, schema: {type: string}}}}
      security: [{}]
      x-wso2-production-endpoints: {urls: [a]}
  /b: {description: d, post: {summary: s, description: d, responses: {"201": {description: made}}}}
components:
  schemas:
    A:
      type: object
      title: t
      required: [id, b]
      properties:
        id: {type: integer, format: int64, deprecated: true, example: null}
        b: {$ref: '#/components/schemas/B'}
        self: {$ref: '#/components/schemas/A'}
        any: {additionalProperties: true, x-ext: {}}
        map: {type: object, additionalProperties: {type: number}}
    B:
      oneOf: [{$ref: '#/components/schemas/A'}, {type: object, description: d}]
    C: {allOf: [{$ref: '#/components/schemas/A'}, {properties: {c: {anyOf: [{type: string}]}}}]}
`

func TestSoundDocumentsAreRecognised(t *testing.T) {
	for _, text := range []string{soundDocument, strings.Replace(soundDocument, "3.0.3", "3.1.0", 1)} {
		if !isSound(t, []byte(text)) {
			t.Error("the document is not recognised")
		}
	}
	files, err := filepath.Glob("../../examples/*/swagger*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
}

// Whatever is left out or put in that the specification asks for or forbids must leave the certifier uncertain.
func TestUnsoundDocumentsAreLeftToKinOpenAPI(t *testing.T) {
	for name, change := range map[string][2]string{
		"a field twice":                       {"title: t, version", "title: t, title: u, version"},
		"no title":                            {"title: t, version", "version"},
		"no description of a response":        {"default: {description: '', ", "default: {"},
		"an unknown field":                    {"deprecated: true\n", "deprecatd: true\n"},
		"a parameter that is not in the path": {"name: c, in: path", "name: d, in: path"},
		"an optional parameter in the path":   {"name: c, in: path, required: true", "name: c, in: path, required: false"},
		"two paths that are the same":         {"  /b: {", "  /a/{x}/b/{y}: {}\n  /b: {"},
		"an operation ID twice":               {"post: {summary: s", "post: {operationId: one"},
		"an unknown type":                     {"type: number", "type: float"},
		"a list without items":                {"type: array, items: {$ref: '#/components/schemas/B'}", "type: array"},
		"a required field twice":              {"[id, b]", "[id, id]"},
		"a bad name":                          {"    C: {", "    'C D': {"},
		"a null":                              {"B:\n      oneOf", "D:\n    B:\n      oneOf"},
		"a number for a text":                 {"summary: s\n", "summary: 1\n"},
		"a path without a slash":              {"  /b: {", "  b: {"},
		"no response":                         {`responses: {"201": {description: made}}`, "responses: {}"},
		"a parameter twice":                   {"name: k, in: cookie", "name: h, in: header"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(soundDocument, change[0], change[1], 1)
			if text == soundDocument {
				t.Fatal("nothing was changed")
			}
			if isSound(t, []byte(text)) {
				t.Error("the document counts as sound")
			}
		})
	}
}

// isSound tells whether a document counts as sound, and reports it if kin-openapi finds something in it.
func isSound(t *testing.T, text []byte) bool {
	t.Helper()
	root, ps := krm.Parse(string(text), model.Place{})
	if ps.HasErrors() || krm.IsNull(root) {
		return false
	}
	doc, _ := Read(string(text), testPlace)
	if doc == nil {
		return false
	}
	if s, reason := measureDocument(doc); reason != "" || s == nil || s.unsupportedReason() != "" {
		return false
	}
	if !doc.sound() {
		return false
	}
	if err := doc.findFirst(); err != nil {
		t.Errorf("counts as sound, but %v:\n%s", err, text)
	}
	return true
}

// FuzzSound checks that kin-openapi finds nothing in what counts as sound.
func FuzzSound(f *testing.F) {
	f.Add([]byte(soundDocument))
	files, err := filepath.Glob("testdata/fuzz/FuzzRead/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
	// Lines of a sound document, left out, doubled and swapped.
	lines := strings.SplitAfter(soundDocument, "\n")
	for i := range lines {
		f.Add([]byte(strings.Join(append(append([]string{}, lines[:i]...), lines[i+1:]...), "")))
		f.Add([]byte(strings.Join(append(append([]string{}, lines[:i]...), append([]string{lines[i]}, lines[i:]...)...), "")))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) < 1<<14 {
			isSound(t, text)
		}
	})
}
