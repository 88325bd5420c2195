package krm

import (
	"fmt"
	"reflect"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Object is a typed Kubernetes object with its kind.
type Object interface {
	metav1.Object
	runtime.Object
}

// annotation is one that an item got beside those of its typed object.
type annotation struct{ key, value string }

// NewObject makes an item of the typed object that a function makes, the same each time. The item keeps the function and not
// the object, which takes many times the memory.
func NewObject(typed func() Object) *Item {
	obj := typed()
	it := &Item{typed: typed, Annotations: obj.GetAnnotations(), Labels: obj.GetLabels()}
	apiVersion, kind := obj.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	it.Place.Object = model.Object{APIVersion: shared(apiVersion), Kind: kind, Namespace: obj.GetNamespace(), Name: obj.GetName()}
	return it
}

// object gives the nodes of an item that was made of a typed object.
func (it *Item) object() (*yaml.Node, error) {
	n, err := ToNode(it.typed())
	if err != nil {
		return nil, err
	}
	for _, a := range it.additions() {
		setAnnotation(n, a.key, a.value)
	}
	return n, nil
}

// AppendTo appends the item as a YAML document to out.
func (it *Item) AppendTo(out []byte) ([]byte, error) {
	n := it.node
	switch {
	case it.node == nil && it.typed == nil:
		docs, ps := ParseAll(it.source(), model.Place{})
		if n = element(docs); n == nil {
			return out, fmt.Errorf("%s cannot be read again: %v", it.Place, ps)
		}
		for _, a := range it.additions() {
			setAnnotation(n, a.key, a.value)
		}
	case it.typed != nil:
		if out, ok := emit(out, it.typed(), it.additions()); ok {
			return out, nil
		}
		var err error
		if n, err = it.object(); err != nil {
			return out, err
		}
	}
	text, err := EncodeNode(n)
	return append(out, text...), err
}

// Spec sets the pointer at out to the spec of the typed object that the item was made of, and tells whether it was made of
// one with such a spec. The spec is made anew, but shares memory with others: it must not be changed.
func (it *Item) Spec(out any) bool {
	if it.typed == nil {
		return false
	}
	spec := reflect.ValueOf(it.typed()).Elem().FieldByName("Spec")
	to := reflect.ValueOf(out).Elem()
	if !spec.IsValid() || spec.Addr().Type() != to.Type() {
		return false
	}
	to.Set(spec.Addr())
	return true
}

// Field is the value at a path of fields, nil if there is none. Of an item that was made of a typed object it makes the
// nodes of that value alone.
func (it *Item) Field(path ...string) *yaml.Node {
	if it.typed == nil {
		return at(it.Node(), path)
	}
	v, ok := it.typedField(path)
	if !ok {
		return nil
	}
	n, err := ToNode(v.Interface())
	if err != nil {
		return nil
	}
	return n
}

// Has tells whether there is a value at a path of fields that is not null.
func (it *Item) Has(path ...string) bool {
	if it.typed == nil {
		return !IsNull(at(it.Node(), path))
	}
	v, ok := it.typedField(path)
	if !ok {
		return false
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return !v.IsNil()
	default:
		return true
	}
}

// typedField is the value at a path of fields of the typed object, as far as it is written.
func (it *Item) typedField(path []string) (reflect.Value, bool) {
	v := reflect.ValueOf(it.typed())
	for _, name := range path {
		for v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return v, false
		}
		field, ok := jsonTypeOf(v.Type()).field(name)
		if !ok {
			return v, false
		}
		if v = v.FieldByIndex(field.index); field.omits(v) {
			return v, false
		}
	}
	return v, true
}
