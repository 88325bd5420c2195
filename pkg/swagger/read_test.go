package swagger

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestReadEveryFlavour(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"OpenAPI 3.0, YAML": {
			text: `openapi: 3.0.3
info:
  title: Books
  version: v1
x-wso2-basePath: /books/{version}
x-wso2-mode: PRIVATEJET
x-wso2-production-endpoints:
  urls:
    - books-backend
paths:
  /books:
    get:
      responses: {"200": {description: ok}}
    post:
      responses: {"200": {description: ok}}
`,
			want: []string{
				`title "Books", version "v1", mode "privateJet", base path "/books/v1", 2 operations`,
				"production target books-backend at x-wso2-production-endpoints.urls[0] line 9",
			},
		},
		"OpenAPI 3.1, JSON": {
			text: `{
  "openapi": "3.1.0",
  "info": {"title": "Books", "version": "2"},
  "x-wso2-mode": "sidecar",
  "x-wso2-sandbox-endpoints": {"urls": ["books.shop"], "type": "failover"},
  "paths": {
    "/books": {
      "get": {}
    }
  }
}`,
			want: []string{
				`title "Books", version "2", mode "sidecar", base path "", 1 operations`,
				"sandbox target shop/books at x-wso2-sandbox-endpoints.urls[0] line 5",
			},
		},
		"Swagger 2.0, YAML": {
			text: `swagger: "2.0"
info: {title: Books, version: 1.0.0}
host: books.example.com
basePath: /v1/
paths:
  /books: {get: {responses: {"200": {description: ok}}}}
`,
			want: []string{`title "Books", version "1.0.0", mode "", base path "/v1", 1 operations`},
		},
		"Swagger 2.0, JSON": {
			text: `{"swagger": "2.0", "info": {"version": "1"}, "host": "h", "paths": {"/a": {"trace": {}}}}`,
			want: []string{`title "", version "1", mode "", base path "", 1 operations`},
		},
		"numbers as versions, as they are written": {
			text: "openapi: 3.1\ninfo: {title: 2020-01-01, version: 1.10}\nservers: [{url: 'https://h'}]\npaths: {/a: {get: {}}}\n",
			want: []string{`title "2020-01-01", version "1.10", mode "", base path "", 1 operations`},
		},
		"Swagger 2.0 as a number": {
			text: "swagger: 2.0\nhost: h\npaths: {/a: {get: {}}}\n",
			want: []string{`title "", version "", mode "", base path "", 1 operations`},
		},
		"OpenAPI 3.2 with its own method": {
			text: "openapi: 3.2.0\ninfo: {version: ~}\nservers: [{url: 'https://h'}]\npaths: {/a: {query: {}, additionalOperations: {}}}\n",
			want: []string{`title "", version "", mode "", base path "", 1 operations`},
		},
		"anchors and merge keys": {
			text: "openapi: 3.0.0\nx-common: &common\n  x-wso2-production-endpoints: http://a\npaths:\n  /a:\n    get:\n      <<: *common\n    put: {<<: *common}\n",
			want: []string{
				`title "", version "", mode "", base path "", 2 operations`,
				`production url http://a at paths["/a"].get.x-wso2-production-endpoints line 3`,
			},
		},
		"no mode": {
			text: "openapi: 3.0.0\nx-wso2-mode:\nservers: [{url: 'https://h'}]\npaths: {/a: {get: {}}}\n",
			want: []string{`title "", version "", mode "", base path "", 1 operations`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { check(t, tt.text, tt.want, nil) })
	}
}

func TestReadWhatIsNoDocument(t *testing.T) {
	tests := map[string]struct {
		text string
		want string
	}{
		"nothing":         {"", "error: api.yaml: is empty; add an OpenAPI document [swagger/version]"},
		"null":            {"~\n", "error: api.yaml: is empty; add an OpenAPI document [swagger/version]"},
		"a mapping":       {"# x\na: b\n", `error: api.yaml: line 2: is not an OpenAPI document; use openapi: 3.0.3, openapi: 3.1.0, or swagger: "2.0" [swagger/version]`},
		"an empty one":    {"{}", `error: api.yaml: line 1: is not an OpenAPI document; use openapi: 3.0.3, openapi: 3.1.0, or swagger: "2.0" [swagger/version]`},
		"a wrong letter":  {"info: {}\nopenApi: 3.0.0\n", `error: api.yaml: openApi: line 2: is not an OpenAPI document: unknown field "openApi"; did you mean "openapi"? [swagger/version]`},
		"a list":          {"- a\n", "error: api.yaml: line 1: is not an OpenAPI document; use openapi: 3.0.3, openapi: 3.1.0, or swagger: \"2.0\" [swagger/version]"},
		"a string":        {"hello", "error: api.yaml: line 1: is not an OpenAPI document; use openapi: 3.0.3, openapi: 3.1.0, or swagger: \"2.0\" [swagger/version]"},
		"broken YAML":     {"a: [", "error: api.yaml: line 1: is not valid YAML: did not find expected node content [input/syntax]"},
		"a NUL":           {"openapi: 3.0.0\n\x00", "error: api.yaml: line 2: contains a NUL byte; save it as UTF-8 text [input/encoding]"},
		"not UTF-8":       {"openapi: \xff", "error: api.yaml: line 1: is not UTF-8; save it as UTF-8 text [input/encoding]"},
		"two documents":   {"openapi: 3.0.0\n---\nopenapi: 3.0.0\n", "error: api.yaml: line 3: contains more than one YAML document; keep only one [input/syntax]"},
		"deep nesting":    {"openapi: 3.0.0\nx: " + strings.Repeat("[", 300) + strings.Repeat("]", 300), "error: api.yaml: line 1: is nested deeper than 200 levels [input/limit]"},
		"too large a one": {"openapi: 3.0.0\nx: " + strings.Repeat("a", krm.MaxText), "error: api.yaml: has more than 8 MiB; split the API [input/limit]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { check(t, tt.text, nil, []string{tt.want}) })
	}
}

func TestReadProblems(t *testing.T) {
	const tail = "servers: [{url: 'https://h'}]\npaths: {/a: {get: {}}}\n"
	const facts = `title "", version "", mode "", base path "", 1 operations`
	tests := map[string]struct {
		text  string
		facts string
		want  []string
	}{
		"a version that is not read": {
			text: "openapi: 4.0.0\n" + tail, facts: facts,
			want: []string{`error: api.yaml: openapi: line 1: "4.0.0" is not a supported version; use openapi: 3.0.3, openapi: 3.1.0, or swagger: "2.0" [swagger/version]`},
		},
		"a version that is short": {
			text: "openapi: 3\n" + tail, facts: facts,
			want: []string{`error: api.yaml: openapi: line 1: "3" is not a supported version; use openapi: 3.0.3, openapi: 3.1.0, or swagger: "2.0" [swagger/version]`},
		},
		"a version that is a list": {
			text: "openapi: [3.0.0]\n" + tail, facts: facts,
			want: []string{`error: api.yaml: openapi: line 1: "" is not a supported version; use openapi: 3.0.3, openapi: 3.1.0, or swagger: "2.0" [swagger/version]`},
		},
		"an old Swagger": {
			text: "swagger: 1.2\nhost: h\npaths: {/a: {get: {}}}\n", facts: facts,
			want: []string{`error: api.yaml: swagger: line 1: "1.2" is not a supported version; use openapi: 3.0.3, openapi: 3.1.0, or swagger: "2.0" [swagger/version]`},
		},
		"both": {
			text: "openapi: 3.0.0\nswagger: 2.0\n" + tail, facts: facts,
			want: []string{"error: api.yaml: swagger: line 2: openapi and swagger are both set; remove one of them [swagger/version]"},
		},
		"an unknown mode with a suggestion": {
			text: "openapi: 3.0.0\nx-wso2-mode: privatejets\n" + tail, facts: facts,
			want: []string{`error: api.yaml: x-wso2-mode: line 2: unknown mode "privatejets"; did you mean "privateJet"? [swagger/mode]`},
		},
		"an unknown mode without one": {
			text: "openapi: 3.0.0\nx-wso2-mode: plane\n" + tail, facts: facts,
			want: []string{`error: api.yaml: x-wso2-mode: line 2: unknown mode "plane"; known are privateJet, sidecar, shared, serverless [swagger/mode]`},
		},
		"a mode that is no string": {
			text: "openapi: 3.0.0\nx-wso2-mode: [sidecar]\n" + tail, facts: facts,
			want: []string{"error: api.yaml: x-wso2-mode: line 2: is a list; use a string [input/type]"},
		},
		"shapes": {
			text:  "openapi: 3.0.0\ninfo: [a]\npaths: [b]\n",
			facts: `title "", version "", mode "", base path "", 0 operations`,
			want: []string{
				"error: api.yaml: info: line 2: is a list; use a mapping [input/type]",
				"error: api.yaml: paths: line 3: is a list; use a mapping [input/type]",
				"warning: api.yaml: line 1: has no operation; add one under paths [swagger/spec]",
			},
		},
		"shapes below": {
			text:  "openapi: 3.0.0\ninfo:\n  title: {a: b}\n  version: [1]\nservers: {}\npaths:\n  /a: x\n  /b:\n    get: 5\n  /c:\n    put:\n  /d:\n",
			facts: facts,
			want: []string{
				"error: api.yaml: info.title: line 3: is a mapping; use a string [input/type]",
				"error: api.yaml: info.version: line 4: is a list; use a string [input/type]",
				`error: api.yaml: paths["/a"]: line 7: is a string ("x"); use a mapping [input/type]`,
				`error: api.yaml: paths["/b"].get: line 9: is a number (5); use a mapping [input/type]`,
				"warning: api.yaml: line 1: has no endpoint; add x-wso2-production-endpoints, with urls, at the root [swagger/endpoint]",
			},
		},
		"keys that stand twice": {
			text: `openapi: 3.0.0
servers: [{url: 'https://h'}]
info:
  version: a
  version: b
paths:
  /a:
    get: {tags: [], tags: []}
    get: {}
  /a: {}
x-wso2-mode: sidecar
x-wso2-mode: shared
`,
			facts: `title "", version "a", mode "sidecar", base path "", 1 operations`,
			want: []string{
				"error: api.yaml: info.version: line 5: appears more than once; remove one of them [input/duplicate]",
				`error: api.yaml: paths["/a"].get.tags: line 8: appears more than once; remove one of them [input/duplicate]`,
				`error: api.yaml: paths["/a"].get: line 9: appears more than once; remove one of them [input/duplicate]`,
				`error: api.yaml: paths["/a"]: line 10: appears more than once; remove one of them [input/duplicate]`,
				"error: api.yaml: x-wso2-mode: line 12: appears more than once; remove one of them [input/duplicate]",
			},
		},
		"keys that stand twice where nothing is read": {
			text: "openapi: 3.0.0\n" + tail + "components:\n  schemas:\n    A:\n      allOf:\n      - {a: 1, a: 2}\n    B: {c: 1, c: 2}\n", facts: facts,
			want: []string{"warning: api.yaml: components.schemas.A.allOf[0].a: line 8: appears more than once; remove one of them [input/duplicate]"},
		},
		"a key that is a list": {
			text: "openapi: 3.0.0\n? [a]\n: b\n" + tail, facts: facts,
			want: []string{"error: api.yaml: line 2: has a key that is a list; use a string [input/type]"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { check(t, tt.text, []string{tt.facts}, tt.want) })
	}
}

func TestReadPaths(t *testing.T) {
	const head = "openapi: 3.0.0\nservers: [{url: 'https://h'}]\n"
	tests := map[string]struct {
		text, facts string
		want        []string
	}{
		"every method": {
			text:  "paths:\n  x-a: 1\n  /a: {summary: s, description: d, servers: [], parameters: [], x-b: 1, get: {}, put: {}, post: {}, delete: {}, patch: {}, head: {}, options: {}, trace: {}}\n",
			facts: `title "", version "", mode "", base path "", 8 operations`,
		},
		"none": {
			text:  "paths: {}\n",
			facts: `title "", version "", mode "", base path "", 0 operations`,
			want:  []string{"warning: api.yaml: line 1: has no operation; add one under paths [swagger/spec]"},
		},
		"a method in capitals": {
			text:  "paths:\n  /a:\n    get: {}\n    POST: {}\n    foo-bar-baz: 1\n",
			facts: `title "", version "", mode "", base path "", 1 operations`,
			want: []string{
				`warning: api.yaml: paths["/a"].POST: line 6: unknown field "POST"; did you mean "post"? [swagger/spec]`,
				`warning: api.yaml: paths["/a"].foo-bar-baz: line 7: unknown field "foo-bar-baz" [swagger/spec]`,
			},
		},
		"references within the document": {
			text: `paths:
  /a: {$ref: '#/components/pathItems/both', get: {}}
  /b: {$ref: '#/paths/~1a'}
  /self: {$ref: '#/paths/~1self'}
components:
  pathItems:
    both:
      put: {x-wso2-production-endpoints: both.shop}
      post: {}
`,
			facts: `title "", version "", mode "", base path "", 6 operations` + "\n" +
				"production target shop/both at components.pathItems.both.put.x-wso2-production-endpoints line 10",
		},
		"references elsewhere": {
			text: `paths:
  /a: {$ref: 'a.yaml#/a', get: {}}
  /b: {$ref: '#/paths/b'}
  /c: {$ref: '#/paths/%zz'}
  /d: {$ref: '#anchor'}
  /e: {$ref: ''}
  /f: {$ref: '#/servers/1'}
  /g: {$ref: '#/servers/0/url'}
  /h: {$ref: '#/servers/0/url/x'}
`,
			facts: `title "", version "", mode "", base path "", 1 operations`,
			want: []string{
				`error: api.yaml: servers[0].url: line 2: is a string ("https://h"); use a mapping [input/type]`,
				`error: api.yaml: paths["/b"].$ref: line 5: "#/paths/b" is not in the document [swagger/spec]`,
				`error: api.yaml: paths["/c"].$ref: line 6: "#/paths/%zz" is not in the document [swagger/spec]`,
				`error: api.yaml: paths["/d"].$ref: line 7: "#anchor" is not in the document [swagger/spec]`,
				`error: api.yaml: paths["/f"].$ref: line 9: "#/servers/1" is not in the document [swagger/spec]`,
				`error: api.yaml: paths["/h"].$ref: line 11: "#/servers/0/url/x" is not in the document [swagger/spec]`,
				`warning: api.yaml: paths["/a"].$ref: line 4: "a.yaml#/a" is in another file, which is not read: its operations and endpoints are ignored; copy them here [swagger/spec]`,
			},
		},
		"references in a row": {
			text: "paths:\n" + chain(12), facts: `title "", version "", mode "", base path "", 2 operations`,
			want: []string{`error: api.yaml: paths["/p10"].$ref: line 14: "#/paths/~1p11" is reached over more than 10 references; copy the path here [swagger/spec]`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { check(t, head+tt.text, strings.Split(tt.facts, "\n"), tt.want) })
	}
}

// chain gives n path items, each of which refers to the next, and one with an operation.
func chain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  /p%d: {$ref: '#/paths/~1p%d'}\n", i, i+1)
	}
	return fmt.Sprintf("%s  /p%d: {get: {}}\n", b.String(), n)
}

func TestReadSuggestsWhatToWrite(t *testing.T) {
	text := `openapi: 3.0.0
info: {version: v1}
x-wso2-basePath: api
x-wso2-mode: side-car
x-wso2-basetpath: /api
x-wso2-endpoints: [{books: {urls: [Books], utls: []}}]
x-wso2-production-endpoints: "#/x-wso2-endpoints/book"
paths: {/a: {gett: {}}}
`
	doc, ps := Read(text, testPlace)
	if doc == nil {
		t.Fatal("no document")
	}
	var got []model.Problem
	for _, p := range ps {
		got = append(got, model.Problem{Value: p.Value, Suggestion: p.Suggestion})
	}
	want := []model.Problem{
		{Value: "api", Suggestion: "/api"},
		{Value: "side-car", Suggestion: "sidecar"},
		{Value: "Books", Suggestion: "books"},
		{Value: "#/x-wso2-endpoints/book", Suggestion: "#/x-wso2-endpoints/books"},
		{},
		{Suggestion: "x-wso2-basePath"},
		{Suggestion: "urls"},
		{Suggestion: "get"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("values and suggestions (-want +got):\n%s\n%s", d, strings.Join(printed(ps), "\n"))
	}
}
