package swagger

import (
	"fmt"
	"strings"
	"testing"
)

const (
	noOperations = `title "", version "", mode "", base path "", 0 operations`
	oneOperation = `title "", version "", mode "", base path "", 1 operations`

	needsOperation = "warning: api.yaml: line 1: has no operation; add one under paths [swagger/spec]"
)

func TestEndpoint(t *testing.T) {
	const help = "; use a URL with its scheme, such as https://example.com/v1, or NAME or NAME.NAMESPACE of a TargetEndpoint"
	tests := []struct{ text, want string }{
		{"http://a", "url http://a"},
		{"HTTPS://A.example.com:8443/v1?x=y#z", "url HTTPS://A.example.com:8443/v1?x=y#z"},
		{"ws://a/b", "url ws://a/b"},
		{"wss://a", "url wss://a"},
		{"tcp://10.0.0.1:99", "url tcp://10.0.0.1:99"},
		{"http://[::1]:80/", "url http://[::1]:80/"},
		{"https://user:secret@host/", "url https://user:secret@host/"},
		{"https://{host}/v1", "url https://{host}/v1"},
		{"https://host:{port}/{path}", "url https://host:{port}/{path}"},
		{"{scheme}://host", "url {scheme}://host"},
		{"etcd(books,https://books.example.com)", "url etcd(books,https://books.example.com)"},
		{"etcd (books, https://books.example.com)", "url etcd (books, https://books.example.com)"},

		{"books", "target books"},
		{"books.shop", "target shop/books"},
		{"localhost", "target localhost"},
		{"9books", "target 9books"},
		{"etcd-1", "target etcd-1"},
		{strings.Repeat("a", 63), "target " + strings.Repeat("a", 63)},

		{"", "is empty"},
		{"localhost:8080", `"localhost:8080" has no scheme`},
		{"host:80/path", `"host:80/path" has no scheme`},
		{"example.com/v1", `"example.com/v1" has no scheme`},
		{"books.shop.svc", `"books.shop.svc" has more than two parts`},
		{"10.0.0.1", `"10.0.0.1" has more than two parts`},
		{"http:..books/v2", `"http:..books/v2" is neither a URL nor a name`},
		{"http:/books", `"http:/books" is neither a URL nor a name`},
		{"/v1", `"/v1" is neither a URL nor a name`},
		{"two words", `"two words" is neither a URL nor a name`},
		{"Books", `"Books" is neither a URL nor a name`},
		{" books", `" books" is neither a URL nor a name`},
		{"books-", `"books-" is neither a URL nor a name`},
		{".books", `".books" is neither a URL nor a name`},
		{"books..shop", `"books..shop" is neither a URL nor a name`},
		{strings.Repeat("a", 90), `"` + strings.Repeat("a", 80) + `..." is neither a URL nor a name`},
		{"http://", `"http://" has no host`},
		{"http:///v1", `"http:///v1" has no host`},
		{"http://:80", `"http://:80" has no host`},
		{"http://a b", `"http://a b" is not a valid URL`},
		{"http://a:b/", `"http://a:b/" is not a valid URL`},
		{"http://a/b c", `"http://a/b c" is not a valid URL`},
		{"etcd(books)", `"etcd(books)" is not of the form etcd(KEY, URL)`},
		{"etcd(books, shelf)", `"etcd(books, shelf)" is not of the form etcd(KEY, URL)`},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			text := fmt.Sprintf("openapi: 3.0.0\nx-wso2-production-endpoints: {urls: [%q]}\npaths: {/a: {get: {}}}\n", tt.text)
			const at = "x-wso2-production-endpoints.urls[0]"
			if strings.HasPrefix(tt.want, "url") || strings.HasPrefix(tt.want, "target") {
				check(t, text, []string{oneOperation, "production " + tt.want + " at " + at + " line 2"}, nil)
				return
			}
			want := "error: api.yaml: " + at + ": line 2: " + tt.want + help
			if lower := strings.ToLower(strings.TrimSpace(tt.text)); lower == "books" {
				want += `; did you mean "books"?`
			}
			check(t, text, []string{oneOperation}, []string{want + " [swagger/endpoint]"})
		})
	}
}

func TestEndpointsAtEveryLevel(t *testing.T) {
	check(t, `openapi: 3.0.0
x-wso2-production-endpoints:
  urls: [root-1, http://root]
  type: Load_Balance
x-wso2-sandbox-endpoints: root-1
x-wso2-endpoints:
- first: {urls: [named-1, named-2], securityConfig: {}, advanceEndpointConfig: {}}
- unused: {urls: [named-3, root-1]}
paths:
  /a:
    get:
      x-wso2-production-endpoints: "#/x-wso2-endpoints/first"
      x-wso2-sandbox-endpoints: "#/x-wso2-endpoints/first"
    put:
      x-wso2-production-endpoints: https://direct
    delete:
      x-wso2-production-endpoints: "#/x-wso2-endpoints/first"
    trace:
      x-wso2-sandbox-endpoints: {urls: [root-1, deep.er], type: fail-over}
`, []string{
		`title "", version "", mode "", base path "", 4 operations`,
		"production target root-1 at x-wso2-production-endpoints.urls[0] line 3",
		"production url http://root at x-wso2-production-endpoints.urls[1] line 3",
		"sandbox target root-1 at x-wso2-sandbox-endpoints line 5",
		"production target named-1 at x-wso2-endpoints[0].first.urls[0] line 7",
		"production target named-2 at x-wso2-endpoints[0].first.urls[1] line 7",
		"sandbox target named-1 at x-wso2-endpoints[0].first.urls[0] line 7",
		"sandbox target named-2 at x-wso2-endpoints[0].first.urls[1] line 7",
		`production url https://direct at paths["/a"].put.x-wso2-production-endpoints line 15`,
		`sandbox target er/deep at paths["/a"].trace.x-wso2-sandbox-endpoints.urls[1] line 19`,
		"production target named-3 at x-wso2-endpoints[1].unused.urls[0] line 8",
	}, nil)
}

func TestEndpointForms(t *testing.T) {
	const at = "error: api.yaml: x-wso2-production-endpoints: line 2: "
	tests := map[string]struct{ value, want string }{
		"null":               {"", at + `is empty; use urls, a reference such as "#/x-wso2-endpoints/NAME", or one endpoint [swagger/endpoint]`},
		"a list":             {"[http://a]", at + "is a list; use a mapping with the list as urls [swagger/endpoint]"},
		"a number":           {"5", at + `is a number (5); use a string in quotes: "5" [input/type]`},
		"an empty mapping":   {"{}", at + "has no urls; add urls, a list of endpoints [swagger/endpoint]"},
		"null as urls":       {"{urls: }", at + "has no urls; add urls, a list of endpoints [swagger/endpoint]"},
		"no urls":            {"{urls: []}", "error: api.yaml: x-wso2-production-endpoints.urls: line 2: is empty; use a URL with its scheme, such as https://example.com/v1, or NAME or NAME.NAMESPACE of a TargetEndpoint [swagger/endpoint]"},
		"one as urls":        {"{urls: http://a}", `error: api.yaml: x-wso2-production-endpoints.urls: line 2: is a string ("http://a"); use a list [input/type]`},
		"a number as url":    {"{urls: [8080]}", `error: api.yaml: x-wso2-production-endpoints.urls[0]: line 2: is a number (8080); use a string in quotes: "8080" [input/type]`},
		"a mapping as url":   {"{urls: [{url: a}]}", "error: api.yaml: x-wso2-production-endpoints.urls[0]: line 2: is a mapping; use a string [input/type]"},
		"null as url":        {"{urls: [~]}", "error: api.yaml: x-wso2-production-endpoints.urls[0]: line 2: is empty; use a URL with its scheme, such as https://example.com/v1, or NAME or NAME.NAMESPACE of a TargetEndpoint [swagger/endpoint]"},
		"a reference as url": {"{urls: ['#/x-wso2-endpoints/a']}", `error: api.yaml: x-wso2-production-endpoints.urls[0]: line 2: "#/x-wso2-endpoints/a" is a reference, which urls cannot contain; use a URL with its scheme, such as https://example.com/v1, or NAME or NAME.NAMESPACE of a TargetEndpoint [swagger/endpoint]`},
		"another reference":  {"'#/x-wso2-endpoint/a'", at + `"#/x-wso2-endpoint/a" does not refer to a named endpoint; use "#/x-wso2-endpoints/NAME" [swagger/endpoint]`},
		"an undefined name":  {"'#/x-wso2-endpoints/a'", at + `x-wso2-endpoints does not define "a" [swagger/endpoint]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			check(t, "openapi: 3.0.0\nx-wso2-production-endpoints: "+tt.value+"\npaths: {/a: {get: {}}}\n", []string{oneOperation}, []string{tt.want})
		})
	}
}

func TestEndpointFields(t *testing.T) {
	for _, typ := range []string{"load_balance", "LOADBALANCE", "load-balance", "failover", "FailOver", "http", "https", "address", "''"} {
		check(t, "openapi: 3.0.0\nx-wso2-sandbox-endpoints: {urls: [a], type: "+typ+", algoCombination: x, failOver: true}\npaths: {/a: {get: {}}}\n",
			[]string{oneOperation, "sandbox target a at x-wso2-sandbox-endpoints.urls[0] line 2"}, nil)
	}
	check(t, "openapi: 3.0.0\nx-wso2-production-endpoints:\n  url: [b]\n  urls: [a]\n  type: random\n  retry: 5\n  urls: [c]\npaths: {/a: {get: {}}}\n",
		[]string{oneOperation, "production target a at x-wso2-production-endpoints.urls[0] line 4"}, []string{
			"error: api.yaml: x-wso2-production-endpoints.urls: line 7: appears more than once; remove one of them [input/duplicate]",
			`warning: api.yaml: x-wso2-production-endpoints.url: line 3: unknown field "url"; did you mean "urls"? [swagger/extension]`,
			`warning: api.yaml: x-wso2-production-endpoints.type: line 5: unknown type "random"; use load_balance or failover [swagger/extension]`,
			`warning: api.yaml: x-wso2-production-endpoints.retry: line 6: unknown field "retry" [swagger/extension]`,
		})
}

func TestNamedEndpoints(t *testing.T) {
	const root = "error: api.yaml: x-wso2-endpoints"
	tests := map[string]struct {
		value       string
		facts, want []string
	}{
		"a mapping instead of a list": {
			value: "  books: {urls: [books]}\nx-wso2-production-endpoints: '#/x-wso2-endpoints/books'\n",
			facts: []string{"production target books at x-wso2-endpoints.books.urls[0] line 3"},
			want:  []string{root + `: line 3: is a mapping; use a list of mappings with one name each: "- NAME: {urls: [...]}" [swagger/extension]`, needsOperation},
		},
		"several names in one entry": {
			value: "- a: {urls: [books]}\n  b: {urls: [pens]}\n",
			facts: []string{
				"production target books at x-wso2-endpoints[0].a.urls[0] line 3",
				"production target pens at x-wso2-endpoints[0].b.urls[0] line 4",
			},
			want: []string{needsOperation},
		},
		"a name twice": {
			value: "- a: {urls: [books]}\n- a: {urls: [pens]}\n",
			facts: []string{"production target books at x-wso2-endpoints[0].a.urls[0] line 3"},
			want:  []string{root + `[1].a: line 4: the name "a" is defined twice; remove one of them [input/duplicate]`, needsOperation},
		},
		"wrong shapes": {
			value: "- a: books\n- b:\n-\n- c\n- [d]\n- e: {urls: [f g]}\n",
			want: []string{
				root + `[0].a: line 3: is a string ("books"); use a mapping [input/type]`,
				root + "[1].b: line 4: has no urls; add urls, a list of endpoints [swagger/endpoint]",
				root + `[2]: line 5: is empty; use "NAME: {urls: [...]}" [swagger/extension]`,
				root + `[3]: line 6: is a string ("c"); use a mapping [input/type]`,
				root + "[4]: line 7: is a list; use a mapping [input/type]",
				root + `[5].e.urls[0]: line 8: "f g" is neither a URL nor a name; use a URL with its scheme, such as https://example.com/v1, or NAME or NAME.NAMESPACE of a TargetEndpoint [swagger/endpoint]`,
				needsOperation,
			},
		},
		"a string": {
			value: "  books\n",
			want:  []string{root + `: line 3: is a string ("books"); use a list [input/type]`, needsOperation},
		},
		"a name that is nearly right": {
			value: "- books: {urls: [books]}\nx-wso2-sandbox-endpoints: '#/x-wso2-endpoints/boks'\n",
			facts: []string{"production target books at x-wso2-endpoints[0].books.urls[0] line 3"},
			want: []string{
				`error: api.yaml: x-wso2-sandbox-endpoints: line 4: x-wso2-endpoints does not define "boks"; did you mean "#/x-wso2-endpoints/books"? [swagger/endpoint]`,
				needsOperation,
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			check(t, "openapi: 3.0.0\nx-wso2-endpoints:\n"+tt.value, append([]string{noOperations}, tt.facts...), tt.want)
		})
	}
}

func TestMissingEndpoints(t *testing.T) {
	const somewhere = "x-wso2-production-endpoints: {urls: [a]}"
	tests := map[string]struct {
		text, want string
	}{
		"none at all":       {"paths: {/a: {get: {}}}\n", "warning: api.yaml: line 1: has no endpoint; add x-wso2-production-endpoints, with urls, at the root [swagger/endpoint]"},
		"a relative server": {"servers: [{url: /v1}]\npaths: {/a: {get: {}}}\n", "warning: api.yaml: line 1: has no endpoint; add x-wso2-production-endpoints, with urls, at the root [swagger/endpoint]"},
		"on some operations": {
			"paths:\n  /a:\n    get: {" + somewhere + "}\n    put: {}\n    post: {}\n    head: {}\n",
			`warning: api.yaml: paths["/a"].put: line 5: has no endpoint, like 2 other operations; add x-wso2-production-endpoints here or at the root [swagger/endpoint]`,
		},
		"on all":                    {"paths: {/a: {get: {" + somewhere + "}, put: {" + somewhere + "}}}\n", ""},
		"at the root":               {somewhere + "\npaths: {/a: {get: {}}}\n", ""},
		"a server":                  {"servers: [{url: //host/}]\npaths: {/a: {get: {}}}\n", ""},
		"a server of the operation": {"paths: {/a: {get: {servers: [{url: 'http://h'}]}}}\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, problems := read("openapi: 3.0.0\n" + tt.text)
			if got := strings.Join(problems, "\n"); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}
