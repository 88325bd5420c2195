package swagger

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// FuzzRead holds Read and Validate to what their callers rely on, whatever they are given.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"",
		"openapi: 3.0.3\ninfo: {title: t, version: v1}\nx-wso2-basePath: /a/{version}\nx-wso2-mode: sidecar\n",
		"openapi: 3.1\nx-wso2-production-endpoints: {urls: [a, b.c, 'http://d'], type: failover}\npaths: {/a: {get: {}}}\n",
		"swagger: '2.0'\nhost: h\nbasePath: /b\nparameters: {p: {in: body, name: b}}\npaths: {/a: {post: {parameters: [{$ref: '#/parameters/p'}]}}}\n",
		"openapi: 3.0.0\nx-wso2-endpoints: [{a: {urls: [b]}}]\npaths: {/a: {get: {x-wso2-sandbox-endpoints: '#/x-wso2-endpoints/a'}}}\n",
		"openapi: 3.0.0\npaths: {/a: {$ref: '#/paths/~1b'}, /b: {$ref: '#/paths/~1a'}, /c: {$ref: 'c.yaml'}}\n",
		"openapi: 3.0.0\ninfo: {title: t, version: v}\npaths: {}\ncomponents: {schemas: {A: {allOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/x-b'}]}}}\nx-b: {items: {$ref: '#/x-b'}}\n",
		"openapi: 3.1.0\ninfo: &i {title: t, version: v}\nx: [*i, *i]\npaths: {/a: {<<: *i, get: {get: {}, get: 1}}}\n",
		"openapi: 3.0.0\nservers: [{url: 'https://{h}/{p}', variables: {p: {default: q}}}]\npaths: {/a: {GET: {}}}\n",
		`{"openapi": "3.0.0", "info": {"title": "\ud83d\ude00", "version": 1}, "x-wso2-production-endpoints": "etcd(a, http://b)", "paths": {"/a": {"get": null}}}`,
		`{"swagger": "2.0", "paths": {"/a": null}, "definitions": {"A": null}, "responses": {"r": null}, "securityDefinitions": {"s": {"type": "oauth2"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, ps := Read(string(text), testPlace)
		again, psAgain := Read(string(text), testPlace)
		if d := cmp.Diff(printed(ps), printed(psAgain)); d != "" {
			t.Errorf("the problems differ:\n%s", d)
		}
		if doc == nil {
			if !ps.HasErrors() {
				t.Error("no document, and no error")
			}
			return
		}
		if d := cmp.Diff(doc.Endpoints, again.Endpoints); d != "" {
			t.Errorf("the endpoints differ:\n%s", d)
		}
		for _, e := range doc.Endpoints {
			if (e.URL == "") == (e.Target.Name == "") {
				t.Errorf("endpoint %+v has not either a URL or a target", e)
			}
			if e.Place.Line == 0 || e.Place.Field == "" {
				t.Errorf("endpoint %+v has no place", e)
			}
		}
		if p := doc.BasePath; p != "" && p[0] != '/' || p != "/" && strings.HasSuffix(p, "/") {
			t.Errorf("base path %q", p)
		}
		operations := doc.Operations()
		if d := cmp.Diff(operations, again.Operations()); d != "" {
			t.Errorf("the operations differ:\n%s", d)
		}
		for _, o := range operations {
			if o.Place.Line == 0 || o.Method == "" {
				t.Errorf("operation %+v has no place or method", o)
			}
		}
		found := doc.Validate()
		if d := cmp.Diff(printed(found), printed(again.Validate())); d != "" {
			t.Errorf("the findings differ:\n%s", d)
		}
		if len(found) > 1 || found.HasErrors() {
			t.Errorf("findings %v", found)
		}
		for _, p := range append(ps, found...) {
			registered(t, p)
		}
	})
}

// registered checks that a problem is of a kind that the documentation knows.
func registered(t *testing.T, p model.Problem) {
	t.Helper()
	for _, e := range model.Registry {
		if e.ID == p.ID && slices.Contains(e.Severities, p.Severity) {
			return
		}
	}
	t.Errorf("no entry in the registry: %s", p)
}
