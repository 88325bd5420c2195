package adapter

import (
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// compileResource has the rules for cpu and memory read as the adapter and Prometheus do.
func (s *Config) compileResource(k *Kinds) {
	if s.resource == nil {
		return
	}
	for _, part := range []struct {
		name string
		rule adapterconfig.ResourceRule
	}{{"cpu", s.resource.CPU}, {"memory", s.resource.Memory}} {
		at := s.resourceAt.Child(part.name)
		r := &Rule{Config: s, At: at, DiscoveryRule: adapterconfig.DiscoveryRule{Resources: part.rule.Resources}}
		if !checkResources(r, k) {
			s.broken = true
			continue
		}
		conv, err := naming.NewResourceConverter(part.rule.Resources.Template, unambiguous(r, k).Resources.Overrides, k.mapper)
		if err != nil {
			s.broken = true
			s.Problems.Errorf(model.RuleQuery, at, "%v; the adapter does not start with it", err)
			continue
		}
		s.resourceQuery(conv, resourceQuery{
			at.Child("containerQuery"), part.rule.ContainerQuery, PodResource,
			[]string{part.rule.ContainerLabel},
		})
		s.resourceQuery(conv, resourceQuery{at.Child("nodeQuery"), part.rule.NodeQuery, naming.NodeGroupResource, nil})
	}
}

// resourceQuery is a query of the resource metrics API.
type resourceQuery struct {
	at       model.Place
	text     string
	resource schema.GroupResource
	groupBy  []string
}

// resourceQuery follows pkg/resourceprovider, runQuery. An empty query counts for nothing unless the other one is there.
func (s *Config) resourceQuery(conv naming.ResourceConverter, q resourceQuery) {
	if q.text == "" {
		return
	}
	m, err := naming.NewMetricsQuery(q.text, conv)
	if err != nil {
		s.broken = true
		s.Problems.Errorf(model.RuleQuery, q.at, "%v; the adapter does not start with it", err)
		return
	}
	namespace := "default"
	if q.resource == naming.NodeGroupResource {
		namespace = ""
	}
	built, err := m.Build("", q.resource, namespace, q.groupBy, labels.Everything(), "a", "b")
	if err != nil {
		s.Problems.Errorf(model.RuleQuery, q.at, "cannot be filled in: %v", err)
		return
	}
	e, err := promexpr.Parser.ParseExpr(string(built))
	switch {
	case err != nil:
		s.Problems.Errorf(model.RuleQuery, q.at, "becomes %s, which Prometheus refuses: %v", built, err)
	case e.Type() != parser.ValueTypeVector:
		s.Problems.Errorf(model.RuleQuery, q.at, "becomes %s, which gives a %s; the adapter takes an instant vector only", built, e.Type())
	}
}
