package keda_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/test/tools"
)

// partial matches what the structs have in part.
var partial = regexp.MustCompile(`^spec\.(` +
	`advanced\.horizontalPodAutoscalerConfig\.behavior|` +
	`jobTargetRef|podIdentity|(env|boundServiceAccountToken)\[\]|oauth2|azureServicePrincipal|` +
	`hashiCorpVault|azureKeyVault|gcpSecretManager|awsSecretManager)[.\[{]`)

// TestFields: the structs have the fields of KEDA's custom resource definitions, with the same types.
func TestFields(t *testing.T) {
	for file, spec := range map[string]any{
		"keda.sh_scaledobjects.yaml":                 keda.ScaledObjectSpec{},
		"keda.sh_scaledjobs.yaml":                    keda.ScaledJobSpec{},
		"keda.sh_triggerauthentications.yaml":        keda.AuthenticationSpec{},
		"keda.sh_clustertriggerauthentications.yaml": keda.AuthenticationSpec{},
	} {
		text, err := os.ReadFile(filepath.Join(tools.KEDA.Dir(t), "config", "crd", "bases", file))
		if err != nil {
			t.Fatal(err)
		}
		var crd struct {
			Spec struct {
				Versions []struct {
					Schema struct {
						OpenAPIV3Schema schema `json:"openAPIV3Schema"`
					} `json:"schema"`
				} `json:"versions"`
			} `json:"spec"`
		}
		if err := yaml.Unmarshal(text, &crd); err != nil {
			t.Fatal(err)
		}
		want, got := map[string]string{}, map[string]string{}
		crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].fields("spec", want)
		fields(reflect.TypeOf(spec), "spec", got)
		// Below these are types of Kubernetes, and fields that the checks do not use.
		maps.DeleteFunc(want, func(path, _ string) bool {
			_, ok := got[path]
			return !ok && partial.MatchString(path)
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// A schema is that of a custom resource definition.
type schema struct {
	Type                 string            `json:"type"`
	Properties           map[string]schema `json:"properties"`
	Required             []string          `json:"required"`
	Items                *schema           `json:"items"`
	AdditionalProperties *schema           `json:"additionalProperties"`
}

// fields collects the types of all fields, and whether they are required.
func (s schema) fields(path string, types map[string]string) {
	if s.Items != nil {
		s.Items.fields(path+"[]", types)
	}
	if s.AdditionalProperties != nil {
		s.AdditionalProperties.fields(path+"{}", types)
	}
	types[path] += s.Type
	for name, property := range s.Properties {
		if slices.Contains(s.Required, name) {
			types[path+"."+name] = "required "
		}
		property.fields(path+"."+name, types)
	}
}

// fields collects what the JSON of a type can have, in the words of a schema.
func fields(of reflect.Type, path string, types map[string]string) {
	switch of.Kind() {
	case reflect.Pointer:
		fields(of.Elem(), path, types)
	case reflect.String:
		types[path] += "string"
	case reflect.Bool:
		types[path] += "boolean"
	case reflect.Int32:
		types[path] += "integer"
	case reflect.Slice:
		types[path] += "array"
		fields(of.Elem(), path+"[]", types)
	case reflect.Map:
		types[path] += "object"
		fields(of.Elem(), path+"{}", types)
	default:
		types[path] += "object"
		if !strings.HasSuffix(of.PkgPath(), "/pkg/keda") {
			return
		}
		for field := range of.Fields() {
			name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
			if option == "" {
				types[path+"."+name] = "required "
			}
			fields(field.Type, path+"."+name, types)
		}
	}
}
