package fastyaml

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Type is what encoding/json knows of a type.
type Type struct {
	// marshals tells that values encode themselves as JSON, and addressed that they do if they have an address.
	marshals, addressed bool
	// textual tells that values encode themselves as a text.
	textual bool
	// Fields are those of a struct, those of inlined structs included, in their order.
	Fields []Field
	// odd tells that there is an option or a combination of fields that is not known here.
	odd bool
}

// Field is a field: its name, the path of indexes to it, and when it is left out.
type Field struct {
	Name                string
	Index               []int
	omitEmpty, omitZero bool
}

var (
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// types has what TypeOf found.
var types sync.Map

// TypeOf follows typeFields and newTypeEncoder of encoding/json, but looks at one type only, which encoding/json does at
// all types that it could meet.
func TypeOf(t reflect.Type) *Type {
	if known, ok := types.Load(t); ok {
		return known.(*Type)
	}
	pointer := reflect.PointerTo(t)
	info := &Type{
		marshals: t.Implements(marshalerType), addressed: pointer.Implements(marshalerType),
		textual: pointer.Implements(textMarshalerType),
	}
	if t.Kind() == reflect.Struct {
		info.add(t, nil)
	}
	types.Store(t, info)
	return info
}

// add adds the fields of a struct that is at a path in the type.
func (info *Type) add(t reflect.Type, path []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		index := append(slices.Clip(path), i)
		switch {
		case tag == "-":
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			info.add(f.Type, index)
		case f.Anonymous && (name == "" || !f.IsExported()):
			info.odd = true
		case f.IsExported():
			if name == "" {
				name = f.Name
			}
			if _, twice := info.Field(name); twice {
				info.odd = true
				continue
			}
			field := Field{Name: name, Index: index}
			for option := range strings.SplitSeq(options, ",") {
				switch option {
				case "omitempty":
					field.omitEmpty = true
				case "omitzero":
					field.omitZero = true
				case "string":
					info.odd = true
				}
			}
			info.Fields = append(info.Fields, field)
		}
	}
}

// Field finds a field by its name.
func (info *Type) Field(name string) (f Field, ok bool) {
	i := slices.IndexFunc(info.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return info.Fields[i], true
}

// Omits reports whether encoding/json leaves out the field f with the value v.
func (f Field) Omits(v reflect.Value) bool {
	return f.omitEmpty && isEmpty(v) || f.omitZero && isZero(v)
}

// isEmpty is isEmptyValue of encoding/json.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct:
		return false
	case reflect.Map, reflect.Slice, reflect.String, reflect.Array:
		return v.Len() == 0
	default:
		return v.IsZero()
	}
}

// isZero tells whether a value is zero by its own account or, if it has none, by that of Go.
func isZero(v reflect.Value) bool {
	type zeroer interface{ IsZero() bool }
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return true
	}
	own := v
	if v.CanAddr() && v.Kind() != reflect.Pointer {
		own = v.Addr()
	}
	if z, ok := reflect.TypeAssert[zeroer](own); ok {
		return z.IsZero()
	}
	return v.IsZero()
}
