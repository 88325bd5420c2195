package migrate

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Change is one difference between two objects. The values are JSON, but strings have no quotes.
type Change struct {
	// Op is add, remove, or replace.
	Op    string `json:"op"`
	Field string `json:"field"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// diff returns the changes that turn from into to, by field.
func diff(from, to any, field string) []Change {
	if reflect.DeepEqual(from, to) {
		return nil
	}
	switch {
	case from == nil:
		return []Change{{Op: "add", Field: field, To: show(to)}}
	case to == nil:
		return []Change{{Op: "remove", Field: field, From: show(from)}}
	}
	if a, ok := from.(object); ok {
		if b, ok := to.(object); ok {
			return diffMembers(a, b, field, child)
		}
	}
	name := field[strings.LastIndex(field, ".")+1:]
	a, okA := keyed(name, from)
	b, okB := keyed(name, to)
	if okA && okB {
		return diffMembers(a, b, field, func(field, k string) string { return field + "[" + k + "]" })
	}
	return []Change{{Op: "replace", Field: field, From: show(from), To: show(to)}}
}

func diffMembers(a, b object, field string, join func(field, k string) string) []Change {
	names := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, ok := a[k]; !ok {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	var all []Change
	for _, k := range names {
		all = append(all, diff(a[k], b[k], join(field, k))...)
	}
	return all
}

func child(field, name string) string {
	switch {
	case strings.ContainsAny(name, "./"):
		return fmt.Sprintf("%s[%q]", field, name)
	case field == "":
		return name
	}
	return field + "." + name
}

// keyed returns a list as a mapping if every element has a unique key.
func keyed(list string, v any) (object, bool) {
	l, ok := v.([]any)
	if !ok {
		return nil, false
	}
	m := object{}
	for _, e := range l {
		k := elementKey(list, e)
		if k == "" || m[k] != nil {
			return nil, false
		}
		m[k] = e
	}
	return m, true
}

func show(v any) string {
	if s, ok := v.(string); ok && s != "" && !strings.Contains(s, "\n") {
		return s
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
