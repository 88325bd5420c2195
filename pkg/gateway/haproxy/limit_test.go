package haproxy

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	b := echo(t, "b", 200)
	limited := func(method, path string, n int64) Operation {
		o := public(method, path, b)
		o.Limit = &Limit{n, time.Hour}
		return o
	}
	secured := Operation{Method: "GET", Path: "/secured", Pool: Pool{Servers: []Server{b}}, Limit: &Limit{1, time.Hour}}
	url, _ := start(t, Gateway{APIs: []API{
		{BasePath: "/one", Operations: []Operation{limited("GET", "/a/{x}", 3), limited("DELETE", "/a/{x}", 1), public("GET", "/b", b), secured}},
		{BasePath: "/two", Limit: &Limit{4, 24 * time.Hour}, Operations: []Operation{public("GET", "/a", b), limited("GET", "/b", 1)}},
	}})
	statuses := func(paths ...string) string {
		var all []string
		for _, p := range paths {
			method, path, _ := strings.Cut(p, " ")
			q, _ := http.NewRequest(method, url+path, http.NoBody)
			response, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode == http.StatusTooManyRequests && response.Header.Get("Retry-After") == "" {
				t.Errorf("%s: no Retry-After", p)
			}
			all = append(all, response.Status[:3])
		}
		return strings.Join(all, " ")
	}
	for _, c := range []struct{ name, want, got string }{
		{"operation", "200 200 200 429 429", statuses("GET /one/a/1", "GET /one/a/2", "GET /one/a/3", "GET /one/a/4", "GET /one/a/1")},
		{"another method", "200 429", statuses("DELETE /one/a/1", "DELETE /one/a/1")},
		{"no limit", "200 200 200 200", statuses("GET /one/b", "GET /one/b", "GET /one/b", "GET /one/b")},
		{"who is not admitted does not count", "401 401 401", statuses("GET /one/secured", "GET /one/secured", "GET /one/secured")},
		{"API", "200 200 200 429 200 429", statuses("GET /two/a", "GET /two/a", "GET /two/b", "GET /two/b", "GET /one/b", "GET /two/a")},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, c.got, c.want)
		}
	}
}

func TestCORS(t *testing.T) {
	b := echo(t, "b", 200)
	options := public("OPTIONS", "/own", b)
	closed := Operation{Method: "PUT", Path: "/a", Pool: Pool{Servers: []Server{b}}}
	url, _ := start(t, Gateway{APIs: []API{
		{BasePath: "/one", CORS: &CORS{
			Origins: []string{"https://shop.example.com", "https://b.example.com"}, Methods: []string{"GET", "PUT"},
			Headers: []string{"Authorization", "X-A.B"}, Credentials: true,
		}, Operations: []Operation{public("GET", "/a", b), closed, public("GET", "/own", b), options}},
		{BasePath: "/any", CORS: &CORS{Origins: []string{"*"}, Methods: []string{"*"}, Headers: []string{"*"}}, Operations: []Operation{public("GET", "/a", b)}},
		{BasePath: "/none", Operations: []Operation{public("GET", "/a", b)}},
		{BasePath: "/nobody", CORS: &CORS{}, Operations: []Operation{public("GET", "/a", b)}},
	}})
	const origin = "Origin: https://shop.example.com"
	preflight := func(path string, status int, want []string, headers ...string) request {
		return request{method: "OPTIONS", path: path, headers: headers, status: status, want: want}
	}
	for _, q := range []request{
		{path: "/one/a", headers: []string{origin}, status: 200, want: []string{
			"Access-Control-Allow-Origin: https://shop.example.com", "Vary: Origin", "Access-Control-Allow-Credentials: true",
		}},
		{path: "/one/a", headers: []string{"Origin: https://evil.example.com"}, status: 200, want: []string{"!Access-Control"}},
		{path: "/one/a", status: 200, want: []string{"!Access-Control"}},
		{path: "/one/a", method: "PUT", headers: []string{origin}, status: 401, want: []string{"Access-Control-Allow-Origin: https://shop.example.com"}},
		preflight("/one/a", 200, []string{
			"Access-Control-Allow-Origin: https://shop.example.com", "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: authorization,x-a.b",
		}, origin, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization,x-a.b"),
		preflight("/one/a", 200, []string{"Access-Control-Allow-Methods: GET"}, origin, "Access-Control-Request-Method: GET"),
		preflight("/one/a", 200, []string{"!Access-Control-Allow-Methods", "Allow: GET, OPTIONS, PUT"}, origin, "Access-Control-Request-Method: DELETE"),
		preflight("/one/a", 200, []string{"!Access-Control-Allow-Methods"}, origin, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: x-axb"),
		preflight("/one/a", 200, []string{"!Access-Control"}, "Origin: https://evil.example.com", "Access-Control-Request-Method: GET"),
		preflight("/one/own", 200, []string{"b OPTIONS /own"}, origin, "Access-Control-Request-Method: GET"),
		preflight("/any/a", 200, []string{"Access-Control-Allow-Origin: https://x.example.com", "Access-Control-Allow-Headers: x-any", "!Credentials"},
			"Origin: https://x.example.com", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: x-any"),
		preflight("/none/a", 200, []string{"!Access-Control", "Allow: GET, OPTIONS"}, origin, "Access-Control-Request-Method: GET"),
		preflight("/nobody/a", 200, []string{"!Access-Control"}, origin, "Access-Control-Request-Method: GET"),
		preflight("/one/x", 404, nil, origin, "Access-Control-Request-Method: GET"),
	} {
		q.send(t, url)
	}
}
