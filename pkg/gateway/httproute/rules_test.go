package httproute

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// lines returns rules in short.
func lines(rules []gatewayv1.HTTPRouteRule) []string {
	var all []string
	for _, r := range rules {
		var words []string
		for _, m := range r.Matches {
			word := string(*m.Method)
			for _, h := range m.Headers {
				word += " for " + h.Value
			}
			words = append(words, fmt.Sprintf("%s %s %s", word, *m.Path.Type, *m.Path.Value))
		}
		line := strings.Join(words, ", ")
		for _, f := range r.Filters {
			if f.URLRewrite == nil {
				line += " " + string(f.Type)
			} else if p := f.URLRewrite.Path; p.ReplaceFullPath != nil {
				line += " => " + *p.ReplaceFullPath
			} else {
				line += " =>> " + *p.ReplacePrefixMatch
			}
		}
		for _, b := range r.BackendRefs {
			line += fmt.Sprintf(" %s:%d", b.Name, *b.Port)
		}
		if r.Timeouts != nil {
			line += " " + string(*r.Timeouts.Request)
		}
		all = append(all, line)
	}
	return all
}

var a, b = Target{Backends: []Backend{{Name: "a", Port: 80}}}, Target{Backends: []Backend{{Name: "b", Port: 81}}}

// at returns a target with a path.
func at(t Target, path string) Target {
	t.Path = path
	return t
}

func operations(target Target, texts ...string) []Operation {
	var all []Operation
	for _, text := range texts {
		method, path, _ := strings.Cut(text, " ")
		all = append(all, Operation{Method: method, Path: path, Target: target})
	}
	return all
}

func and(lists ...[]Operation) []Operation {
	var all []Operation
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func TestRules(t *testing.T) {
	slow := a
	slow.Timeout = 90*time.Minute + 1500*time.Millisecond
	for _, c := range []struct {
		name string
		api  API
		want []string
		// wrong are problems.
		wrong []string
	}{
		{
			"exact",
			API{BasePath: "", Operations: operations(a, "GET /", "GET /x", "POST /x")},
			[]string{"GET Exact / a:80", "GET Exact /x, POST Exact /x a:80"},
			nil,
		},
		{
			"base path",
			API{BasePath: "/v1", Operations: operations(a, "GET /", "GET /x")},
			[]string{"GET Exact /v1/, GET Exact /v1 => / a:80", "GET Exact /v1/x => /x a:80"},
			nil,
		},
		{
			"path of the backend",
			API{BasePath: "/v1", Operations: operations(at(a, "/api"), "GET /x", "GET /y/{id}")},
			[]string{"GET Exact /v1/x => /api/x a:80", "GET PathPrefix /v1/y =>> /api/y a:80"},
			nil,
		},
		{
			"same path of the backend",
			API{BasePath: "/v1", Operations: operations(at(a, "/v1"), "GET /x", "GET /y/{id}")},
			[]string{"GET Exact /v1/x a:80", "GET RegularExpression ^/v1/y/[^/]+$ a:80"},
			nil,
		},
		{"no base path", API{Operations: operations(at(a, "/api"), "GET /{id}")}, []string{"GET PathPrefix / =>> /api a:80"}, nil},
		{
			"base path and a parameter",
			API{BasePath: "/v1", Operations: operations(a, "GET /{id}")},
			[]string{"GET PathPrefix /v1 =>> / a:80"},
			nil,
		},
		{
			"encoding",
			API{BasePath: "/é", Operations: operations(a, "GET /a b%20%zz(c)")},
			[]string{"GET Exact /%C3%A9/a%20b%20%25zz(c) => /a%20b%20%25zz(c) a:80"},
			nil,
		},
		{
			"patterns",
			API{Operations: operations(a, "GET /a.b/{x}.json/{y}-{z}", "GET /{")},
			[]string{`GET RegularExpression ^/a\.b/[^/]+\.json/[^/]+-[^/]+$ a:80`, "GET Exact /%7B a:80"},
			nil,
		},
		{
			"two targets",
			API{Operations: and(operations(a, "GET /x"), operations(b, "POST /x"), operations(slow, "PUT /x"))},
			[]string{"GET Exact /x a:80", "POST Exact /x b:81", "PUT Exact /x a:80 1h30m1s500ms"},
			nil,
		},
		{
			"preflight",
			API{BasePath: "/v1", CORS: &gatewayv1.HTTPCORSFilter{}, Operations: operations(a, "GET /x", "OPTIONS /x", "GET /y/{id}")},
			[]string{
				"GET Exact /v1/x, OPTIONS for GET Exact /v1/x, OPTIONS Exact /v1/x CORS => /x a:80",
				"GET PathPrefix /v1/y CORS =>> /y a:80", "OPTIONS for GET PathPrefix /v1/y CORS =>> /y a:80",
			},
			nil,
		},
		{
			"one prefix of two paths",
			API{BasePath: "/v1", Operations: operations(a, "GET /y/{id}", "GET /y/{id}/z", "DELETE /y/{id}")},
			[]string{"GET PathPrefix /v1/y =>> /y a:80", "DELETE PathPrefix /v1/y =>> /y a:80"},
			nil,
		},
		{
			"two prefixes",
			API{BasePath: "/v1", Operations: and(operations(a, "GET /y/{id}"), operations(b, "GET /w/{id}", "POST /y/{id}"))},
			[]string{
				"GET PathPrefix /v1/y =>> /y a:80", "GET PathPrefix /v1/w =>> /w b:81", "POST PathPrefix /v1/y =>> /y b:81",
			},
			nil,
		},
		{
			"a prefix matches itself",
			API{BasePath: "/v1", Operations: and(operations(a, "GET /y/{id}"), operations(b, "GET /y/z/{id}"))},
			[]string{"GET PathPrefix /v1/y =>> /y a:80"},
			[]string{"GET /y/{id}"},
		},
		{
			"a longer prefix gets other requests",
			API{BasePath: "/v1", Operations: and(operations(a, "GET /y/{id}/x/{n}"), operations(b, "GET /y/z/{id}"))},
			[]string{"GET PathPrefix /v1/y =>> /y a:80"},
			[]string{"GET /y/{id}/x/{n}"},
		},
		{
			"a longer prefix gets its own requests",
			API{BasePath: "/v1", Operations: and(operations(b, "GET /y/z/{id}"), operations(a, "GET /y/{id}/{n}"))},
			[]string{"GET PathPrefix /v1/y/z =>> /y/z b:81", "GET PathPrefix /v1/y =>> /y a:80"},
			nil,
		},
		{
			"one prefix of two targets",
			API{BasePath: "/v1", Operations: and(operations(a, "GET /y/{id}"), operations(b, "GET /y/{id}/z"))},
			[]string{"GET PathPrefix /v1/y =>> /y a:80"},
			[]string{"GET /y/{id}, which has other endpoints"},
		},
		{
			"a prefix and a pattern",
			API{BasePath: "/v1", Operations: and(operations(at(a, "/v1"), "GET /y/{id}"), operations(b, "GET /{x}/z", "GET /{x}"))},
			[]string{"GET RegularExpression ^/v1/y/[^/]+$ a:80"},
			[]string{"GET /y/{id}"},
		},
		{
			"a pattern and a prefix",
			API{BasePath: "/v1", Operations: and(operations(b, "GET /y/{x}"), operations(at(a, "/v1"), "GET /{id}", "GET /y/z/{id}"))},
			[]string{"GET PathPrefix /v1/y =>> /y b:81"},
			[]string{"GET /y/{x}", "GET /y/{x}"},
		},
		{
			"overlapping patterns",
			API{Operations: and(operations(a, "GET /{x}/z"), operations(b, "GET /y/{x}", "POST /y/{x}", "GET /y/{x}/z", "GET /q/p{x}"))},
			[]string{
				"GET RegularExpression ^/[^/]+/z$ a:80", "POST RegularExpression ^/y/[^/]+$ b:81",
				"GET RegularExpression ^/y/[^/]+/z$ b:81", "GET RegularExpression ^/q/p[^/]+$ b:81",
			},
			[]string{"GET /{x}/z"},
		},
		{
			"parts of segments",
			API{Operations: and(operations(a, "GET /a{x}.json", "GET /b{x}"), operations(b, "GET /{x}.xml", "GET /ab{x}n"))},
			[]string{"GET RegularExpression ^/a[^/]+\\.json$ a:80", "GET RegularExpression ^/b[^/]+$ a:80"},
			[]string{"GET /b{x}", "GET /a{x}.json"},
		},
		{
			"the same twice",
			API{Operations: operations(a, "GET /x/{y}", "GET /x/{z}", "GET /x", "GET /x")},
			[]string{"GET RegularExpression ^/x/[^/]+$ a:80", "GET Exact /x a:80"},
			[]string{"GET /x/{y}; remove", "GET /x; remove"},
		},
		{
			"paths",
			API{Operations: operations(a, "GET x", "GET /x?y", "GET /x#y", "GET /x//y", "GET /x/..", "GET /./x", "GET /x%2fy")},
			nil,
			[]string{"slash", "query", "query", `"//"`, `"/../"`, `"/./"`, `"%2f"`},
		},
		{"long", API{Operations: and(operations(a, "GET /"+strings.Repeat("x", 1024)), operations(at(a, "/v2"), "GET /"+strings.Repeat("x", 1021)))}, nil, []string{"1025 characters", "1025 characters"}},
		{"methods", API{Operations: operations(a, "QUERY /x")}, nil, []string{"the method QUERY; use one of CONNECT, DELETE"}},
		{"backends", API{Operations: operations(Target{Backends: make([]Backend, 17)}, "GET /x")}, nil, []string{"17 endpoints; use at most 16"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ps := New([]API{c.api}, true)
			if diff := cmp.Diff(c.want, lines(got.All)); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
			if len(ps) != len(c.wrong) {
				t.Fatalf("problems: %v; expected %d", ps, len(c.wrong))
			}
			for i, part := range c.wrong {
				if !strings.Contains(ps[i].Message, part) {
					t.Errorf("problem %q does not contain %q", ps[i].Message, part)
				}
			}
		})
	}
}

func TestRulesWithoutPrefixes(t *testing.T) {
	api := API{BasePath: "/v1", Operations: and(operations(a, "GET /x/{id}", "GET /x"), operations(b, "GET /x/{id}/y"))}
	got, ps := New([]API{api}, false)
	if diff := cmp.Diff([]string{"GET Exact /v1/x => /x a:80"}, lines(got.All)); diff != "" || len(ps) > 0 {
		t.Errorf("rules (-want +got):\n%s\nproblems: %v", diff, ps)
	}
	if got.Prefix == nil || got.Prefix.Path != "/x/{id}" || got.Pattern != nil {
		t.Errorf("the first prefix is that of %v, the first pattern that of %v", got.Prefix, got.Pattern)
	}
}

// Many paths with different targets are refused in a moment.
func TestTooManyPaths(t *testing.T) {
	var api API
	for i := range 10000 {
		target := Target{Backends: []Backend{{Name: fmt.Sprint("a", i), Port: 80}}}
		api.Operations = append(api.Operations, operations(target, fmt.Sprintf("GET /a%d/{x}", i))...)
	}
	got, ps := New([]API{api}, true)
	if len(ps) != 1 || !strings.Contains(ps[0].Message, "split the API") {
		t.Errorf("%d rules, problems %v", len(got.All), ps)
	}
}

func TestSplit(t *testing.T) {
	rules := func(matches ...int) []gatewayv1.HTTPRouteRule {
		var all []gatewayv1.HTTPRouteRule
		for _, n := range matches {
			all = append(all, gatewayv1.HTTPRouteRule{Matches: make([]gatewayv1.HTTPRouteMatch, n)})
		}
		return all
	}
	sizes := func(routes [][]gatewayv1.HTTPRouteRule) []int {
		var all []int
		for _, r := range routes {
			all = append(all, len(r))
		}
		return all
	}
	if got := sizes(Split(nil)); got != nil {
		t.Errorf("no rules become routes of %v", got)
	}
	if diff := cmp.Diff([]int{16, 16, 1}, sizes(Split(rules(make([]int, 33)...)))); diff != "" {
		t.Errorf("33 rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{2, 3, 1}, sizes(Split(rules(64, 64, 64, 10, 54, 1)))); diff != "" {
		t.Errorf("rules with many matches (-want +got):\n%s", diff)
	}
}
