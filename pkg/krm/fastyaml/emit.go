package fastyaml

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Annotation is an annotation that an object gets in addition to its own.
type Annotation struct{ Key, Value string }

// emitter writes typed objects as Encode writes the result of ToNode, but without nodes. It gives up on anything that it does
// not recognize.
type emitter struct {
	values []jsonValue
	out    []byte
	// scalars contains strings as the encoder of the YAML library writes them.
	scalars map[string]string
	failed  bool
}

// jsonValue is a JSON value, linked to the next one in the same object or list.
type jsonValue struct {
	// kind is the first byte of the value.
	kind byte
	// key is the key of a member, text the text of a scalar.
	key, text string
	// first is the position of the first child, next the position of the next sibling; 0 for none.
	first, next int32
}

var emitters = sync.Pool{New: func() any { return &emitter{scalars: map[string]string{}} }}

// maxScalars limits the strings that an emitter remembers.
const maxScalars = 1000

// Emit appends the manifest of a typed object with added annotations to out. It returns false if it gives up.
func Emit(out []byte, obj any, added []Annotation) ([]byte, bool) {
	e := emitters.Get().(*emitter)
	defer emitters.Put(e)
	if len(e.scalars) > maxScalars {
		clear(e.scalars)
	}
	e.values, e.out, e.failed = append(e.values[:0], jsonValue{}), out, false
	root := e.take(reflect.ValueOf(obj), "")
	if e.failed || e.values[root].kind != '{' {
		return out, false
	}
	e.tidy(root)
	e.annotate(root, added)
	e.members(root, 0, 0)
	if e.failed || e.values[root].first == 0 {
		return out, false
	}
	out, e.out = e.out, nil
	return out, true
}

// find returns the position of the member of an object; 0 if it does not exist.
func (e *emitter) find(object int32, key string) int32 {
	if object == 0 || e.values[object].kind != '{' {
		return 0
	}
	for i := e.values[object].first; i != 0; i = e.values[i].next {
		if e.values[i].key == key {
			return i
		}
	}
	return 0
}

func (e *emitter) remove(object, member int32) {
	link := &e.values[object].first
	for *link != member {
		link = &e.values[*link].next
	}
	*link = e.values[member].next
}

// tidy removes the members that ToNode removes.
func (e *emitter) tidy(root int32) {
	if status := e.find(root, "status"); status != 0 {
		e.remove(root, status)
	}
	for _, key := range emptyInSpec {
		e.removeEmpty(e.find(root, "spec"), key)
	}
	for i := root; i < int32(len(e.values)); i++ {
		if e.values[i].key == withEmptyMembers {
			for _, key := range emptyMembers {
				e.removeEmpty(i, key)
			}
		}
	}
}

func (e *emitter) removeEmpty(object int32, key string) {
	if m := e.find(object, key); m != 0 && e.values[m].kind == '{' && e.values[m].first == 0 {
		e.remove(object, m)
	}
}

// annotate appends annotations to those of the object. It gives up if the object has no annotations, or already has one of
// them.
func (e *emitter) annotate(root int32, added []Annotation) {
	if len(added) == 0 {
		return
	}
	annotations := e.find(e.find(root, "metadata"), "annotations")
	if annotations == 0 || e.values[annotations].kind != '{' || e.values[annotations].first == 0 {
		e.failed = true
		return
	}
	for _, a := range added {
		if e.find(annotations, a.Key) != 0 {
			e.failed = true
			return
		}
		link := &e.values[annotations].first
		for *link != 0 {
			link = &e.values[*link].next
		}
		*link = int32(len(e.values))
		e.values = append(e.values, jsonValue{kind: quoted, key: a.Key, text: a.Value})
	}
}

// quoted is the kind of a string that is always written in double quotes.
const quoted = 'q'

// members writes the members of a mapping, one per line, indented by indent. The first line has first spaces less, because it
// starts with a dash.
func (e *emitter) members(object int32, indent, first int) {
	pad := indent - first
	member := func(i int32) {
		key := e.values[i].key
		if !isWord(key) || len(key) > maxSimpleKey {
			e.failed = true
			return
		}
		e.spaces(pad)
		e.out = append(append(e.out, key...), ':')
		e.value(i, indent)
		pad = indent
	}
	version := e.find(object, "apiVersion")
	if version != 0 {
		member(version)
	}
	for i := e.values[object].first; i != 0; i = e.values[i].next {
		if i != version {
			member(i)
		}
	}
}

// maxSimpleKey is below the length at which the YAML library writes keys differently.
const maxSimpleKey = 100

// value writes a value after its key, which is indented by indent, and ends the line.
func (e *emitter) value(i int32, indent int) {
	v := e.values[i]
	switch {
	case v.kind == '{' && v.first != 0:
		e.out = append(e.out, '\n')
		e.members(i, indent+2, 0)
	case v.kind == '[' && v.first != 0:
		e.out = append(e.out, '\n')
		e.elements(i, indent, 0)
	default:
		e.out = append(e.out, ' ')
		e.scalar(v, indent)
	}
}

// elements writes the elements of a list behind dashes that are indented by indent.
func (e *emitter) elements(list int32, indent, first int) {
	pad := indent - first
	for i := e.values[list].first; i != 0; i = e.values[i].next {
		e.spaces(pad)
		pad = indent
		e.out = append(e.out, '-', ' ')
		switch v := e.values[i]; {
		case v.kind == '{' && v.first != 0:
			e.members(i, indent+2, indent+2)
		case v.kind == '[' && v.first != 0:
			e.elements(i, indent+2, indent+2)
		default:
			e.scalar(v, indent)
		}
	}
}

// scalar writes a scalar or an empty collection, and ends the line.
func (e *emitter) scalar(v jsonValue, indent int) {
	switch {
	case v.kind == '{':
		e.out = append(e.out, "{}\n"...)
	case v.kind == '[':
		e.out = append(e.out, "[]\n"...)
	case v.kind == '"' && (isWord(v.text) || isMeasure(v.text)), v.kind == 't', v.kind == 'f', v.kind == 'n':
		e.out = append(append(e.out, v.text...), '\n')
	case v.kind == '"' && isCount(v.text):
		e.out = append(strconv.AppendQuote(e.out, v.text), '\n')
	case v.kind == '"':
		e.string(v.text, indent)
	case v.kind == quoted:
		if strings.ContainsFunc(v.text, func(r rune) bool { return r < ' ' || r > '~' }) {
			e.failed = true
		}
		e.out = append(strconv.AppendQuote(e.out, v.text), '\n')
	default:
		// The YAML library might write a long number, or one with an exponent, differently.
		if len(v.text) > 15 || strings.ContainsAny(v.text, ".eE") {
			e.failed = true
		}
		e.out = append(append(e.out, v.text...), '\n')
	}
}

// string writes a string as the YAML library does. It uses the library only once for each string.
func (e *emitter) string(s string, indent int) {
	text, ok := e.scalars[s]
	if !ok {
		n := &yaml.Node{Kind: yaml.ScalarNode, Tag: StrTag, Value: s, Style: styleOf(s)}
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: StrTag, Value: "v"}
		b, err := Encode(&yaml.Node{Kind: yaml.MappingNode, Tag: MapTag, Content: []*yaml.Node{key, n}})
		if err != nil || !bytes.HasPrefix(b, []byte("v: ")) {
			e.failed = true
			return
		}
		text = string(b[len("v: "):])
		const most = 100
		if len(s) < most {
			e.scalars[strings.Clone(s)] = text
		}
	}
	line, rest, _ := strings.Cut(text, "\n")
	e.out = append(append(e.out, line...), '\n')
	for line := range strings.Lines(rest) {
		if line != "\n" {
			e.spaces(indent)
		}
		e.out = append(e.out, line...)
	}
}

func (e *emitter) spaces(n int) {
	for ; n > 0; n-- {
		e.out = append(e.out, ' ')
	}
}
