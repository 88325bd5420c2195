package fastyaml

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// take appends what encoding/json would write for v, and returns its position. It is faster than encoding/json, see the
// package comment.
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

// takeJSON appends the string, number, or boolean that a value marshals itself as.
func (e *emitter) takeJSON(m json.Marshaler, key string) int32 {
	text, err := m.MarshalJSON()
	text = bytes.TrimSpace(text)
	if err != nil || !json.Valid(text) || text[0] == '{' || text[0] == '[' {
		return e.giveUp()
	}
	s := string(text)
	if text[0] == '"' && json.Unmarshal(text, &s) != nil {
		return e.giveUp()
	}
	return e.leaf(key, text[0], s)
}

// chain links the children of a value in their order.
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
