package check

import (
	"cmp"
	"slices"
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// world is everything that the chain is made of, in an order that does not depend on that of the input.
type world struct {
	workloads    []*workload
	services     []*service
	monitors     []*monitor
	scalers      []*scaler
	prometheuses []*prometheus
	limitRanges  spaced[*limitRange]
	roles        map[model.Object]spaced[*role]
	bindings     []*binding
	// namespaces are the labels of the Namespaces among the items.
	namespaces map[string]map[string]string
	rules      []*ruleSet
	// custom finds the rules of all configurations for Pods and Object metrics, external those for External ones.
	custom, external *ruleIndex
	samples          []Sample
	items            []*krm.Item
	minor            int
	// serviceIndex and podIndex find Services by their labels, and workloads by those of their pods.
	serviceIndex, podIndex *labelIndex
	// targets are the workloads in the order of what refers to them, byTarget the scalers in that of their targets.
	targets  []*workload
	byTarget []*scaler
	// manual are the routes through Services without a selector, by the namespaces that these state.
	manual spaced[route]
	memo   memo
	// While the world is made, these find lists that many objects share.
	servicePorts   sharer[servicePort]
	containerPorts sharer[containerPort]
	resourceNames  sharer[corev1.ResourceName]
}

// memo is what several checks ask for and what is costly to find.
type memo struct {
	needs    once[[]*demand]
	demands  once[[]*demand]
	origins  once[[]origin]
	recent   recentOrigins
	recorded once[*recordings]
	adapters once[[]adapter]
	judged   once[bool]
	unknown  once[bool]
	other    once[string]
	// registered is an API that an adapter serves.
	registered once[registration]
	written    once[map[string][]*krm.Item]
	pages      once[map[*workload]page]
	grants     map[account]*grants
	// injected tells of namespaces, by their names, whether something adds containers to the pods in them.
	injected map[string]bool
	// namespaces are the labels of namespaces, those included that the API server sets.
	namespaces map[string]map[string]string
	// apis are the APIServices by group.
	apis once[map[string][]*api]
	// names are those of the workloads that reportMissing may suggest.
	names  map[targetKey]*lexicon
	spaces once[*spaced[*workload]]
	// anywhere are the first workloads of each name in any namespace, which the keys do not state.
	anywhere once[map[targetKey]*workload]
	// monitors are the monitors by name, vain the routes that end at a Service without pods.
	monitors once[map[string][]*monitor]
	vain     once[[]route]
}

// once is a value that is found once.
type once[T any] struct{ value *T }

func (o *once[T]) get(find func() T) T {
	if o.value == nil {
		v := find()
		o.value = &v
	}
	return *o.value
}

// remember finds a value once.
func remember[K comparable, V any](known map[K]V, key K, find func(K) V) V {
	v, ok := known[key]
	if !ok {
		v = find(key)
		known[key] = v
	}
	return v
}

// prometheus is a Prometheus or a PrometheusAgent of prometheus-operator.
type prometheus struct {
	item *krm.Item
	spec prometheusSpec
	// wants are what the selectors demand of labels.
	wants map[*metav1.LabelSelector][]labels.Requirement
}

// requirements are what one of the selectors of p demands.
func (p *prometheus) requirements(s *metav1.LabelSelector) []labels.Requirement {
	return remember(p.wants, s, requirements)
}

// prometheusSpec is what decides which monitors are read, of CommonPrometheusFields and PrometheusAgentSpec.
type prometheusSpec struct {
	ServiceMonitorSelector          *metav1.LabelSelector                          `json:"serviceMonitorSelector"`
	ServiceMonitorNamespaceSelector *metav1.LabelSelector                          `json:"serviceMonitorNamespaceSelector"`
	PodMonitorSelector              *metav1.LabelSelector                          `json:"podMonitorSelector"`
	PodMonitorNamespaceSelector     *metav1.LabelSelector                          `json:"podMonitorNamespaceSelector"`
	ProbeSelector                   *metav1.LabelSelector                          `json:"probeSelector"`
	ScrapeConfigSelector            *metav1.LabelSelector                          `json:"scrapeConfigSelector"`
	AdditionalScrapeConfigs         *corev1.SecretKeySelector                      `json:"additionalScrapeConfigs"`
	ScrapeInterval                  monitoringv1.Duration                          `json:"scrapeInterval"`
	ScrapeClasses                   []monitoringv1.ScrapeClass                     `json:"scrapeClasses"`
	ArbitraryFSAccessThroughSMs     monitoringv1.ArbitraryFSAccessThroughSMsConfig `json:"arbitraryFSAccessThroughSMs"`
	IgnoreNamespaceSelectors        bool                                           `json:"ignoreNamespaceSelectors"`
	EnforcedNamespaceLabel          string                                         `json:"enforcedNamespaceLabel"`
	ServiceAccountName              string                                         `json:"serviceAccountName"`
	// Mode is that of a PrometheusAgent.
	Mode string `json:"mode"`
}

type limitRange struct {
	item *krm.Item
	spec *corev1.LimitRangeSpec
}

// namespaceOf is the namespace of an object; kubectl puts it into default if it states none.
func namespaceOf(it *krm.Item) string { return orDefault(it.Place.Object.Namespace) }

// groupOf is the group of an apiVersion, "" for the core.
func groupOf(apiVersion string) string {
	group, _, grouped := strings.Cut(apiVersion, "/")
	if !grouped {
		return ""
	}
	return group
}

// before tells whether the Kubernetes to check for is older than 1.minor. If none is asked for, it is the newest.
func (w *world) before(minor int) bool { return w.minor > 0 && w.minor < minor }

// newWorld sorts the items by what they are.
func newWorld(in Input) (*world, model.Problems) {
	w := &world{
		namespaces: map[string]map[string]string{}, samples: in.Samples, minor: in.Minor,
		roles: map[model.Object]spaced[*role]{}, items: make([]*krm.Item, 0, len(in.Items)),
	}
	w.memo = memo{
		injected: map[string]bool{}, namespaces: map[string]map[string]string{},
		names: map[targetKey]*lexicon{}, grants: map[account]*grants{},
	}
	w.servicePorts, w.containerPorts = sharer[servicePort]{}, sharer[containerPort]{}
	w.resourceNames = sharer[corev1.ResourceName]{}
	var ps model.Problems
	for _, it := range in.Items {
		w.collect(it)
	}
	slices.SortStableFunc(w.items, compareItems)
	for _, it := range w.items {
		w.add(it, &ps)
	}
	w.servicePorts, w.containerPorts, w.resourceNames = nil, nil, nil
	w.indexTargets()
	w.borrowTemplates()
	w.findTargets()
	for _, m := range w.monitors {
		m.ownOnly = w.ownOnly(m)
	}
	w.join()
	w.addRules(in, &ps)
	return w, ps
}

// collect takes an item that goes to the cluster, or the objects that a List holds.
func (w *world) collect(it *krm.Item) {
	if it.Annotations[krm.LocalConfigAnnotation] == "true" {
		return
	}
	if !strings.HasSuffix(it.Place.Object.Kind, "List") {
		w.items = append(w.items, it)
		return
	}
	list := it.Node()
	items := krm.Get(list, "items")
	if items == nil || items.Kind != yaml.SequenceNode {
		w.items = append(w.items, it)
		return
	}
	for _, n := range items.Content {
		one := krm.NewItem(n)
		one.Place.File, one.Place.Index = it.Place.File, it.Place.Index
		one.Place.Begin += it.Place.Begin - int32(list.Line)
		w.collect(one)
	}
}

// compareItems orders items by where they stand and what they are, and copies of an object by what they say.
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

func (w *world) add(it *krm.Item, ps *model.Problems) {
	o := it.Place.Object
	if o.Kind == "HorizontalPodAutoscaler" {
		w.addScaler(it, ps)
		return
	}
	if groupOf(o.APIVersion) == rbacGroup {
		w.addAccess(it)
		return
	}
	switch groupOf(o.APIVersion) + "/" + o.Kind {
	case "/ConfigMap", "/Secret": // Of what they hold, only the rules count.
	case "/Namespace":
		w.namespaces[o.Name] = it.Labels
	case "/Service":
		w.addService(it, ps)
	case "/LimitRange":
		w.limitRanges.add(it.Place.Object.Namespace, &limitRange{it, specOf[corev1.LimitRangeSpec](it, ps)})
	case "monitoring.coreos.com/ServiceMonitor":
		w.addServiceMonitor(it, ps)
	case "monitoring.coreos.com/PodMonitor":
		w.addPodMonitor(it, ps)
	case "monitoring.coreos.com/Prometheus", "monitoring.coreos.com/PrometheusAgent":
		p := &prometheus{item: it, wants: map[*metav1.LabelSelector][]labels.Requirement{}}
		ps.Add(mistakes(krm.Get(it.Node(), "spec"), it.Place.Child("spec"), &p.spec, false)...)
		w.prometheuses = append(w.prometheuses, p)
	default:
		w.addWorkload(it, ps)
	}
}

// specOf gives the spec of an object and reports what the API server refuses or drops. What is sound is read all the same.
// The spec is not to be kept: it is big, and of a rendered object it is made anew.
func specOf[T any](it *krm.Item, ps *model.Problems) *T {
	var spec *T
	if !it.Spec(&spec) {
		spec = new(T)
		ps.Add(mistakes(krm.Get(it.Node(), "spec"), it.Place.Child("spec"), spec, true)...)
	}
	return spec
}

// mistakes reads n into out. A value of a wrong type is an error. An unknown field may be one of a newer version: it is
// a warning where misspelled is set and another one was most likely meant, and else nothing.
func mistakes(n *yaml.Node, at model.Place, out any, misspelled bool) model.Problems {
	if krm.IsNull(n) {
		return nil
	}
	var ps model.Problems
	for _, p := range krm.Decode(n, at, out) {
		if p.ID == model.InputField {
			if !misspelled || p.Suggestion == "" {
				continue
			}
			p.Severity = model.Warning
		}
		ps.Add(p)
	}
	return ps
}
