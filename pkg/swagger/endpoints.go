package swagger

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const (
	referencePrefix = "#/" + endpointsExtension + "/"

	// whatEndpoint says what an endpoint can be.
	whatEndpoint = "use a URL with its scheme, such as https://example.com/v1, or NAME or NAME.NAMESPACE of a TargetEndpoint"
)

// namedEndpoints is one entry of x-wso2-endpoints.
type namedEndpoints struct {
	name string
	// endpoints have no stage; references to the name set it.
	endpoints Endpoints
	// used has the stages that refer to it.
	used []Stage
}

// namedEndpoints reads x-wso2-endpoints: a list of mappings from a name to urls.
func (r *reader) namedEndpoints() {
	list := krm.Get(r.doc.root, endpointsExtension)
	if list == nil {
		return
	}
	at := r.at.Child(endpointsExtension).At(list.Line)
	if list.Kind == yaml.MappingNode {
		// The operator's decoder fails in this case and leaves every name undefined. Read the names anyway, so references to
		// them are not additional problems.
		r.problems.Errorf(model.SwaggerExtension, at,
			`is a mapping; use a list of mappings with one name each: "- NAME: {urls: [...]}"`)
		r.namedEntry(list, at)
		return
	}
	var entries []*yaml.Node
	r.problems.Add(krm.Decode(list, at, &entries)...)
	for i, entry := range entries {
		if krm.IsNull(entry) {
			r.problems.Errorf(model.SwaggerExtension, at.Item(i).At(entry.Line), `is empty; use "NAME: {urls: [...]}"`)
			continue
		}
		r.namedEntry(entry, at.Item(i))
	}
}

func (r *reader) namedEntry(entry *yaml.Node, at model.Place) {
	for _, m := range r.members(entry, at) {
		if r.byName[m.key] != nil {
			r.problems.Errorf(model.InputDuplicate, m.at(), "the name %q is defined twice; remove one of them", cut(m.key))
			continue
		}
		n := &namedEndpoints{name: m.key, endpoints: r.endpointList(m)}
		r.named = append(r.named, n)
		r.byName[m.key] = n
	}
}

// unreferenced adds the named endpoints without references.
func (r *reader) unreferenced() {
	for _, n := range r.named {
		if n.used == nil {
			r.add(Production, n.endpoints.List)
		}
	}
}

// endpoints reads x-wso2-production-endpoints or x-wso2-sandbox-endpoints: a mapping with urls, a reference to an entry
// of x-wso2-endpoints, or one endpoint. The list is shared if it is that of an entry.
func (r *reader) endpoints(m member) (e Endpoints, entry *namedEndpoints) {
	e.Type = LoadBalance
	switch {
	case krm.IsNull(m.value):
		r.problems.Errorf(model.SwaggerEndpoint, m.at(), `is empty; use urls, a reference such as "%sNAME", or one endpoint`,
			referencePrefix)
	case m.value.Kind == yaml.SequenceNode:
		r.problems.Errorf(model.SwaggerEndpoint, m.at(), "is a list; use a mapping with the list as urls")
	case m.value.Kind == yaml.MappingNode:
		e = r.endpointList(m)
	case !strings.HasPrefix(m.value.Value, "#"):
		e.List = r.endpoint(m)
	default:
		if entry = r.reference(m); entry != nil {
			e = entry.endpoints
		}
	}
	return e, entry
}

// stage adds the endpoints of an extension to the document.
func (r *reader) stage(m member, stage Stage) {
	e, entry := r.endpoints(m)
	if entry != nil {
		if slices.Contains(entry.used, stage) {
			return
		}
		entry.used = append(entry.used, stage)
	}
	r.add(stage, e.List)
}

// reference returns the entry that a reference names; nil if there is none.
func (r *reader) reference(m member) *namedEndpoints {
	name, ok := strings.CutPrefix(m.value.Value, referencePrefix)
	if !ok {
		r.report(model.SwaggerEndpoint, m, `%q does not refer to a named endpoint; use "%sNAME"`,
			cut(m.value.Value), referencePrefix)
		return nil
	}
	if n := r.byName[name]; n != nil {
		return n
	}
	// In a long list, finding a suggestion takes too long.
	var names []string
	for _, n := range r.named[:min(len(r.named), 100)] {
		names = append(names, n.name)
	}
	p := r.report(model.SwaggerEndpoint, m, "%s does not define %q", endpointsExtension, cut(name))
	if s := krm.Suggest(name, names); s != "" {
		suggest(p, referencePrefix+s)
	}
	return nil
}

// add adds the endpoints that the document does not have yet.
func (r *reader) add(stage Stage, endpoints []Endpoint) {
	for _, e := range endpoints {
		e.Stage = stage
		key := e
		key.Place = model.Place{}
		if !r.seen[key] {
			r.seen[key] = true
			r.doc.Endpoints = append(r.doc.Endpoints, e)
		}
	}
}

// endpointFields are the keys of an endpoint list that the gateway and the API Manager, whose exports it reads, support. Only
// urls and type are used.
var endpointFields = []string{
	"urls", "type", "name", "securityConfig", "advanceEndpointConfig", "algoCombination",
	"algoClassName", "failOver", "sessionManagement", "sessionTimeOut",
}

// endpointTypes are the types that the gateway supports, without dashes and underscores.
var endpointTypes = []string{"loadbalance", "failover", "http", "https", "address"}

// endpointList reads the mapping that contains urls.
func (r *reader) endpointList(list member) Endpoints {
	endpoints := Endpoints{Type: LoadBalance}
	has := false
	for _, m := range r.members(list.value, list.at()) {
		switch {
		case m.key == "urls":
			has = !krm.IsNull(m.value)
			endpoints.List = r.urls(m)
		case m.key == "type":
			endpoints.Type = r.endpointType(m)
		case !slices.Contains(endpointFields, m.key):
			r.unknownField(model.SwaggerExtension, m, endpointFields)
		case r.settings:
			endpoints.Settings = withJSON(endpoints.Settings, m)
		}
	}
	if !has && (list.value.Kind == yaml.MappingNode || krm.IsNull(list.value)) {
		r.problems.Errorf(model.SwaggerEndpoint, list.at(), "has no urls; add urls, a list of endpoints")
	}
	return endpoints
}

func (r *reader) endpointType(m member) EndpointType {
	s := r.str(m)
	normal := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(s))
	if s != "" && !slices.Contains(endpointTypes, normal) {
		r.report(model.SwaggerExtension, m, "unknown type %q; use load_balance or failover", cut(s)).Severity = model.Warning
	}
	if normal == "failover" {
		return Failover
	}
	return LoadBalance
}

func (r *reader) urls(list member) []Endpoint {
	var items []*yaml.Node
	r.problems.Add(krm.Decode(list.value, list.at(), &items)...)
	if items != nil && len(items) == 0 {
		r.problems.Errorf(model.SwaggerEndpoint, list.at(), "is empty; %s", whatEndpoint)
	}
	var endpoints []Endpoint
	for i, item := range items {
		endpoints = append(endpoints, r.endpoint(member{value: item, in: list.at().Item(i).At(item.Line)})...)
	}
	return endpoints
}

// endpoint reads one URL or the name of a TargetEndpoint. It returns nothing if the value is neither.
func (r *reader) endpoint(m member) []Endpoint {
	before := len(r.problems)
	s := r.str(m)
	if len(r.problems) > before {
		return nil
	}
	e := Endpoint{Place: m.at()}
	switch problem := urlProblem(s); {
	case isEtcd(s) || problem == "":
		e.URL = s
	case isTargetName(s):
		e.Target.Name, e.Target.Namespace, _ = strings.Cut(s, ".")
	default:
		p := r.report(model.SwaggerEndpoint, m, "%s; %s", problem, whatEndpoint)
		if lower := strings.ToLower(strings.TrimSpace(s)); isTargetName(lower) {
			suggest(p, lower)
		}
		return nil
	}
	return []Endpoint{e}
}

var (
	// absolute matches a URL with a scheme (RFC 3986) and an authority. Either can be a template.
	absolute = model.Pattern(`^(?:[A-Za-z][A-Za-z0-9+.-]*|{[^{}]+})://(.*)$`)
	hostPort = model.Pattern(`^[A-Za-z0-9._-]+(:\d+|:\d+/.*|/.*)$`)
	template = model.Pattern(`{[^{}]+}`)
	dnsName  = model.Pattern(`^` + label + `(\.` + label + `)*$`)
	etcd     = model.Pattern(`^etcd\s*\(([^,()]+),([^,()]+)\)$`)
)

// label matches a DNS label (RFC 1123) of any length: a pattern with a repetition count takes a millisecond to compile.
const label = `[a-z0-9](?:[a-z0-9-]*[a-z0-9])?`

// isTargetName reports whether s is NAME or NAME.NAMESPACE, where both are DNS labels, like the name of a Service.
func isTargetName(s string) bool { return strings.Count(s, ".") < 2 && isDNSName(s) }

// isEtcd reports whether s is etcd(KEY, URL), which the gateway replaces by the value of the key, or by the URL.
func isEtcd(s string) bool {
	m := etcd().FindStringSubmatch(strings.TrimSpace(s))
	return len(m) == 3 && urlProblem(strings.TrimSpace(m[2])) == ""
}

// urlProblem returns why s is not an absolute URL, or "". Names of TargetEndpoints also have a problem.
func urlProblem(s string) string {
	shown := fmt.Sprintf("%q", cut(s))
	found := absolute().FindStringSubmatch(s)
	switch {
	case s == "":
		return "is empty"
	case strings.HasPrefix(s, "#"):
		return shown + " is a reference, which urls cannot contain"
	case found == nil && strings.HasPrefix(s, "etcd"):
		return shown + " is not of the form etcd(KEY, URL)"
	case found == nil && hostPort().MatchString(s):
		return shown + " has no scheme"
	case found == nil && strings.Count(s, ".") > 1 && isDNSName(s):
		return shown + " has more than two parts"
	case found == nil:
		return shown + " is neither a URL nor a name"
	}
	// A template can be anything; a digit is valid in a host, as a port, and in a path.
	u, err := url.Parse("x://" + template().ReplaceAllString(found[1], "1"))
	switch {
	case err != nil || strings.ContainsAny(s, " \t\n"):
		return shown + " is not a valid URL"
	case u.Hostname() == "":
		return shown + " has no host"
	}
	return ""
}

func isDNSName(s string) bool {
	const longest = 63
	isLong := func(part string) bool { return len(part) > longest }
	return dnsName().MatchString(s) && !slices.ContainsFunc(strings.Split(s, "."), isLong)
}
