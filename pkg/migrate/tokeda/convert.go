package tokeda

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"go.yaml.in/yaml/v3"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/trigger"
)

// findServer finds the URL of Prometheus: the one of the input, or that of the only adapter.
func (c *converter) findServer(ps *model.Problems) {
	var urls []string
	for _, a := range c.setup.Instances {
		if url, ok := adapter.FlagValue(a.Args(), "prometheus-url"); ok && !slices.Contains(urls, url) {
			urls = append(urls, strings.TrimSuffix(url, "/"))
		}
	}
	switch {
	case c.Prometheus != "":
	case len(urls) == 1:
		c.Prometheus = urls[0]
	default:
		ps.Errorf(model.InputRequired, model.Place{Field: "--prometheus"}, "is missing, and the input does not have one adapter with "+
			"--prometheus-url; set it to the URL of Prometheus, such as http://prometheus-operated.monitoring.svc:9090")
	}
}

// convert replaces a HorizontalPodAutoscaler by a ScaledObject, or reports why it stays. One without metrics of an adapter has
// nothing to do with it, and stays in silence.
func (c *converter) convert(s *chain.HPA, ps *model.Problems) {
	demands := c.demands[&s.Scaler]
	if !slices.ContainsFunc(demands, (*demand.Demand).FromAdapter) || isKEDAs(s.Item) {
		return
	}
	var own model.Problems
	out := c.scaledObject(s, demands, &own)
	o := s.Item.Place.Object
	entry := Scaler{Namespace: o.Namespace, Name: o.Name}
	entry.Paused = slices.ContainsFunc(demands, func(d *demand.Demand) bool { return d.External() && d.FromAdapter() })
	c.external = c.external || entry.Paused
	if !own.HasErrors() {
		ps.Add(own...)
		text, err := krm.NewObject(func() krm.Object { return out }).AppendTo(nil)
		if err != nil {
			ps.Errorf(model.MigrateDump, s.Item.Place, "%v", err)
			return
		}
		c.addFile(ScaledObjectsDir, model.Object{Kind: keda.ScaledObjectKind, Namespace: out.Namespace, Name: out.Name}, text)
		c.addFile(RollbackDir, o, asWritten(s.Item))
		c.report.Converted = append(c.report.Converted, entry)
		return
	}
	for _, p := range own {
		if p.Severity == model.Error {
			entry.Reasons = append(entry.Reasons, p.Message)
			p.Severity, p.Message = model.Warning, p.Message+"; until then, this HorizontalPodAutoscaler stays with the adapter"
			ps.Add(p)
		}
	}
	c.report.Kept = append(c.report.Kept, entry)
}

// isKEDAs reports whether KEDA made a HorizontalPodAutoscaler.
func isKEDAs(it *krm.Item) bool {
	return it.Labels[keda.NameLabel] != "" || strings.HasPrefix(it.Place.Object.Name, "keda-hpa-")
}

// scaledObject returns the ScaledObject for s.
func (c *converter) scaledObject(s *chain.HPA, demands []*demand.Demand, ps *model.Problems) *keda.ScaledObject {
	o := s.Item.Place.Object
	least, most := int32(1), s.MaxReplicas
	if s.MinReplicas != nil {
		least = *s.MinReplicas
	}
	behavior := s.Behavior
	out := &keda.ScaledObject{
		TypeMeta: metav1.TypeMeta{APIVersion: keda.APIVersion, Kind: keda.ScaledObjectKind},
		// KEDA refuses a workload that a HorizontalPodAutoscaler scales, unless it takes that over by its name.
		ObjectMeta: metav1.ObjectMeta{
			Name: o.Name, Namespace: o.Namespace, Labels: ownLabels(s.Item.Labels),
			Annotations: map[string]string{keda.TransferOwnership: "true"},
		},
		Spec: keda.ScaledObjectSpec{
			ScaleTargetRef:  &keda.ScaleTarget{APIVersion: s.Ref.APIVersion, Kind: s.Ref.Kind, Name: s.Ref.Name},
			MinReplicaCount: &least, MaxReplicaCount: &most,
			Advanced: &keda.Advanced{HorizontalPodAutoscalerConfig: &keda.HPAConfig{Name: o.Name, Behavior: behavior}},
		},
	}
	if least == 0 { // A new ScaledObject without a load would take all pods at once.
		out.Spec.InitialCooldownPeriod = new(int32(keda.DefaultCooldownPeriod))
	}
	switch {
	case gen.Owner(s.Item) != "":
		ps.Errorf(model.MigrateKEDA, s.Item.Place, "is rendered by krm-fn; set autoscaler: ScaledObject in the spec of the RenderAPIs instead")
	case len(s.Sharing) > 1:
		ps.Errorf(model.MigrateKEDA, s.RefAt(), "has the same target as %s; keep one of them", otherThan(s))
	}
	for i := range s.Metrics {
		m, at := &s.Metrics[i], s.MetricAt(i)
		switch s.Source(m) {
		case chain.ResourceUsage:
			if m.Resource == nil && m.ContainerResource == nil {
				ps.Errorf(model.MigrateKEDA, at, "is not a valid metric; correct it first")
				continue
			}
			out.Spec.Triggers = append(out.Spec.Triggers, trigger.Resource(m))
		case chain.AdapterRule:
			j := slices.IndexFunc(demands, func(d *demand.Demand) bool { return d.Number == i })
			if j < 0 {
				ps.Errorf(model.MigrateKEDA, at, "is not a valid metric; correct it first")
				continue
			}
			if t, ok := c.trigger(s, demands[j], m, ps); ok {
				out.Spec.Triggers = append(out.Spec.Triggers, t)
			}
		default:
			ps.Errorf(model.MigrateKEDA, at, "comes from another program than prometheus-adapter, which KEDA would replace; use the trigger of "+
				"KEDA for that program")
		}
	}
	return out
}

// ofServer are the fields of metadata that only an API server sets.
var ofServer = []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"}

// asWritten returns an object from a cluster as a manifest.
func asWritten(it *krm.Item) []byte {
	root := *it.Node()
	root.Content = without(root.Content, []string{"status"})
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "metadata" {
			meta := *root.Content[i+1]
			meta.Content = without(meta.Content, ofServer)
			root.Content[i+1] = &meta
		}
	}
	return krm.NewItem(&root).Text()
}

// without returns the members of a mapping except for some.
func without(content []*yaml.Node, keys []string) []*yaml.Node {
	var out []*yaml.Node
	for i := 0; i+1 < len(content); i += 2 {
		if !slices.Contains(keys, content[i].Value) {
			out = append(out, content[i], content[i+1])
		}
	}
	return out
}

// otherThan returns another scaler with the target of s.
func otherThan(s *chain.HPA) model.Object {
	for _, other := range s.Sharing {
		if other.Item != s.Item {
			return other.Item.Place.Object
		}
	}
	return s.Item.Place.Object
}

// ownLabels returns the labels without those by which programs find what they installed.
func ownLabels(all map[string]string) map[string]string {
	return lookup.Without(all, []string{"helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "argocd.argoproj.io/instance"})
}

// trigger returns the trigger for a metric that the adapter serves.
func (c *converter) trigger(s *chain.HPA, d *demand.Demand, m *autoscalingv2.MetricSpec, ps *model.Problems) (keda.Trigger, bool) {
	offers := d.Candidates()
	switch {
	case len(offers) == 0:
		ps.Errorf(model.MigrateKEDA, d.At(), "no rule in the input serves %s; add the configuration of the adapter, or its values with "+
			"--adapter-values", d.What())
		return keda.Trigger{}, false
	case len(offers) > 1:
		ps.Errorf(model.MigrateKEDA, d.At(), "several rules serve %s, and the series that exist decide between them; remove all but one",
			d.What())
		return keda.Trigger{}, false
	case !offers[0].Registered:
		ps.Errorf(model.MigrateKEDA, d.At(), "the rule for %s %s", d.What(), offers[0].Obstacle)
		return keda.Trigger{}, false
	}
	offer := offers[0]
	w := trigger.Workload{Namespace: s.Namespace(), Kinds: c.kinds, Instead: "change the rule, or write the trigger yourself"}
	if d.IsOfPods() {
		pods, ok := c.pods(s, d, offer, ps)
		if !ok {
			return keda.Trigger{}, false
		}
		w.Pods = pods
	}
	rule := trigger.Rule{DiscoveryRule: offer.DiscoveryRule, Place: offer.At, Series: offer.Series[:1]}
	p := trigger.Prometheus{Metadata: map[string]string{"serverAddress": c.Prometheus}}
	return p.Trigger(w, m, rule, d.At(), ps)
}

// pods returns the matchers for the series of the pods of a workload. The adapter asks for them by their names, which a query of
// KEDA cannot know. It uses a label that all ways of scraping give to the pods of this workload only, or the shape of the names.
func (c *converter) pods(s *chain.HPA, d *demand.Demand, offer *demand.Offer, ps *model.Problems) ([]*labels.Matcher, bool) {
	origins := d.Origins()
	for _, label := range []string{"service", "job"} {
		var value string
		only := len(origins) > 0
		for _, o := range origins {
			v, kept := o.Value(offer.Series[0], label)
			only = only && kept && v != "" && (value == "" || v == value) && c.isOnly(s.Target, o, label)
			value = v
		}
		if only {
			return []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, label, value)}, true
		}
	}
	pattern := podPattern(s.Ref.Kind, s.Ref.Name)
	if pattern == "" {
		ps.Errorf(model.MigrateKEDA, d.At(), "no label tells the pods of %s %s from others; add one with podTargetLabels of their monitor, and "+
			"include the monitor", s.Ref.Kind, s.Ref.Name)
		return nil, false
	}
	ps.Warnf(model.MigrateKEDA, d.At(), "the input has no monitor with a label that only the pods of %s %s have, so the query selects them by "+
		"the shape of their names; add their monitor to the input for an exact query", s.Ref.Kind, s.Ref.Name)
	return []*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, offer.Label, pattern)}, true
}

// isOnly reports whether the value of a label, on series that arrive by an origin, belongs to the pods of one workload. Pods that
// end by themselves, such as those of tests, do not count.
func (c *converter) isOnly(target *chain.Workload, o demand.Origin, label string) bool {
	switch {
	case target == nil:
		return false
	case label == "service":
		return o.Path.Service != nil && areOnly(o.Path.Service.Workloads, target)
	case label == "job" && o.Path.Service == nil:
		return areOnly(o.Path.Monitor.Pods, target)
	}
	return false
}

func areOnly(all []*chain.Workload, target *chain.Workload) bool {
	return !slices.ContainsFunc(all, func(wl *chain.Workload) bool { return wl != target && !wl.IsTransient() })
}

// The characters of the suffixes that Kubernetes gives to names (k8s.io/apimachinery/pkg/util/rand, alphanums).
const suffixCharacters = "[bcdfghjklmnpqrstvwxz2456789]"

// podPattern matches the names of the pods of a workload, as its controller makes them: from the name, the hash of the template,
// and five characters for a Deployment or Rollout (pkg/controller/deployment/sync.go), from the name and a number for a
// StatefulSet (pkg/controller/statefulset/stateful_set_utils.go), and from the name and five characters for the others. A long
// name is cut (k8s.io/apiserver/pkg/storage/names), so there is no pattern for it.
func podPattern(kind, name string) string {
	const longest = 63 - 5 - len("-0123456789-")
	switch {
	case len(name) > longest:
		return ""
	case kind == "Deployment" || kind == "Rollout":
		return fmt.Sprintf("%s-%s{1,10}-%[2]s{5}", name, suffixCharacters)
	case kind == "StatefulSet":
		return name + "-[0-9]+"
	case kind == "ReplicaSet" || kind == "ReplicationController":
		return name + "-" + suffixCharacters + "{5}"
	}
	return ""
}
