package orchestrators

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The annotations that krm-fn adds to everything that it renders.
const (
	ownerAnnotation     = "krm-fn.dev/owner"
	sourceAnnotation    = "krm-fn.dev/source"
	endpointsAnnotation = "krm-fn.dev/endpoints"
)

// object is one manifest.
type object struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
	// text is the manifest as JSON.
	text []byte
}

// String returns "Kind namespace/name".
func (o object) String() string { return o.Kind + " " + o.ref().String() }

func (o object) ref() ref { return ref{o.Metadata.Namespace, o.Metadata.Name} }

// ref is where an object is found by its name.
type ref struct{ namespace, name string }

func (r ref) String() string { return strings.TrimPrefix(r.namespace+"/"+r.name, "/") }

// parse reads a stream of manifests.
func parse(t *testing.T, text string) []object {
	t.Helper()
	var objects []object
	documents := yaml.NewDecoder(strings.NewReader(text))
	for {
		var fields map[string]any
		err := documents.Decode(&fields)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		var o object
		if o.text, err = json.Marshal(fields); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(o.text, &o); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, o)
	}
}

// typed decodes all objects of a kind strictly into their API type.
func typed[T any](t *testing.T, objects []object, kind string) map[ref]T {
	t.Helper()
	all := map[ref]T{}
	for _, o := range objects {
		if o.Kind != kind {
			continue
		}
		var v T
		dec := json.NewDecoder(bytes.NewReader(o.text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%s: %v", o, err)
		}
		all[o.ref()] = v
	}
	return all
}

// names lists objects in order.
func names(objects []object) []string {
	list := make([]string, len(objects))
	for i, o := range objects {
		list[i] = o.String()
	}
	slices.Sort(list)
	return list
}

// contents returns the fields of objects, without the annotation that names the function configuration, by their names.
func contents(t *testing.T, objects []object) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, o := range objects {
		var fields map[string]any
		if err := json.Unmarshal(o.text, &fields); err != nil {
			t.Fatal(err)
		}
		if m, ok := fields["metadata"].(map[string]any); ok {
			if annotations, ok := m["annotations"].(map[string]any); ok {
				delete(annotations, ownerAnnotation)
			}
		}
		if _, twice := all[o.String()]; twice {
			t.Errorf("%s appears more than once in the output", o)
		}
		all[o.String()] = fields
	}
	return all
}

// leftovers lists inputs of krm-fn and notes of orchestrators that must not reach a cluster.
func leftovers(objects []object) []string {
	var found []string
	for _, o := range objects {
		if group, _, _ := strings.Cut(o.APIVersion, "/"); group == "wso2.com" || group == "krm-fn.dev" {
			found = append(found, o.String())
		}
		for key := range o.Metadata.Annotations {
			prefix, _, _ := strings.Cut(key, "/")
			if strings.HasSuffix(prefix, "config.kubernetes.io") || strings.HasSuffix(prefix, "config.k8s.io") || key == "krm-fn.dev/rendered" {
				found = append(found, o.String()+": "+key)
			}
		}
	}
	slices.Sort(found)
	return found
}
