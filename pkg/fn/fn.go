package fn

import (
	"bytes"
	"cmp"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/kio"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Processor renders autoscaled APIs or checks manifests, as its functionConfig asks. The zero value is ready to use.
type Processor struct {
	// Dir is the folder below which files are read that the functionConfig names, "" for the current one. In kpt, it is the
	// folder of the package.
	Dir string
}

var _ framework.ResourceListProcessor = Processor{}

// Process replaces the items of rl and adds to its results. If one of these is an error, it returns them as the error, and
// the items stay as they are. Items that krm-fn does not change remain the same nodes.
func (p Processor) Process(rl *framework.ResourceList) error {
	list, ps, err := read(rl)
	if err != nil {
		return err
	}
	if !ps.HasErrors() {
		items, _, more := gen.Function(list, cmp.Or(p.Dir, "."))
		ps.Add(more...)
		if !ps.HasErrors() {
			if rl.Items, err = nodes(list, items, rl.Items); err != nil {
				return err
			}
		}
	}
	results, err := results(ps.Sorted().Limited())
	if err != nil {
		return err
	}
	rl.Results = append(rl.Results, results...)
	if ps.HasErrors() {
		return results
	}
	return nil
}

// read reads a list as the command does from standard input. Nodes that programs make need not have tags, and may stand in
// several places; the text settles what they mean.
func read(rl *framework.ResourceList) (*krm.List, model.Problems, error) {
	items := &yaml.Node{Kind: yaml.SequenceNode}
	for _, it := range rl.Items {
		items.Content = append(items.Content, kyaml.CopyYNode(it.YNode()))
	}
	list := &yaml.Node{Kind: yaml.MappingNode}
	add := func(key string, value *yaml.Node) {
		list.Content = append(list.Content, kyaml.NewStringRNode(key).YNode(), value)
	}
	add("apiVersion", kyaml.NewStringRNode(kio.ResourceListAPIVersion).YNode())
	add("kind", kyaml.NewStringRNode(kio.ResourceListKind).YNode())
	add("items", items)
	if !rl.FunctionConfig.IsNil() {
		add("functionConfig", kyaml.CopyYNode(rl.FunctionConfig.YNode()))
	}
	text, err := krm.EncodeNode(list)
	if err != nil {
		return nil, nil, err
	}
	l, ps := krm.ReadList(bytes.NewReader(text))
	return l, ps, nil
}

// nodes gives items as nodes: for those of the list, the ones that they were read from.
func nodes(list *krm.List, items []*krm.Item, from []*kyaml.RNode) ([]*kyaml.RNode, error) {
	known := make(map[*krm.Item]*kyaml.RNode, len(from))
	for i, it := range list.Items {
		known[it] = from[i]
	}
	var made []*krm.Item
	for _, it := range items {
		if known[it] == nil {
			made = append(made, it)
		}
	}
	var text bytes.Buffer
	if err := list.Write(&text, made, nil); err != nil {
		return nil, err
	}
	anew, err := (&kio.ByteReader{Reader: &text, OmitReaderAnnotations: true}).Read()
	if err != nil {
		return nil, err
	}
	all := make([]*kyaml.RNode, len(items))
	for i, it := range items {
		if all[i] = known[it]; all[i] == nil {
			all[i], anew = anew[0], anew[1:]
		}
	}
	return all, nil
}

// results gives problems as kyaml's results.
func results(ps model.Problems) (framework.Results, error) {
	text, err := krm.Results(ps)
	if err != nil {
		return nil, err
	}
	var out struct{ Results framework.Results }
	err = yaml.Unmarshal(text, &out)
	return out.Results, err
}
