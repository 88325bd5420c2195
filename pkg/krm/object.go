package krm

import (
	"fmt"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Object is a typed Kubernetes object with its kind.
type Object interface {
	metav1.Object
	runtime.Object
}

// typedBody is a typed object that a function makes, the same each time: the function takes a fraction of the memory.
type typedBody struct {
	make func() Object
	// added are annotations that are not in the object, place returns those that say where it is kept.
	added []annotation
	place func() (path, packagePath string)
}

// NewObject makes an item of the typed object that a function makes, the same each time. The item keeps the function and not
// the object, which takes many times the memory.
func NewObject(typed func() Object) *Item {
	obj := typed()
	it := Item{Annotations: obj.GetAnnotations(), Labels: obj.GetLabels()}
	apiVersion, kind := obj.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	it.Place.Object = model.Object{APIVersion: shared(apiVersion), Kind: kind, Namespace: obj.GetNamespace(), Name: obj.GetName()}
	return newItem(it, typedBody{make: typed})
}

// additions returns the annotations that are not in the object.
func (b *typedBody) additions() []annotation {
	if b.place == nil {
		return b.added
	}
	return slices.Concat(b.added, annotationsOf(b.place))
}

func (b *typedBody) nodes() (*yaml.Node, error) {
	n, err := ToNode(b.make())
	if err != nil {
		return nil, fmt.Errorf("cannot be encoded: %w", err)
	}
	return annotated(n, b.additions()), nil
}

func (b *typedBody) node() *yaml.Node {
	n, err := b.nodes()
	if err != nil {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: mapTag}
	}
	return n
}

func (b *typedBody) look(f func(n *yaml.Node)) { f(b.node()) }

func (b *typedBody) appendTo(out []byte) ([]byte, error) {
	if out, ok := fastyaml.Emit(out, b.make(), b.additions()); ok {
		return out, nil
	}
	n, err := b.nodes()
	if err != nil {
		return out, err
	}
	return nodeBody{n}.appendTo(out)
}

func (b *typedBody) annotate(added []annotation, path ...string) body {
	if len(path) > 0 {
		return nodeBody{b.node()}.annotate(added, path...)
	}
	return &typedBody{b.make, slices.Concat(b.added, added), b.place}
}

// Spec sets the pointer at out to the spec of the typed object that the item was made of, and tells whether it was made of
// one with such a spec. The spec is made anew, but shares memory with others: it must not be changed.
func (it *Item) Spec(out any) bool {
	b, ok := it.body.(*typedBody)
	if !ok {
		return false
	}
	spec := reflect.ValueOf(b.make()).Elem().FieldByName("Spec")
	to := reflect.ValueOf(out).Elem()
	if !spec.IsValid() || spec.Addr().Type() != to.Type() {
		return false
	}
	to.Set(spec.Addr())
	return true
}

func (b *typedBody) field(path []string) *yaml.Node {
	v, ok := b.value(path)
	if !ok {
		return nil
	}
	n, err := ToNode(v.Interface())
	if err != nil {
		return nil
	}
	return n
}

func (b *typedBody) has(path []string) bool {
	v, ok := b.value(path)
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

// value returns the value at a path of fields, as far as it is written.
func (b *typedBody) value(path []string) (reflect.Value, bool) {
	v := reflect.ValueOf(b.make())
	for _, name := range path {
		for v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return v, false
		}
		field, ok := fastyaml.TypeOf(v.Type()).Field(name)
		if !ok {
			return v, false
		}
		if v = v.FieldByIndex(field.Index); field.Omits(v) {
			return v, false
		}
	}
	return v, true
}
