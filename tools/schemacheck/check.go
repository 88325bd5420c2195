package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/openapi"
	"sigs.k8s.io/kubectl-validate/pkg/utils"
	"sigs.k8s.io/kubectl-validate/pkg/validator"
	"sigs.k8s.io/yaml"
)

// checker keeps a validator per Kubernetes version, because loading the schema
// of a group takes a large part of a second.
type checker struct {
	sources   sources
	byVersion map[string]*validatorFor
}

type validatorFor struct {
	version string
	served  map[string]openapi.GroupVersion // keys such as "apis/apps/v1"
	*validator.Validator
}

func (c *checker) validator(version string) (*validatorFor, error) {
	if v, ok := c.byVersion[version]; ok {
		return v, nil
	}
	client, err := c.sources.client(version)
	if err != nil {
		return nil, err
	}
	served, err := client.Paths()
	if err != nil {
		return nil, err
	}
	v, err := validator.New(client)
	if err != nil {
		return nil, err
	}
	c.byVersion[version] = &validatorFor{version: version, served: served, Validator: v}
	return c.byVersion[version], nil
}

// check returns one line per violation, "KIND NAMESPACE/NAME: FIELD: MESSAGE",
// those of one document sorted. The message is the API server's.
func (c *checker) check(version string, manifests []byte) ([]string, error) {
	v, err := c.validator(version)
	if err != nil {
		return nil, err
	}
	documents, err := utils.SplitYamlDocuments(manifests)
	if err != nil {
		return nil, err
	}
	var violations []string
	for i, document := range documents {
		if utils.IsEmptyYamlDocument(document) {
			continue
		}
		obj, err := decode(document)
		if err != nil {
			violations = append(violations, fmt.Sprintf("document %d: %v", i, err))
			continue
		}
		found := v.judge(document, obj)
		slices.Sort(found)
		for _, violation := range slices.Compact(found) {
			violations = append(violations, describe(obj)+": "+violation)
		}
	}
	return violations, nil
}

// judge looks at a document twice. Parse finds unknown fields and duplicate
// keys, but it also fills in the schema's defaults, and Kubernetes' schemas
// give a default to nearly every required field, so what it returns lacks
// nothing. Required fields and types are therefore checked as written.
func (v *validatorFor) judge(document []byte, obj *unstructured.Unstructured) []string {
	gvk := obj.GroupVersionKind()
	if _, ok := v.served[gvPath(gvk)]; !ok {
		return []string{fmt.Sprintf("%s is not served by Kubernetes %s", obj.GetAPIVersion(), v.version)}
	}
	_, _, strict := v.Parse(document)
	return append(messages(strict), messages(v.Validate(obj))...)
}

func decode(document []byte) (*unstructured.Unstructured, error) {
	text, err := yaml.YAMLToJSON(document)
	if err != nil {
		return nil, err
	}
	obj := &unstructured.Unstructured{}
	if err := json.Unmarshal(text, &obj.Object); err != nil {
		return nil, err
	}
	if obj.GetAPIVersion() == "" || obj.GetKind() == "" {
		return nil, errors.New("apiVersion and kind are required")
	}
	return obj, nil
}

func gvPath(gvk schema.GroupVersionKind) string {
	if gvk.Group == "" {
		return "api/" + gvk.Version
	}
	return "apis/" + gvk.Group + "/" + gvk.Version
}

// messages flattens the errors that the validator joins or wraps into an API
// status, to one "FIELD: MESSAGE" each.
func messages(err error) []string {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var all []string
		for _, e := range joined.Unwrap() {
			all = append(all, messages(e)...)
		}
		return all
	}
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil {
		var all []string
		for _, cause := range status.Status().Details.Causes {
			all = append(all, causeMessage(cause))
		}
		return all
	}
	return []string{strings.Join(strings.Fields(err.Error()), " ")}
}

func causeMessage(cause metav1.StatusCause) string {
	if cause.Field == "" {
		return cause.Message
	}
	return cause.Field + ": " + cause.Message
}

func describe(obj *unstructured.Unstructured) string {
	name := obj.GetName()
	if ns := obj.GetNamespace(); ns != "" {
		name = ns + "/" + name
	}
	return obj.GetKind() + " " + name
}
