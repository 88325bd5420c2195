package krm

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsjson "sigs.k8s.io/json"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Decode strictly decodes n into the struct that out points to, by its json tags. It reports all unknown fields, duplicate keys,
// and values of a wrong type, with their places, and decodes all other values. A type with its own UnmarshalJSON, such as
// resource.Quantity, decodes itself. Fields of type *yaml.Node take any value. Places have lines if at has one.
func Decode(n *yaml.Node, at model.Place, out any) model.Problems {
	return decode(decoder{}, n, at, out)
}

// DecodeLast is Decode, but of duplicate keys, the last one counts, as for kubectl.
func DecodeLast(n *yaml.Node, at model.Place, out any) model.Problems {
	return decode(decoder{last: true}, n, at, out)
}

func decode(d decoder, n *yaml.Node, at model.Place, out any) model.Problems {
	d.value(n, at, reflect.ValueOf(out).Elem())
	if d.unknown > 0 {
		d.problems.Errorf(model.InputLimit, at, "has %d more unknown fields", d.unknown)
	}
	return d.problems
}

type decoder struct {
	problems model.Problems
	// last means that the last of duplicate keys counts, not the first.
	last bool
	// unknown is the number of unknown fields beyond mostReported.
	unknown int
}

var (
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	nodeType        = reflect.TypeFor[*yaml.Node]()
)

// atNode returns p with the line of n, if p has one.
func atNode(p model.Place, n *yaml.Node) model.Place {
	if p.Line > 0 {
		p.Line = int32(n.Line)
	}
	return p
}

func (d *decoder) value(n *yaml.Node, at model.Place, v reflect.Value) {
	at = atNode(at, n)
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(n))
		return
	}
	if IsNull(n) {
		return
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(n, at, v.Elem())
		return
	}
	if v.Addr().Type().Implements(unmarshalerType) {
		d.custom(n, at, v)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, at, v)
	case reflect.Map:
		d.mapping(n, at, v)
	case reflect.Slice:
		d.list(n, at, v)
	default:
		d.scalar(n, at, v)
	}
}

// mostSuggested is the number of problems after which unknown fields have no suggestions, which take time, and mostReported the
// number after which they are only counted: no user reads them.
const mostSuggested, mostReported = 1000, 10_000

func (d *decoder) structure(n *yaml.Node, at model.Place, v reflect.Value) {
	info := fastyaml.TypeOf(v.Type())
	var names []string
	d.eachKey(n, at, func(key, val *yaml.Node, at model.Place) {
		field, ok := info.Field(key.Value)
		switch {
		case !ok && len(d.problems) >= mostReported:
			d.unknown++
			return
		case !ok && len(d.problems) >= mostSuggested:
			d.problems.Errorf(model.InputField, atNode(at, key), "unknown field %q", model.Shorten(key.Value, longestName))
			return
		case !ok:
			if names == nil {
				for _, f := range info.Fields {
					names = append(names, f.Name)
				}
				slices.Sort(names)
			}
			p := model.Problem{ID: model.InputField, Place: atNode(at, key), Suggestion: Suggest(key.Value, names)}
			hint := "known fields: " + strings.Join(names, ", ")
			if p.Suggestion != "" {
				hint = fmt.Sprintf("did you mean %q?", p.Suggestion)
			}
			d.problems.Reportf(p, "unknown field %q; %s", model.Shorten(key.Value, longestName), hint)
			return
		}
		d.value(val, at, v.FieldByIndex(field.Index))
	})
}

// eachKey calls f for each member of the mapping n. It reports duplicate keys, of which one counts, keys that are not strings, and
// any other kind of node.
func (d *decoder) eachKey(n *yaml.Node, at model.Place, f func(key, val *yaml.Node, at model.Place)) {
	if n.Kind != yaml.MappingNode {
		d.wrongType(n, at, "a mapping")
		return
	}
	counts := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Kind == yaml.ScalarNode {
			if _, known := counts[key.Value]; !known || d.last {
				counts[key.Value] = i
			}
		}
	}
	var again map[string]bool
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			d.problems.Errorf(model.InputType, atNode(at, key), "has a key that is %s; use a string", Describe(key))
			continue
		}
		child, one := at.Child(key.Value), counts[key.Value]
		if again[key.Value] || i > one {
			d.problems.Errorf(model.InputDuplicate, atNode(child, key), "appears more than once; remove one of them")
		}
		switch {
		case i == one:
			f(key, val, child)
		case i < one && again == nil:
			again = map[string]bool{key.Value: true}
		case i < one:
			again[key.Value] = true
		}
	}
}

func (d *decoder) mapping(n *yaml.Node, at model.Place, v reflect.Value) {
	if v.IsNil() && n.Kind == yaml.MappingNode {
		v.Set(reflect.MakeMap(v.Type()))
	}
	d.eachKey(n, at, func(key, val *yaml.Node, at model.Place) {
		elem := reflect.New(v.Type().Elem()).Elem()
		d.value(val, at, elem)
		v.SetMapIndex(reflect.ValueOf(detached(key.Value)).Convert(v.Type().Key()), elem)
	})
}

func (d *decoder) list(n *yaml.Node, at model.Place, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.wrongType(n, at, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, c := range n.Content {
		d.value(c, at.Item(i), v.Index(i))
	}
}

func (d *decoder) scalar(n *yaml.Node, at model.Place, v reflect.Value) {
	tag := n.ShortTag()
	switch v.Kind() {
	case reflect.String:
		if n.Kind == yaml.ScalarNode && (tag == fastyaml.StrTag || tag == timeTag) {
			v.SetString(detached(n.Value))
			return
		}
		d.wrongType(n, at, "a string")
	case reflect.Bool:
		if b, err := strconv.ParseBool(strings.ToLower(n.Value)); err == nil && tag == fastyaml.BoolTag {
			v.SetBool(b)
			return
		}
		d.wrongType(n, at, "true or false")
	case reflect.Int, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(n.Value, 0, 64)
		if err != nil || tag != fastyaml.IntTag {
			d.wrongType(n, at, "a whole number")
			return
		}
		if v.OverflowInt(i) {
			d.problems.Valuef(model.InputValue, at, n.Value, "%s is out of range; the largest number is %d", n.Value, math.MaxInt32)
			return
		}
		v.SetInt(i)
	default:
		text, err := toJSON(n)
		if err == nil {
			err = json.Unmarshal(text, v.Addr().Interface())
		}
		if err != nil {
			d.wrongType(n, at, "a value of type "+v.Kind().String())
		}
	}
}

// custom calls the UnmarshalJSON of a type.
func (d *decoder) custom(n *yaml.Node, at model.Place, v reflect.Value) {
	quantity := v.Type().Name() == "Quantity"
	text, err := toJSON(n)
	if err == nil && quantity && !IsBoundedQuantity(string(text)) {
		err = errUnboundedQuantity
	}
	if err == nil {
		err = v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(text)
	}
	if err == nil {
		return
	}
	msg := fmt.Sprintf("%s is not valid: %v", shown(n), err)
	if quantity {
		msg = shown(n) + " is not a valid quantity; use a number with an optional unit, such as 500m or 512Mi"
	}
	d.problems.Add(model.Problem{ID: model.InputValue, Severity: model.Error, Place: at, Value: valueOf(n), Message: msg})
}

func (d *decoder) wrongType(n *yaml.Node, at model.Place, want string) {
	p := model.Problem{
		ID: model.InputType, Severity: model.Error, Place: atNode(at, n), Value: valueOf(n),
		Message: fmt.Sprintf("is %s; use %s", Describe(n), want),
	}
	if n.Kind == yaml.ScalarNode && want == "a string" {
		p.Suggestion = strconv.Quote(n.Value)
		p.Message += " in quotes: " + p.Suggestion
	}
	d.problems.Add(p)
}

// Describe returns the type and value of n for a message.
func Describe(n *yaml.Node) string {
	kind := map[string]string{
		fastyaml.StrTag: "a string", fastyaml.IntTag: "a number", fastyaml.FloatTag: "a number", fastyaml.BoolTag: "a boolean",
		fastyaml.SeqTag: "a list", fastyaml.MapTag: "a mapping",
	}[n.ShortTag()]
	switch {
	case IsNull(n):
		return "null"
	case kind == "":
		kind = "a " + n.ShortTag()
	case n.Kind == yaml.ScalarNode:
		kind += " (" + shown(n) + ")"
	}
	return kind
}

func shown(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return Describe(n)
	}
	if n.ShortTag() == fastyaml.StrTag {
		return strconv.Quote(valueOf(n))
	}
	return valueOf(n)
}

// valueOf returns the value of a scalar, shortened for a message.
func valueOf(n *yaml.Node) string { return model.Shorten(n.Value, model.MaxShown) }

// Convert decodes n into the struct that out points to, as an API server does: it ignores unknown fields, and returns an error
// for the first value of a wrong type.
func Convert(n *yaml.Node, out any) error {
	if hasUnboundedQuantity(n) {
		return errUnboundedQuantity
	}
	text, err := toJSON(n)
	if err != nil {
		return err
	}
	return sigsjson.UnmarshalCaseSensitivePreserveInts(text, out)
}

// Digest returns a short digest of the content of nodes, regardless of the order of their keys and their layout. Absent nodes
// are nil.
func Digest(nodes ...*yaml.Node) string {
	h := sha256.New()
	for _, n := range nodes {
		var text []byte
		if n != nil {
			text, _ = toJSON(n) // Only valid input is digested, so there is no error.
		}
		_, _ = fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// toJSON returns n as JSON.
func toJSON(n *yaml.Node) ([]byte, error) {
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}
