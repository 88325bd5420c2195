package fastyaml

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// take appends what encoding/json would make of v, and gives its position. encoding/json itself would first find out how to
// encode every type that could stand in an object, which takes as long as to render a few of them.
func (e *emitter) take(v reflect.Value, key string) int32 {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return e.leaf(key, 'n', "null")
		}
		v = v.Elem()
	}
	info := TypeOf(v.Type())
	switch {
	case info.marshals:
		return e.takeJSON(v.Interface().(json.Marshaler), key)
	case info.addressed && v.CanAddr():
		return e.takeJSON(v.Addr().Interface().(json.Marshaler), key)
	case info.textual || info.odd:
		return e.giveUp()
	}
	switch v.Kind() {
	case reflect.Struct:
		return e.takeStruct(v, info, key)
	case reflect.Map:
		return e.takeMap(v, key)
	case reflect.Slice:
		if v.IsNil() {
			return e.leaf(key, 'n', "null")
		}
		return e.takeList(v, key)
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return e.giveUp()
		}
		return e.leaf(key, '"', v.String())
	case reflect.Bool:
		s := strconv.FormatBool(v.Bool())
		return e.leaf(key, s[0], s)
	case reflect.Int, reflect.Int32, reflect.Int64:
		return e.leaf(key, '0', strconv.FormatInt(v.Int(), 10))
	default:
		return e.giveUp()
	}
}

func (e *emitter) leaf(key string, kind byte, text string) int32 {
	e.values = append(e.values, jsonValue{kind: kind, key: key, text: text})
	return int32(len(e.values) - 1)
}

func (e *emitter) giveUp() int32 {
	e.failed = true
	return e.leaf("", 'n', "null")
}

// takeJSON appends what a value encodes itself as.
func (e *emitter) takeJSON(m json.Marshaler, key string) int32 {
	text, err := m.MarshalJSON()
	var compact bytes.Buffer
	if err == nil {
		err = json.Compact(&compact, text)
	}
	if err != nil {
		return e.giveUp()
	}
	e.text, e.at = compact.String(), 0
	return e.parse(key)
}

// chain makes children of a value, one after the other.
type chain struct {
	e            *emitter
	parent, last int32
}

func (e *emitter) open(kind byte, key string) chain {
	return chain{e: e, parent: e.leaf(key, kind, "")}
}

func (c *chain) add(child int32) {
	if c.last == 0 {
		c.e.values[c.parent].first = child
	} else {
		c.e.values[c.last].next = child
	}
	c.last = child
}

func (e *emitter) takeStruct(v reflect.Value, info *Type, key string) int32 {
	c := e.open('{', key)
	for _, f := range info.Fields {
		if member := v.FieldByIndex(f.Index); !f.Omits(member) {
			c.add(e.take(member, f.Name))
		}
	}
	return c.parent
}

func (e *emitter) takeMap(v reflect.Value, key string) int32 {
	if v.IsNil() {
		return e.leaf(key, 'n', "null")
	}
	if v.Type().Key().Kind() != reflect.String {
		return e.giveUp()
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
	c := e.open('{', key)
	for _, k := range keys {
		if !utf8.ValidString(k.String()) {
			return e.giveUp()
		}
		c.add(e.take(v.MapIndex(k), k.String()))
	}
	return c.parent
}

func (e *emitter) takeList(v reflect.Value, key string) int32 {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return e.giveUp()
	}
	c := e.open('[', key)
	for i := range v.Len() {
		c.add(e.take(v.Index(i), ""))
	}
	return c.parent
}

// parse reads a value of compact JSON.
func (e *emitter) parse(key string) int32 {
	kind := e.text[e.at]
	c := e.open(kind, key)
	switch kind {
	case '{', '[':
		e.at++
		for e.text[e.at] != kind+2 { // the closing bracket
			if e.text[e.at] == ',' {
				e.at++
			}
			name := ""
			if kind == '{' {
				name = e.str()
				e.at++ // the colon
			}
			c.add(e.parse(name))
		}
		e.at++
	case '"':
		text := e.str()
		e.values[c.parent].text = text
	default:
		end := e.at
		for end < len(e.text) && !strings.ContainsRune(",]}", rune(e.text[end])) {
			end++
		}
		e.values[c.parent].text = e.text[e.at:end]
		e.at = end
	}
	return c.parent
}

// str reads a string.
func (e *emitter) str() string {
	start, escaped := e.at, false
	for e.at++; e.text[e.at] != '"'; e.at++ {
		if e.text[e.at] == '\\' {
			escaped = true
			e.at++
		}
	}
	e.at++
	if !escaped {
		return e.text[start+1 : e.at-1]
	}
	var s string
	if json.Unmarshal([]byte(e.text[start:e.at]), &s) != nil {
		e.failed = true
	}
	return s
}
