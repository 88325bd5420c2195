package gen

import (
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// AdapterRules are the rules for prometheus-adapter that a run rendered.
type AdapterRules struct {
	// ConfigMap is the rendered object with the rules.
	ConfigMap *krm.Item
	// InInput means that the input has this ConfigMap, or pods that read it.
	InInput bool
	// Metrics are the names of the metrics, sorted.
	Metrics []string
	text    string
}

// valuesKeys maps the members of an adapter configuration to the keys of rules in the values of the adapter's chart
// (prometheus-community/helm-charts, charts/prometheus-adapter/templates/configmap.yaml).
var valuesKeys = []struct{ member, value string }{
	{podRules, "custom"}, {externalRules, "external"}, {resourceRules, "resource"},
}

// Values returns the rules as values of the Helm chart prometheus-adapter. They do not contain rules.default, so the chart still
// adds its default rules unless other values say otherwise.
func (a *AdapterRules) Values() ([]byte, error) {
	root, _ := krm.Parse(a.text, a.ConfigMap.Place) // It was made or read before.
	rules := &yaml.Node{Kind: yaml.MappingNode}
	for _, k := range valuesKeys {
		if list := krm.Get(root, k.member); !krm.IsNull(list) {
			rules.Content = append(rules.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: k.value}, list)
		}
	}
	return krm.EncodeNode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "rules"}, rules}})
}

// adapterRules returns the rules among what a run rendered, nil if there are none.
func adapterRules(f facts, rendered []*krm.Item) *AdapterRules {
	if f.adapter.text == "" {
		return nil
	}
	out := &AdapterRules{ConfigMap: rendered[len(rendered)-1], text: f.adapter.text, InInput: f.adapter.inInput}
	for _, n := range f.adapter.needs {
		out.Metrics = append(out.Metrics, n.Metric)
	}
	return out
}
