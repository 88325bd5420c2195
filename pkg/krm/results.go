package krm

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Results gives problems as the results of a KRM function, ready to stand at the end of a ResourceList; nothing for none.
func Results(ps model.Problems) ([]byte, error) {
	if len(ps) == 0 {
		return nil, nil
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: seqTag}
	for _, p := range ps {
		n, err := ToNode(result(p))
		if err != nil {
			return nil, err
		}
		list.Content = append(list.Content, n)
	}
	var b bytes.Buffer
	err := writeMember(&b, strNode("results"), list)
	return b.Bytes(), err
}

func result(p model.Problem) framework.Result {
	r := framework.Result{
		Message: fmt.Sprintf("%s [%s]", p.Message, p.ID), Severity: framework.Severity(p.Severity),
		Tags: map[string]string{"id": string(p.ID)},
	}
	if p.Place.Line > 0 {
		r.Message = fmt.Sprintf("line %d: %s", p.Place.Line, r.Message)
	}
	if o := p.Place.Object; o.Name != "" {
		r.ResourceRef = &kyaml.ResourceIdentifier{
			TypeMeta: kyaml.TypeMeta{APIVersion: o.APIVersion, Kind: o.Kind},
			NameMeta: kyaml.NameMeta{Name: o.Name, Namespace: o.Namespace},
		}
	}
	if p.Place.Field != "" {
		r.Field = &framework.Field{Path: p.Place.Field}
		if p.Value != "" {
			r.Field.CurrentValue = p.Value
		}
		if p.Suggestion != "" {
			r.Field.ProposedValue = p.Suggestion
		}
	}
	if p.Place.File != "" {
		r.File = &framework.File{Path: p.Place.File, Index: p.Place.Index}
	}
	return r
}
