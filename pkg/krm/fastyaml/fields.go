package fastyaml

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Type contains what encoding/json knows about a type.
type Type struct {
	// marshals reports whether values encode themselves as JSON, addressed whether addressable values do, and textual whether
	// they encode themselves as text.
	marshals, addressed, textual bool
	// Fields contains the fields of a struct and of its inlined structs, in their order.
	Fields []Field
	// odd reports whether there is an unsupported tag option or combination of fields.
	odd bool
}

// Field is a field: its name, the path of indexes to it, and when it is omitted.
type Field struct {
	Name                string
	Index               []int
	omitEmpty, omitZero bool
}

var (
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// types contains the results of TypeOf.
var types sync.Map

// TypeOf follows typeFields and newTypeEncoder of encoding/json, but inspects only t, not all types that are reachable from
// it.
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

// add adds the fields of a struct at a path in the type.
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

// Field returns the field with a name.
func (info *Type) Field(name string) (f Field, ok bool) {
	i := slices.IndexFunc(info.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return info.Fields[i], true
}

// Omits reports whether encoding/json omits the field f with the value v.
func (f Field) Omits(v reflect.Value) bool {
	return f.omitEmpty && isEmpty(v) || f.omitZero && isZero(v)
}

// isEmpty follows isEmptyValue of encoding/json.
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

// isZero reports whether a value is zero according to its IsZero method or, without one, according to Go.
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
