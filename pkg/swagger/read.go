package swagger

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Read reads the OpenAPI document in text. at is the place of the whole text: the key of a ConfigMap, or a file; the
// lines of the problems count within text. The document is nil if text is no OpenAPI document at all; otherwise it
// holds what is sound, and the problems say what is not.
func Read(text string, at model.Place) (*Document, model.Problems) {
	var r reader
	if len(text) > krm.MaxText {
		r.problems.Errorf(model.InputLimit, at, "has more than %d MiB; split the API", krm.MaxText>>20)
		return nil, r.problems
	}
	root, done, problems := krm.ParsePooled(text, at)
	if problems.HasErrors() {
		return nil, problems
	}
	if krm.IsNull(root) {
		r.problems.Errorf(model.SwaggerVersion, at, "is empty; write an OpenAPI document")
		return nil, r.problems
	}
	r = newReader(&Document{Place: at, root: root, done: done})
	if r.document() {
		r.repeated()
		return r.doc, r.problems.Sorted()
	}
	return nil, r.problems.Sorted()
}

func newReader(d *Document) reader {
	return reader{
		doc: d, at: d.Place, tree: newTree(d.root), checked: map[*yaml.Node]bool{}, items: map[*yaml.Node]int{},
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
	// checked has the mappings whose keys were checked for repetition, which in them is an error.
	checked map[*yaml.Node]bool
	// items has the number of operations of each path item that was read. Others may refer to it.
	items map[*yaml.Node]int
	// covered tells that every operation has an endpoint from the root, uncovered has the operations without any.
	covered   bool
	uncovered []member
	// seen has the endpoints of the document, without their places.
	seen map[Endpoint]bool
}

// member is one key of a mapping with its value.
type member struct {
	key   string
	value *yaml.Node
	// in is the place of the mapping, and line the line of the key; of an element of a list, in is the place itself, and line 0.
	in   model.Place
	line int
}

// at is the place of the value, at the line of the key.
func (m member) at() model.Place {
	if m.line == 0 {
		return m.in
	}
	return m.in.Child(shorten(m.key, longestKey)).At(m.line)
}

// longestKey is how much of a key is shown in a place. Without it the places in a path item whose path is a megabyte
// would take a megabyte each.
const longestKey = 500

// members gives the members of the mapping n, and reports what is no mapping, and keys that are no strings or stand
// twice. A null has no members.
func (r *reader) members(n *yaml.Node, at model.Place) []member {
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

// hasPlainKeys tells whether n is a mapping, not a large one, whose keys are scalars and different.
func hasPlainKeys(n *yaml.Node) bool {
	const most = 40 // Each key is compared with all others.
	if n.Kind != yaml.MappingNode || len(n.Content) > 2*most {
		return false
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Kind != yaml.ScalarNode {
			return false
		}
		for j := 0; j < i; j += 2 {
			if n.Content[i].Value == n.Content[j].Value {
				return false
			}
		}
	}
	return true
}

// document reads the whole document, and tells whether it is one.
func (r *reader) document() bool {
	root := r.doc.root
	members := r.members(root, r.at)
	if root.Kind != yaml.MappingNode || !r.readVersion(members) {
		return false
	}
	r.info()
	r.namedEndpoints()
	for _, m := range members {
		switch m.key {
		case modeExtension:
			r.mode(m)
		case productionExtension:
			r.endpoints(m, Production)
		case sandboxExtension:
			r.endpoints(m, Sandbox)
		}
		r.extension(m, atRoot)
	}
	r.basePath()
	r.doc.HasServer = r.hasServer()
	r.covered = krm.Get(root, productionExtension) != nil || krm.Get(root, sandboxExtension) != nil || r.doc.HasServer
	r.paths()
	r.unreferenced()
	return true
}

// specVersion is a version of the specification without its patch level: 2.0, 3.0, 3.1 or 3.2.
type specVersion string

const swagger2 specVersion = "2.0"

// String gives the name by which people call it.
func (v specVersion) String() string {
	if v == swagger2 {
		return "Swagger 2.0"
	}
	return "OpenAPI " + string(v)
}

// openAPI3 matches the versions that are read. The patch level must not matter to tools
// (https://spec.openapis.org/oas/v3.1.0#versions).
var openAPI3 = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(3\.[012])(\.[0-9A-Za-z.-]+)?$`)
})

const whichVersion = `write openapi: 3.0.3, openapi: 3.1.0 or swagger: "2.0"`

// readVersion reads which specification the document follows, and tells whether it claims to follow any.
func (r *reader) readVersion(members []member) bool {
	var stated []member
	for _, m := range members {
		switch m.key {
		case "openapi", "swagger":
			stated = append(stated, m)
		}
	}
	if len(stated) == 0 {
		r.noVersion(members)
		return false
	}
	if len(stated) > 1 {
		r.problems.Errorf(model.SwaggerVersion, stated[1].at(), "openapi and swagger are both stated; remove one of them")
	}
	// A number that is written like a version, such as an unquoted 3.1, is read as one.
	m := stated[0]
	if found := openAPI3().FindStringSubmatch(m.value.Value); m.key == "openapi" && found != nil {
		r.doc.version = specVersion(found[1])
	} else if m.key == "swagger" && m.value.Value == string(swagger2) {
		r.doc.version = swagger2
	} else {
		r.report(model.SwaggerVersion, m, "%q is not a version that is read; %s", cut(m.value.Value), whichVersion)
	}
	if r.doc.version == "" && m.key == "swagger" {
		r.doc.version = swagger2
	}
	return true
}

func (r *reader) noVersion(members []member) {
	for _, m := range members {
		if name := krm.Suggest(m.key, []string{"openapi", "swagger"}); name != "" {
			r.problems.Errorf(model.SwaggerVersion, m.at(), "is no OpenAPI document: unknown field %q", cut(m.key))
			suggest(&r.problems[len(r.problems)-1], name)
			return
		}
	}
	r.problems.Errorf(model.SwaggerVersion, r.at.At(r.doc.root.Line), "is no OpenAPI document; %s", whichVersion)
}

// info reads title and version.
func (r *reader) info() {
	info := krm.Get(r.doc.root, "info")
	if info == nil {
		return
	}
	for _, m := range r.members(info, r.at.Child("info")) {
		switch m.key {
		case "title":
			r.doc.Title = r.text(m)
		case "version":
			r.doc.Version = r.text(m)
		}
		r.extension(m, inInfo)
	}
}

// text is a scalar as it is written, whatever its type: 1.0 is "1.0".
func (r *reader) text(m member) string {
	switch {
	case krm.IsNull(m.value):
		return ""
	case m.value.Kind == yaml.ScalarNode:
		return m.value.Value
	}
	return r.str(m)
}

// str is a string; anything else is reported.
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

// report adds an error about the value of m, and gives it for completion.
func (r *reader) report(id model.ID, m member, format string, args ...any) *model.Problem {
	r.problems.Errorf(id, m.at(), format, args...)
	p := &r.problems[len(r.problems)-1]
	if m.value.Kind == yaml.ScalarNode {
		p.Value = cut(m.value.Value)
	}
	return p
}

// unknownField warns of a key that is none of known.
func (r *reader) unknownField(id model.ID, m member, known []string) {
	r.problems.Warnf(id, m.at(), "unknown field %q", cut(m.key))
	suggest(&r.problems[len(r.problems)-1], krm.Suggest(m.key, known))
}

// suggest completes p by what to write instead, and tells whether there is anything.
func suggest(p *model.Problem, s string) bool {
	if s == "" {
		return false
	}
	p.Suggestion = s
	p.Message += fmt.Sprintf("; did you mean %q?", s)
	return true
}

// cut shortens a value to what a message can show.
func cut(s string) string { return shorten(s, 80) }

func shorten(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
