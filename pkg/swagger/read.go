package swagger

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Read reads the OpenAPI document in text. at is the place of the whole text: the key of a ConfigMap, or a file; the
// lines of the problems count within text. The document is nil if text is not an OpenAPI document. Otherwise, it
// contains everything that is valid, and the problems describe the rest.
func Read(text string, at model.Place) (*Document, model.Problems) {
	var ps model.Problems
	if len(text) > krm.MaxText {
		ps.Errorf(model.InputLimit, at, "has more than %d MiB; split the API", krm.MaxText>>20)
		return nil, ps
	}
	root, done, ps := krm.ParsePooled(text, at)
	if ps.HasErrors() {
		return nil, ps
	}
	if krm.IsNull(root) {
		ps.Errorf(model.SwaggerVersion, at, "is empty; add an OpenAPI document")
		return nil, ps
	}
	r := newReader(&Document{Place: at, root: root, done: done})
	if !r.document() {
		return nil, r.problems.Sorted()
	}
	r.repeated()
	return r.doc, r.problems.Sorted()
}

func newReader(d *Document) reader {
	return reader{
		doc: d, at: d.Place, tree: tree{d.root, krm.Members{}}, checked: map[*yaml.Node]bool{}, items: map[*yaml.Node]int{},
		byName: map[string]*namedEndpoints{}, seen: map[Endpoint]bool{},
	}
}

// reader collects the facts and problems of one document.
type reader struct {
	doc      *Document
	at       model.Place
	problems model.Problems
	tree     tree
	named    []*namedEndpoints
	byName   map[string]*namedEndpoints
	// checked has the mappings whose keys were checked for duplicates, which are errors there.
	checked map[*yaml.Node]bool
	// items has the number of operations of each path item that was read. Other path items can refer to it.
	items map[*yaml.Node]int
	// covered means that every operation has an endpoint from the root; uncovered has the operations without endpoints.
	covered   bool
	uncovered []member
	// seen has the endpoints of the document, without their places.
	seen map[Endpoint]bool
	// settings means to keep the settings of endpoints.
	settings bool
}

// member is one key of a mapping with its value.
type member struct {
	key   string
	value *yaml.Node
	// in is the place of the mapping, and line the line of the key. For an element of a list, in is its own place, and line is
	// 0.
	in   model.Place
	line int
}

// at returns the place of the value, at the line of the key.
func (m member) at() model.Place {
	if m.line == 0 {
		return m.in
	}
	return m.in.Child(model.Shorten(m.key, longestKey)).At(m.line)
}

// longestKey is the maximum length of a key in a place. Without a limit, the places in a path item whose path is a megabyte
// would take a megabyte each.
const longestKey = 500

// members returns the members of the mapping n. It reports values that are not mappings, and keys that are not strings or are
// duplicated. A null or missing value has no members.
func (r *reader) members(n *yaml.Node, at model.Place) []member {
	if n == nil {
		return nil
	}
	var values map[string]*yaml.Node
	if !hasPlainKeys(n) {
		r.problems.Add(krm.Decode(n, at.At(n.Line), &values)...)
		if values == nil {
			return nil
		}
	}
	r.checked[n] = true
	members := make([]member, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if values == nil || key.Kind == yaml.ScalarNode && values[key.Value] == value {
			members = append(members, member{key.Value, value, at, key.Line})
		}
	}
	return members
}

// hasPlainKeys reports whether n is a mapping whose keys are different scalars.
func hasPlainKeys(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Kind != yaml.ScalarNode {
			return false
		}
	}
	key, _ := repeatedKey(n)
	return key == nil
}

// document reads the whole document, and reports whether it is an OpenAPI document.
func (r *reader) document() bool {
	root := r.doc.root
	if root.Kind != yaml.MappingNode {
		// The text might be any file, so the message does not contain it.
		r.noVersion(nil)
		return false
	}
	members := r.members(root, r.at)
	if !r.readVersion(members) {
		return false
	}
	r.info()
	r.namedEndpoints()
	for _, m := range members {
		switch m.key {
		case modeExtension:
			r.mode(m)
		case productionExtension:
			r.stage(m, Production)
		case sandboxExtension:
			r.stage(m, Sandbox)
		}
		r.extension(m, atRoot)
	}
	r.basePath()
	r.doc.HasServer = r.hasServer()
	if r.doc.version == swagger2 {
		r.host()
	} else {
		r.servers(root)
	}
	r.covered = krm.Get(root, productionExtension) != nil || krm.Get(root, sandboxExtension) != nil || r.doc.HasServer
	r.paths()
	r.unreferenced()
	return true
}

// specVersion is a version of the specification without its patch level: 2.0, 3.0, 3.1 or 3.2.
type specVersion string

const swagger2 specVersion = "2.0"

// String returns the usual name of the version.
func (v specVersion) String() string {
	if v == swagger2 {
		return "Swagger 2.0"
	}
	return "OpenAPI " + string(v)
}

// openAPI3 matches the supported versions. Tools must ignore the patch level (https://spec.openapis.org/oas/v3.1.0#versions).
var openAPI3 = model.Pattern(`^(3\.[012])(\.[0-9A-Za-z.-]+)?$`)

const whichVersion = `use openapi: 3.0.3, openapi: 3.1.0, or swagger: "2.0"`

// readVersion reads the version of the specification, and reports whether the document sets any.
func (r *reader) readVersion(members []member) bool {
	var stated []member
	for _, m := range members {
		if m.key == "openapi" || m.key == "swagger" {
			stated = append(stated, m)
		}
	}
	if len(stated) == 0 {
		r.noVersion(members)
		return false
	}
	if len(stated) > 1 {
		r.problems.Errorf(model.SwaggerVersion, stated[1].at(), "openapi and swagger are both set; remove one of them")
	}
	// An unquoted number, such as 3.1, is also a version.
	m := stated[0]
	if found := openAPI3().FindStringSubmatch(m.value.Value); m.key == "openapi" && found != nil {
		r.doc.version = specVersion(found[1])
	} else if m.key == "openapi" || m.value.Value != string(swagger2) {
		r.report(model.SwaggerVersion, m, "%q is not a supported version; %s", cut(m.value.Value), whichVersion)
	}
	if m.key == "swagger" {
		r.doc.version = swagger2
	}
	return true
}

func (r *reader) noVersion(members []member) {
	for _, m := range members {
		if name := krm.Suggest(m.key, []string{"openapi", "swagger"}); name != "" {
			r.problems.Errorf(model.SwaggerVersion, m.at(), "is not an OpenAPI document: unknown field %q", cut(m.key))
			suggest(r.last(), name)
			return
		}
	}
	r.problems.Errorf(model.SwaggerVersion, r.at.At(r.doc.root.Line), "is not an OpenAPI document; %s", whichVersion)
}

// info reads title and version.
func (r *reader) info() {
	for _, m := range r.members(krm.Get(r.doc.root, "info"), r.at.Child("info")) {
		switch m.key {
		case "title":
			r.doc.Title = r.text(m)
		case "version":
			r.doc.Version = r.text(m)
		}
		r.extension(m, inInfo)
	}
}

// text returns a scalar as it is written, regardless of its type: 1.0 is "1.0".
func (r *reader) text(m member) string {
	switch {
	case krm.IsNull(m.value):
		return ""
	case m.value.Kind == yaml.ScalarNode:
		return m.value.Value
	}
	return r.str(m)
}

// str returns a string, and reports any other value.
func (r *reader) str(m member) string {
	var s string
	r.problems.Add(krm.Decode(m.value, m.at(), &s)...)
	return s
}

func (r *reader) mode(m member) {
	s := r.str(m)
	mode, ok := model.ParseMode(s)
	if !ok {
		p := r.report(model.SwaggerMode, m, "unknown mode %q", cut(s))
		if !suggest(p, krm.Suggest(s, model.Modes)) {
			p.Message += "; known are " + strings.Join(model.Modes, ", ")
		}
	}
	r.doc.Mode = mode
}

// report adds an error about the value of m, and returns it for completion.
func (r *reader) report(id model.ID, m member, format string, args ...any) *model.Problem {
	r.problems.Errorf(id, m.at(), format, args...)
	p := r.last()
	if m.value.Kind == yaml.ScalarNode {
		p.Value = cut(m.value.Value)
	}
	return p
}

// unknownField warns of a key that is not one of known.
func (r *reader) unknownField(id model.ID, m member, known []string) {
	r.problems.Warnf(id, m.at(), "unknown field %q", cut(m.key))
	suggest(r.last(), krm.Suggest(m.key, known))
}

func (r *reader) last() *model.Problem { return &r.problems[len(r.problems)-1] }

// suggest adds a suggestion to p, and reports whether there is one.
func suggest(p *model.Problem, s string) bool {
	if s == "" {
		return false
	}
	p.Suggestion = s
	p.Message += fmt.Sprintf("; did you mean %q?", s)
	return true
}

// cut shortens a value for a message.
func cut(s string) string { return model.Shorten(s, model.MaxShown) }
