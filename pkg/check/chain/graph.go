package chain

import (
	"cmp"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Graph has the objects of the input and how they refer to each other. Its order does not depend on that of the input.
type Graph struct {
	// Items are all objects for the cluster, including those in Lists.
	Items []*krm.Item
	// Minor is the minor version of Kubernetes to check for, 0 for the newest.
	Minor int
	// Complete reports that the cluster has no other objects of the kinds of the chain.
	Complete     bool
	Workloads    Workloads
	Services     Services
	Monitors     []*Monitor
	Scalers      []*Scaler
	Prometheuses []*Prometheus
	Namespaces   Namespaces
	Access       Access
	APIs         APIServices
	HPAs         []*HPA
	KEDA         []*KEDA
	// manual has the routes through Services without a selector, by namespace.
	manual lookup.ByNamespace[Route]
}

// reader reads items into a graph.
type reader struct {
	graph *Graph
	// keep selects the containers whose pod template is kept as a whole.
	keep func(*corev1.Container) bool
}

// Before reports whether the Kubernetes version to check for is older than 1.minor.
func (g *Graph) Before(minor int) bool { return g.Minor > 0 && g.Minor < minor }

// New reads items and joins them. The problems are those of decoding. It keeps the whole pod template of each container for
// which keep returns true.
func New(items []*krm.Item, minor int, keep func(*corev1.Container) bool) (*Graph, model.Problems) {
	g := &Graph{
		Minor: minor, Items: make([]*krm.Item, 0, len(items)),
		Namespaces: Namespaces{
			written: map[string]map[string]string{}, all: map[string]map[string]string{}, injects: map[string][]*Injector{},
		},
		Access: Access{roles: map[model.Object]*Role{}, grants: map[Account]*grants{}},
	}
	r := &reader{graph: g, keep: keep}
	for _, it := range items {
		r.collect(it)
	}
	slices.SortStableFunc(g.Items, compareItems)
	var ps model.Problems
	for _, it := range g.Items {
		r.add(it, &ps)
	}
	g.APIs.items = g.Items
	g.Workloads.indexKeys()
	borrowTemplates(g)
	findTargets(g)
	for _, m := range g.Monitors {
		m.OwnOnly = ownOnly(g, m)
	}
	join(g)
	return g, ps
}

// collect adds an item, or the objects of a List. It skips local configuration.
func (r *reader) collect(it *krm.Item) {
	if it.Annotations[krm.LocalConfigAnnotation] == "true" {
		return
	}
	if !strings.HasSuffix(it.Place.Object.Kind, "List") {
		r.graph.Items = append(r.graph.Items, it)
		return
	}
	list := it.Node()
	items := krm.Get(list, "items")
	if items == nil || items.Kind != yaml.SequenceNode {
		r.graph.Items = append(r.graph.Items, it)
		return
	}
	for _, n := range items.Content {
		one := krm.NewItem(n)
		one.Place.File, one.Place.Index = it.Place.File, it.Place.Index
		one.Place.Begin += it.Place.Begin - int32(list.Line)
		r.collect(one)
	}
}

// compareItems orders items by place and identity, and copies of an object by their content.
func compareItems(a, b *krm.Item) int {
	p, q := a.Place, b.Place
	if c := cmp.Or(
		cmp.Compare(p.File, q.File), cmp.Compare(p.Index, q.Index), cmp.Compare(p.Object.Kind, q.Object.Kind),
		cmp.Compare(p.Object.Namespace, q.Object.Namespace), cmp.Compare(p.Object.Name, q.Object.Name),
		cmp.Compare(p.Object.APIVersion, q.Object.APIVersion),
	); c != 0 || a == b {
		return c
	}
	return compareNodes(a.Node(), b.Node())
}

func compareNodes(a, b *yaml.Node) int {
	c := cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Value, b.Value),
		cmp.Compare(len(a.Content), len(b.Content)))
	for i := 0; c == 0 && i < len(a.Content); i++ {
		c = compareNodes(a.Content[i], b.Content[i])
	}
	return c
}

func (r *reader) add(it *krm.Item, ps *model.Problems) {
	o := it.Place.Object
	if r.addScaler(it, ps) {
		return
	}
	if model.Group(o.APIVersion) == rbacGroup {
		r.graph.Access.add(it)
		return
	}
	switch model.Group(o.APIVersion) + "/" + o.Kind {
	case "/ConfigMap", "/Secret": // Of what they hold, only the rules count.
	case "/Namespace":
		r.graph.Namespaces.written[o.Name] = it.Labels
	case "/Service":
		r.addService(it, ps)
	case "/LimitRange":
		r.graph.Namespaces.LimitRanges.Add(it.Place.Object.Namespace, &LimitRange{it, specOf[corev1.LimitRangeSpec](it, ps)})
	case "monitoring.coreos.com/ServiceMonitor":
		r.addServiceMonitor(it, ps)
	case "monitoring.coreos.com/PodMonitor":
		r.addPodMonitor(it, ps)
	case "monitoring.coreos.com/Prometheus", "monitoring.coreos.com/PrometheusAgent":
		p := &Prometheus{Item: it, wanted: map[*metav1.LabelSelector][]labels.Requirement{}}
		ps.Add(mistakes(krm.Last(it.Node(), "spec"), it.Place.Child("spec"), &p.Spec, false)...)
		r.graph.Prometheuses = append(r.graph.Prometheuses, p)
	default:
		r.addWorkload(it, ps)
	}
}

// specOf returns the spec of an object. It reports values of wrong types and misspelled fields, and decodes the rest. Do not
// keep the spec: it is large, and that of a rendered object is made for each call.
func specOf[T any](it *krm.Item, ps *model.Problems) *T {
	var spec *T
	if !it.Spec(&spec) {
		spec = new(T)
		ps.Add(mistakes(krm.Last(it.Node(), "spec"), it.Place.Child("spec"), spec, true)...)
	}
	return spec
}

// mistakes decodes n into out. A value of a wrong type is an error. An unknown field may belong to a newer version, so it is
// only a warning, and only if misspelled is set and a known field has a similar name. A duplicate key is a warning, too: kubectl
// sends the last one to the API server.
func mistakes(n *yaml.Node, at model.Place, out any, misspelled bool) model.Problems {
	if krm.IsNull(n) {
		return nil
	}
	var ps model.Problems
	for _, p := range krm.DecodeLast(n, at, out) {
		switch p.ID {
		case model.InputDuplicate:
			p.Severity, p.Message = model.Warning, "appears more than once; the last one counts; remove the others"
		case model.InputField:
			if !misspelled || p.Suggestion == "" {
				continue
			}
			p.Severity = model.Warning
		}
		ps.Add(p)
	}
	return ps
}
