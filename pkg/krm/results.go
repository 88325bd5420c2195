package krm

import (
	"fmt"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Results returns problems as the results of a KRM function, as they end a ResourceList; nil for no problems.
func Results(ps model.Problems) ([]byte, error) {
	if len(ps) == 0 {
		return nil, nil
	}
	var list struct {
		Results []functionResult `json:"results"`
	}
	for _, p := range ps {
		list.Results = append(list.Results, result(p))
	}
	n, err := ToNode(list)
	if err != nil {
		return nil, err
	}
	text, err := EncodeNode(n)
	return []byte(model.Printable(string(text))), err
}

// functionResult is a result of a KRM function
// (https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md).
type functionResult struct {
	Message     string            `json:"message"`
	Severity    string            `json:"severity"`
	ResourceRef *resourceRef      `json:"resourceRef,omitempty"`
	Field       *resultField      `json:"field,omitempty"`
	File        *resultFile       `json:"file,omitempty"`
	Tags        map[string]string `json:"tags"`
}

type resourceRef struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Name       string `json:"name"`
	Namespace  string `json:"namespace,omitempty"`
}

type resultField struct {
	Path          string `json:"path"`
	CurrentValue  string `json:"currentValue,omitempty"`
	ProposedValue string `json:"proposedValue,omitempty"`
}

type resultFile struct {
	Path  string `json:"path"`
	Index int    `json:"index,omitempty"`
}

func result(p model.Problem) functionResult {
	r := functionResult{
		Message: fmt.Sprintf("%s [%s]", p.Message, p.ID), Severity: string(p.Severity), Tags: map[string]string{"id": string(p.ID)},
	}
	if p.Place.Line > 0 {
		r.Message = fmt.Sprintf("line %d: %s", p.Place.Line, r.Message)
	}
	if o := p.Place.Object; o.Name != "" {
		r.ResourceRef = &resourceRef{o.APIVersion, o.Kind, o.Name, o.Namespace}
	}
	if p.Place.Field != "" {
		r.Field = &resultField{p.Place.Field, p.Value, p.Suggestion}
	}
	if p.Place.File != "" {
		r.File = &resultFile{p.Place.File, p.Place.Index}
	}
	return r
}
