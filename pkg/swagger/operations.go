package swagger

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Operation is one method of one path. It keeps no reference to the text of its document.
type Operation struct {
	// Place is the place of the operation, which can be in a path item that its path refers to.
	Place model.Place
	// Method is the name of the method in upper case, Path the path as it is written, without the base path.
	Method, Path string
	// ID is operationId, "" if missing.
	ID string
	// Production and Sandbox are the endpoints of the operation, or of the root if the operation sets none. Servers of OpenAPI
	// are production endpoints where a level has no others.
	Production, Sandbox Endpoints
	Security            Security
	// Extensions are only the extensions of the operation, as JSON by name.
	Extensions map[string]string
}

// Endpoints are the backends of one stage. Operations can share the memory of their endpoints.
type Endpoints struct {
	// Place is where they are set: at the operation, its path, or the root.
	Place model.Place
	Type  EndpointType
	// List has no stages.
	List []Endpoint
	// Settings are the other fields of the extension, such as advanceEndpointConfig, as JSON by name.
	Settings map[string]string
}

// EndpointType says how requests are distributed over several endpoints.
type EndpointType string

// The types of endpoints. Every type of a document except failover means LoadBalance.
const (
	LoadBalance EndpointType = "load_balance"
	Failover    EndpointType = "failover"
)

// Security says which clients are allowed to call an operation.
type Security struct {
	// Requirements are the requirements of the operation, or of the root if the operation sets none; each is sufficient. They
	// are nil if neither sets security, and empty for security: []. The requirement {} is nil.
	Requirements []Requirement
	// Disabled is x-wso2-disable-security of the operation, or of the root; nil if neither sets it. Values that are not a
	// boolean count as false.
	Disabled *bool
	// AuthType is x-auth-type of the operation.
	AuthType string
}

// Requirement is a set of schemes that are all required, none for {}.
type Requirement []Scheme

// Scheme is a security scheme with the required scopes.
type Scheme struct {
	Name   string
	Scopes []string
}

const (
	disableExtension  = "x-wso2-disable-security"
	authTypeExtension = "x-auth-type"
)

// Operations returns all operations in the order of the document. It skips malformed values, which Read reports. Extensions of
// a path have no effect, as for the gateway. A released document has no operations.
func (d *Document) Operations() []Operation {
	if d.root == nil {
		return nil
	}
	r := newReader(d)
	r.settings = true
	r.namedEndpoints()
	for _, n := range r.named {
		n.endpoints = n.endpoints.clone()
	}
	root := r.stated(d.root, d.Place, nil)
	if len(root.Production.List) == 0 {
		root.Production = r.server(d.root, d.Place)
	}
	var all []Operation
	for _, path := range r.members(krm.Get(d.root, "paths"), d.Place.Child("paths")) {
		if strings.HasPrefix(path.key, "x-") {
			continue
		}
		from := len(all)
		r.eachOperation(path, func(m member) {
			method := strings.ToUpper(m.key)
			if slices.ContainsFunc(all[from:], func(o Operation) bool { return o.Method == method }) {
				return // An operation of the path itself overrides one of the path item that it refers to.
			}
			o := r.stated(m.value, m.at(), &root)
			for _, level := range []member{path, m} {
				if krm.Get(m.value, productionExtension) == nil && d.version != swagger2 && krm.Get(level.value, "servers") != nil {
					o.Production = r.server(level.value, level.at())
				}
			}
			o.Method, o.Path, o.ID = method, strings.Clone(path.key), strings.Clone(krm.Text(m.value, "operationId"))
			all = append(all, o)
		})
	}
	return all
}

// eachOperation visits the operations of a path, then those of the path items that it refers to.
func (r *reader) eachOperation(path member, visit func(member)) {
	n, at := path.value, path.at()
	for hops := 0; n != nil && hops <= maxHops; hops++ {
		for _, m := range r.members(n, at) {
			if slices.Contains(methods, m.key) && m.value.Kind == yaml.MappingNode {
				visit(m)
			}
		}
		ref := krm.Text(n, "$ref")
		if !strings.HasPrefix(ref, "#") {
			return
		}
		n, at = r.tree.resolve(ref, r.at)
	}
}

// stated returns the settings of an operation, which override those of the root, or the settings of the root itself if root is
// nil.
func (r *reader) stated(n *yaml.Node, at model.Place, root *Operation) Operation {
	o := Operation{Place: at}
	if root != nil {
		o.Production, o.Sandbox, o.Security = root.Production, root.Sandbox, root.Security
	}
	for _, m := range r.members(n, at) {
		switch m.key {
		case productionExtension:
			o.Production = r.group(m)
		case sandboxExtension:
			o.Sandbox = r.group(m)
		case "security":
			o.Security.Requirements = requirements(m.value)
		case disableExtension:
			o.Security.Disabled = new(m.value.ShortTag() == "!!bool" && strings.EqualFold(m.value.Value, "true"))
		}
		if root != nil && strings.HasPrefix(m.key, "x-") {
			o.extend(m)
		}
	}
	return o
}

func (o *Operation) extend(m member) {
	if m.key == authTypeExtension {
		o.Security.AuthType = strings.Clone(m.value.Value)
	}
	o.Extensions = withJSON(o.Extensions, m)
}

// withJSON adds the value of m to all.
func withJSON(all map[string]string, m member) map[string]string {
	if all == nil {
		all = map[string]string{}
	}
	var w jsonWriter
	w.value(m.value)
	all[strings.Clone(m.key)] = w.buf.String()
	return all
}

// group reads the endpoints of an extension. Operations share the memory of an entry of x-wso2-endpoints.
func (r *reader) group(m member) Endpoints {
	e, entry := r.endpoints(m)
	if entry == nil {
		e = e.clone()
	}
	e.Place = m.at()
	return e
}

// clone returns endpoints that keep no reference to the text of the document.
func (e Endpoints) clone() Endpoints {
	e.List = slices.Clone(e.List)
	for i := range e.List {
		e.List[i].detach()
	}
	return e
}

// requirements reads a list of security requirements. A malformed requirement becomes a scheme that does not exist, so a
// mistake does not make an operation public.
func requirements(list *yaml.Node) []Requirement {
	entries := list.Content
	if list.Kind != yaml.SequenceNode {
		entries = []*yaml.Node{list}
	}
	all := make([]Requirement, len(entries))
	for i, n := range entries {
		if n.Kind != yaml.MappingNode || list.Kind != yaml.SequenceNode {
			all[i] = Requirement{{Name: strings.Clone(n.Value)}}
			continue
		}
		for j := 0; j+1 < len(n.Content); j += 2 {
			s := Scheme{Name: strings.Clone(n.Content[j].Value)}
			for _, scope := range n.Content[j+1].Content {
				s.Scopes = append(s.Scopes, strings.Clone(scope.Value))
			}
			all[i] = append(all[i], s)
		}
	}
	return all
}

// ForWSO2 reports whether a document with these root extensions and operations is written for the WSO2 gateway.
func ForWSO2(root map[string]string, operations []Operation) bool {
	known := func(extensions map[string]string) bool {
		for name := range extensions {
			if strings.HasPrefix(name, "x-wso2-") || name == "x-auth-type" || name == "x-throttling-tier" || name == "x-scope" {
				return true
			}
		}
		return false
	}
	return known(root) || slices.ContainsFunc(operations, func(o Operation) bool { return known(o.Extensions) })
}
