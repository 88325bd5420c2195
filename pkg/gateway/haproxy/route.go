package haproxy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// route is an operation with its names.
type route struct {
	*Operation
	// name is the name of its backend.
	name     string
	api      *API
	apiName  string
	template *template
}

// template is a path of an API with all its operations.
type template struct {
	// name is t0, t1, ... in the order in which templates match. api is the name of its API.
	name, api string
	// path is the whole template, with special characters percent-encoded. literal means that it has no parameter.
	path    string
	literal bool
	routes  []*route
}

// parameter matches a path parameter.
var parameter = regexp.MustCompile(`\{[^{}/]*\}`)

// routes returns all operations in order, with a unique name for each.
func routes(apis []API) []route {
	var all []route
	taken := map[string]bool{Frontend: true, metricsFrontend: true, nowhere: true, "cluster": true}
	byPath := map[string]*template{}
	for i := range apis {
		for j := range apis[i].Operations {
			o := &apis[i].Operations[j]
			all = append(all, route{Operation: o, api: &apis[i], apiName: "a" + strconv.Itoa(i), name: backendName(o, taken)})
		}
	}
	var templates []*template
	for i := range all {
		o := &all[i]
		whole := "/" + strings.Trim(o.api.BasePath+o.Path, "/")
		// Parameters of different names are the same template.
		key := parameter.ReplaceAllString(whole, "{}")
		t := byPath[key]
		if t == nil {
			t = &template{api: o.apiName, path: encode(key), literal: !parameter.MatchString(whole)}
			byPath[key] = t
			templates = append(templates, t)
		}
		o.template = t
		t.routes = append(t.routes, o)
	}
	slices.SortFunc(templates, func(a, b *template) int { return cmp.Compare(a.rank(), b.rank()) })
	for i, t := range templates {
		t.name = "t" + strconv.Itoa(i)
	}
	return all
}

// Backends returns the names of the backends of all operations, in order. They are the labels proxy of the metrics
// haproxy_backend_*.
func Backends(apis []API) []string {
	var names []string
	for _, r := range routes(apis) {
		names = append(names, r.name)
	}
	return names
}

// templatesOf returns the templates in the order in which they match.
func templatesOf(all []route) []*template {
	var out []*template
	for _, o := range all {
		if o.template.routes[0].Operation == o.Operation {
			out = append(out, o.template)
		}
	}
	slices.SortFunc(out, func(a, b *template) int { return cmp.Compare(a.rank(), b.rank()) })
	return out
}

// rank sorts templates such that a literal precedes a parameter in the same place, and a longer path precedes a shorter one.
func (t *template) rank() string {
	// In this order, "{}" sorts after all characters of a path.
	return strings.ReplaceAll(t.path, "{}", "\U0010ffff")
}

// pattern returns a regular expression for the paths that match. A slash at the end of a path does not count.
func (t *template) pattern() string {
	return "^" + strings.ReplaceAll(regexp.QuoteMeta(t.path), regexp.QuoteMeta("{}"), "[^/]+") + "/?$"
}

// methods returns the methods for the header Allow, sorted. The gateway answers OPTIONS itself if the document does not.
func (t *template) methods() []string {
	all := []string{"OPTIONS"}
	for _, o := range t.routes {
		all = append(all, o.Method)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// encode percent-encodes everything that cannot stand in the path of a request (RFC 3986, section 3.3). It keeps {} and valid
// percent-encoding.
func encode(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~!$&'()*+,;=:@/", c) >= 0,
			c == '%' && escape.MatchString(path[i:]):
			b.WriteByte(c)
		case strings.HasPrefix(path[i:], "{}"):
			b.WriteString("{}")
			i++
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

var escape = regexp.MustCompile(`^%[0-9A-Fa-f]{2}`)

// backendName returns the name of the backend of an operation: its ID, or its method and path, with only those characters that a
// name can have (section 4 of the manual).
func backendName(o *Operation, taken map[string]bool) string {
	name := cmp.Or(o.ID, strings.ToLower(o.Method)+o.Path)
	name = strings.Trim(notNameChar.ReplaceAllString(name, "_"), "_")
	const longest = 100
	name = cmp.Or(name[:min(len(name), longest)], strings.ToLower(o.Method))
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = name + "_" + strconv.Itoa(n)
	}
	taken[unique] = true
	return unique
}

var notNameChar = regexp.MustCompile(`[^A-Za-z0-9.:-]+`)

// dots matches a path that a backend could resolve to another one.
const dots = `(^|[/\\])\.\.?([/\\;]|$)`

// route finds the template of a request.
func (r *renderer) route() {
	r.line("http-request", "set-var(txn.method)", "method")
	r.line("http-request", "set-var(txn.path)", "path")
	r.line("acl", "dots", "path,url_dec", "-m", "reg", "--", dots)
	r.line("acl", "dots", "path,url_dec,url_dec", "-m", "reg", "--", dots)
	r.respond([]string{"dots"}, failure{400, 400, "Bad Request", "The path contains a dot segment"})
	r.line("http-request", "set-var(txn.template)", "path,map_str("+r.file(literalsFile)+")")
	r.line("acl", "found", "var(txn.template)", "-m", "found")
	r.line("http-request", "set-var(txn.template)", "path,map_reg("+r.file(templatesFile)+")", "unless", "found")
	r.respond([]string{"!found"}, failure{404, 404, "Not Found", "No operation has this path"})
	r.disguised()
	r.line("http-request", "set-var(txn.api)", "var(txn.template),map_str("+r.file(apisFile)+")")
	r.line("http-request", "set-var(txn.allow)", "var(txn.template),map_str("+r.file(methodsFile)+")")
	r.line("http-request", "set-var-fmt(txn.key)", "%[method]:%[var(txn.template)]")
	r.line("http-request", "set-var(txn.operation)", "var(txn.key),map_str("+r.file(operationsFile)+")")
	r.line("acl", "declared", "var(txn.operation)", "-m", "found")
}

// disguised rejects a path that a backend could take for that of another operation, which other clients may call: /pets/%61dmin or
// /pets/admin;x for /pets/admin, where there is also /pets/{id}. Many backends decode a path, cut off its matrix parameters, or
// take a backslash for a slash.
func (r *renderer) disguised() {
	r.line("acl", "encoded", "path", "-m", "reg", "--", `[%;\\]`)
	r.line("http-request", "set-var(txn.plain)", `path,url_dec,regsub(;[^/]*,,g),regsub(\\\\,/,g)`, "if", "encoded")
	r.line("http-request", "set-var(txn.plain_template)", "var(txn.plain),map_str("+r.file(literalsFile)+")", "if", "encoded")
	r.line("acl", "plain", "var(txn.plain_template)", "-m", "found")
	r.line("http-request", "set-var(txn.plain_template)", "var(txn.plain),map_reg("+r.file(templatesFile)+")", "if", "encoded", "!plain")
	r.line("acl", "alike", "var(txn.plain_template),strcmp(txn.template)", "eq", "0")
	r.respond([]string{"plain", "!alike"}, failure{400, 400, "Bad Request", "The path is that of another operation, with special characters"})
}

// methods answers requests whose path has no operation of the method.
func (r *renderer) methods() {
	r.line("http-request", "return", "status", "200", "hdr", "Allow", "%[var(txn.allow)]",
		"if", "{", "method", "OPTIONS", "}", "!declared")
	r.respond([]string{"!declared"}, failure{405, 405, "Method Not Allowed", "The path has no operation of this method"},
		"Allow", "%[var(txn.allow)]")
}
