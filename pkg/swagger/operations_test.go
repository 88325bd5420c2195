package swagger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// operationLines describes the operations of a document, one in a line.
func operationLines(operations []Operation) []string {
	var lines []string
	for _, o := range operations {
		line := fmt.Sprintf("%s %s %q at %s line %d", o.Method, o.Path, o.ID, o.Place.Field, o.Place.Line)
		for _, s := range []struct {
			stage     Stage
			endpoints Endpoints
		}{{Production, o.Production}, {Sandbox, o.Sandbox}} {
			if s.endpoints.List != nil {
				line += fmt.Sprintf("; %s %s", s.stage, s.endpoints.Type)
			}
			for _, e := range s.endpoints.List {
				line += " " + e.URL + e.Target.String()
			}
			for _, name := range slices.Sorted(maps.Keys(s.endpoints.Settings)) {
				line += " " + name + "=" + s.endpoints.Settings[name]
			}
		}
		if o.Security.Requirements != nil {
			line += fmt.Sprintf("; security %v", o.Security.Requirements)
		}
		if o.Security.Disabled != nil {
			line += fmt.Sprintf("; disabled %t", *o.Security.Disabled)
		}
		if o.Security.AuthType != "" {
			line += "; auth " + o.Security.AuthType
		}
		for _, name := range slices.Sorted(maps.Keys(o.Extensions)) {
			line += "; " + name + "=" + o.Extensions[name]
		}
		lines = append(lines, line)
	}
	return lines
}

func TestOperations(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"OpenAPI 3.0, the root's endpoints and security": {
			text: `openapi: 3.0.3
x-wso2-production-endpoints: {urls: [books.shop, https://b.example.com], type: load_balance}
x-wso2-sandbox-endpoints: sandbox
x-wso2-disable-security: false
x-auth-type: None
security: [{jwt: [read, write], key: []}, {basic: []}]
paths:
  /books:
    get: {operationId: list}
    post:
      x-wso2-production-endpoints: {urls: [https://a, https://b], type: failover}
      x-wso2-disable-security: true
  /books/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    x-wso2-production-endpoints: {urls: [https://no.effect]}
    summary: One book
    delete: {operationId: remove, security: [], x-auth-type: None, x-throttling-tier: 10PerMin}
    patch: {security: [{}, {jwt: []}], x-wso2-cors: {origins: [a, 1], on: true}}
`,
			want: []string{
				`GET /books "list" at paths["/books"].get line 9; production load_balance shop/books https://b.example.com; sandbox load_balance sandbox; security [[{jwt [read write]} {key []}] [{basic []}]]; disabled false`,
				`POST /books "" at paths["/books"].post line 10; production failover https://a https://b; sandbox load_balance sandbox; security [[{jwt [read write]} {key []}] [{basic []}]]; disabled true; x-wso2-disable-security=true; x-wso2-production-endpoints={"urls":["https://a","https://b"],"type":"failover"}`,
				`DELETE /books/{id} "remove" at paths["/books/{id}"].delete line 17; production load_balance shop/books https://b.example.com; sandbox load_balance sandbox; security []; disabled false; auth None; x-auth-type="None"; x-throttling-tier="10PerMin"`,
				`PATCH /books/{id} "" at paths["/books/{id}"].patch line 18; production load_balance shop/books https://b.example.com; sandbox load_balance sandbox; security [[] [{jwt []}]]; disabled false; x-wso2-cors={"origins":["a",1],"on":true}`,
			},
		},
		"OpenAPI 3.1, references": {
			text: `openapi: 3.1.0
x-wso2-endpoints: [{books: {urls: [https://a, https://b], type: fail_over}}]
x-wso2-production-endpoints: "#/x-wso2-endpoints/books"
paths:
  x-internal: {get: {}}
  /a:
    $ref: "#/components/pathItems/shared"
    get: {operationId: own}
  /b: {$ref: "#/components/pathItems/shared"}
  /c: {$ref: "#/nowhere"}
  /d: {$ref: other.yaml}
  /e: {$ref: "#/paths/~1e"}
components:
  pathItems:
    shared:
      get: {operationId: get}
      put: {operationId: put, x-wso2-sandbox-endpoints: "#/x-wso2-endpoints/none"}
`,
			want: []string{
				`GET /a "own" at paths["/a"].get line 8; production failover https://a https://b`,
				`PUT /a "put" at components.pathItems.shared.put line 17; production failover https://a https://b; x-wso2-sandbox-endpoints="#/x-wso2-endpoints/none"`,
				`GET /b "get" at components.pathItems.shared.get line 16; production failover https://a https://b`,
				`PUT /b "put" at components.pathItems.shared.put line 17; production failover https://a https://b; x-wso2-sandbox-endpoints="#/x-wso2-endpoints/none"`,
			},
		},
		"Swagger 2.0": {
			text: `{"swagger": "2.0", "host": "example.com", "basePath": "/v1", "securityDefinitions": {"b": {"type": "basic"}},
"paths": {"/a": {"get": {"operationId": "a", "responses": {}, "security": [{"b": []}]}, "trace": {}, "parameters": []}}}`,
			want: []string{
				`GET /a "a" at paths["/a"].get line 2; production load_balance http://example.com/v1; security [[{b []}]]`,
				`TRACE /a "" at paths["/a"].trace line 2; production load_balance http://example.com/v1`,
			},
		},
		"servers": {
			text: `openapi: 3.0.0
servers: [{url: "https://{host}.example.com/v1/", variables: {host: {default: root}}}, {url: https://test.example.com}]
paths:
  /a:
    get: {}
    put: {servers: [{url: https://operation.example.com:8443/x}]}
    post: {servers: [{url: https://operation.example.com}], x-wso2-production-endpoints: {urls: [shop], advanceEndpointConfig: {timeoutInMillis: 500}}}
  /b:
    servers: [{url: https://path.example.com}]
    get: {}
    put: {servers: [{url: /relative}]}
`,
			want: []string{
				`GET /a "" at paths["/a"].get line 5; production load_balance https://root.example.com/v1`,
				`PUT /a "" at paths["/a"].put line 6; production load_balance https://operation.example.com:8443/x`,
				`POST /a "" at paths["/a"].post line 7; production load_balance shop advanceEndpointConfig={"timeoutInMillis":500}; x-wso2-production-endpoints={"urls":["shop"],"advanceEndpointConfig":{"timeoutInMillis":500}}`,
				`GET /b "" at paths["/b"].get line 10; production load_balance https://path.example.com`,
				`PUT /b "" at paths["/b"].put line 11`,
			},
		},
		"endpoints of the root over its servers": {
			text: `openapi: 3.0.0
servers: [{url: https://example.com}]
x-wso2-production-endpoints: {urls: [shop]}
paths: {/a: {get: {}}}
`,
			want: []string{`GET /a "" at paths["/a"].get line 4; production load_balance shop`},
		},
		"what is malformed opens nothing": {
			text: `openapi: 3.0.0
x-wso2-disable-security: true
paths:
  /a:
    get: {security: jwt, x-wso2-disable-security: "true"}
    put: {security: [jwt, null], x-wso2-production-endpoints: [a]}
    post: {security: {jwt: []}, x-wso2-production-endpoints: two words}
    head: {security: null}
    delete: null
  /b: [get]
`,
			want: []string{
				`GET /a "" at paths["/a"].get line 5; security [[{jwt []}]]; disabled false; x-wso2-disable-security="true"`,
				`PUT /a "" at paths["/a"].put line 6; security [[{jwt []}] [{null []}]]; disabled true; x-wso2-production-endpoints=["a"]`,
				`POST /a "" at paths["/a"].post line 7; security [[{ []}]]; disabled true; x-wso2-production-endpoints="two words"`,
				`HEAD /a "" at paths["/a"].head line 8; security [[{null []}]]; disabled true`,
			},
		},
		"no paths": {text: "openapi: 3.0.0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			doc, _ := Read(c.text, testPlace)
			operations := doc.Operations()
			want := operationLines(operations)
			doc.Release()
			// The memory of the nodes serves other texts now.
			Read(strings.Repeat("# another text\n", 50)+c.text, testPlace)
			got := operationLines(operations)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("release changes operations (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("operations (-want +got):\n%s", diff)
			}
			if doc.Operations() != nil {
				t.Error("a released document has operations")
			}
		})
	}
}

func TestSecuritySchemes(t *testing.T) {
	type schemes map[string]SecurityScheme
	for name, c := range map[string]struct {
		text string
		want schemes
	}{
		"OpenAPI 3": {
			text: `openapi: 3.0.0
components:
  securitySchemes:
    jwt: {type: http, scheme: Bearer, bearerFormat: JWT}
    key: {type: apiKey, in: header, name: X-API-Key}
    same: {$ref: "#/components/securitySchemes/key"}
    odd: text
`,
			want: schemes{
				"jwt": {Type: "http", Scheme: "bearer"}, "key": {Type: "apiKey", In: "header", Name: "X-API-Key"},
				"same": {Type: "apiKey", In: "header", Name: "X-API-Key"}, "odd": {},
			},
		},
		"Swagger 2.0": {
			text: `{"swagger": "2.0", "securityDefinitions": {"b": {"type": "basic"}, "o": {"type": "oauth2", "flow": "implicit"}}}`,
			want: schemes{"b": {Type: "http", Scheme: "basic"}, "o": {Type: "oauth2"}},
		},
		"none": {text: "openapi: 3.0.0\n", want: schemes{}},
	} {
		t.Run(name, func(t *testing.T) {
			doc, _ := Read(c.text, testPlace)
			got := schemes(doc.SecuritySchemes())
			for k, s := range got {
				if s.Place.Field == "" || s.Place.Line == 0 {
					t.Errorf("%s has no place: %+v", k, s.Place)
				}
				s.Place = SecurityScheme{}.Place
				got[k] = s
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("schemes (-want +got):\n%s", diff)
			}
			doc.Release()
			if doc.SecuritySchemes() != nil || doc.Extensions() != nil {
				t.Error("a released document has schemes or extensions")
			}
		})
	}
}

func TestRootExtensions(t *testing.T) {
	doc, _ := Read("openapi: 3.0.0\nx-wso2-throttling-tier: 10PerMin\nx-wso2-cors: {a: [1]}\ninfo: {x-other: 1}\n", testPlace)
	want := map[string]string{"x-wso2-throttling-tier": `"10PerMin"`, "x-wso2-cors": `{"a":[1]}`}
	if diff := cmp.Diff(want, doc.Extensions()); diff != "" {
		t.Errorf("extensions (-want +got):\n%s", diff)
	}
}
