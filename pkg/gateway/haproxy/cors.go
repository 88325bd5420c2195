package haproxy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// cors answers preflight requests, and adds the headers that let browsers read a response (https://fetch.spec.whatwg.org).
func (r *renderer) cors() {
	for i := range r.APIs {
		c := r.APIs[i].CORS
		if c == nil {
			continue
		}
		n := strconv.Itoa(i)
		api, origin := "cors_"+n, "origin_"+n
		r.line("acl", api, "var(txn.api)", "-m", "str", "a"+n)
		r.allow(origin, "req.hdr(origin)", c.Origins)
		r.line("http-request", "set-var(txn.origin)", "req.hdr(origin)", "if", api, origin)
		credentials := []string{}
		if c.Credentials {
			credentials = []string{"hdr", "Access-Control-Allow-Credentials", "true"}
			r.line("http-after-response", "set-header", "Access-Control-Allow-Credentials", "true",
				"if", api, "{", "var(txn.origin)", "-m", "found", "}")
		}
		method, headers := "method_"+n, "headers_"+n
		r.allow(method, "req.hdr(access-control-request-method)", c.Methods)
		r.line("acl", headers, "req.fhdr(access-control-request-headers)", "-m", "reg", "-i", "--", headerList(c.Headers))
		r.line("acl", "no_"+headers, "req.fhdr(access-control-request-headers)", "-m", "found")
		preflight := append([]string{
			"http-request", "return", "status", "200",
			"hdr", "Access-Control-Allow-Methods", "%[req.hdr(access-control-request-method)]",
		}, credentials...)
		condition := []string{"{", "method", "OPTIONS", "}", "!declared", api, origin, method}
		r.rule(append(slices.Clone(condition), "!no_"+headers), preflight...)
		r.rule(append(slices.Clone(condition), headers), append(preflight,
			"hdr", "Access-Control-Allow-Headers", "%[req.fhdr(access-control-request-headers)]")...)
	}
	if slices.ContainsFunc(r.APIs, func(a API) bool { return a.CORS != nil }) {
		r.line("http-after-response", "set-header", "Access-Control-Allow-Origin", "%[var(txn.origin)]",
			"if", "{", "var(txn.origin)", "-m", "found", "}")
		r.line("http-after-response", "add-header", "Vary", "Origin", "if", "{", "var(txn.origin)", "-m", "found", "}")
	}
}

// allow writes an ACL for values, or for any value if they contain "*".
func (r *renderer) allow(acl, fetch string, values []string) {
	switch {
	case slices.Contains(values, "*"):
		r.line("acl", acl, fetch, "-m", "found")
	case len(values) == 0:
		r.line("acl", acl, "always_false")
	default:
		r.values([]string{"acl", acl, fetch, "-m", "str", "--"}, values)
	}
}

// headerList matches a list of names, in any order.
func headerList(names []string) string {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, regexp.QuoteMeta(name))
	}
	if slices.Contains(names, "*") {
		return "^.*$"
	}
	one := "(" + strings.Join(quoted, "|") + ")"
	return "^ *" + one + " *(, *" + one + " *)*$"
}
