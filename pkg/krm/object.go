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

// typedBody is a typed object that a function creates, the same each time. The function takes a fraction of the memory.
type typedBody struct {
	make func() Object
	// added contains annotations that are not in the object.
	added []annotation
	place Placer
}

// NewObject returns an item of the typed object that a function creates, the same each time. The item keeps the function, not
// the object, which takes many times the memory.
func NewObject(typed func() Object) *Item {
	obj := typed()
	it := Item{Annotations: obj.GetAnnotations(), Labels: obj.GetLabels()}
	it.Place.Object = objectOf(obj)
	return newItem(it, typedBody{make: typed})
}

func objectOf(obj Object) model.Object {
	apiVersion, kind := obj.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	return model.Object{APIVersion: shared(apiVersion), Kind: kind, Namespace: obj.GetNamespace(), Name: obj.GetName()}
}

// additions returns the annotations that are not in the object.
func (b *typedBody) additions(obj Object) []annotation {
	if b.place == nil {
		return b.added
	}
	return slices.Concat(b.added, annotationsOf(b.place, objectOf(obj)))
}

func (b *typedBody) content() content {
	obj := b.make()
	n, err := ToNode(obj)
	if err != nil {
		empty := &yaml.Node{Kind: yaml.MappingNode, Tag: fastyaml.MapTag}
		return content{node: empty, err: fmt.Errorf("cannot be encoded: %w", err)}
	}
	return content{node: annotated(n, b.additions(obj))}
}

func (b *typedBody) annotate(a annotation, path []string) body {
	if len(path) > 0 {
		return nil
	}
	return &typedBody{b.make, append(slices.Clip(b.added), a), b.place}
}

// Spec sets the pointer at out to the spec of the typed object of the item, and reports whether there is such a spec. It is a
// new spec that shares memory with others, so it must not be changed.
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

// value returns the value at a path of fields; false if it is omitted or null.
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
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return v, !v.IsNil()
	}
	return v, true
}
