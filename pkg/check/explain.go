package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Link is a link of the chain of a scaler.
type Link struct {
	// Role is what the link is for, What the object or setting.
	Role, What string
	// Place is where it is defined, Source the position of that, which Locate sets.
	Place  model.Place
	Source model.Source
	// Problems are those of the link itself.
	Problems model.Problems
	Links    []*Link
}

// Broken reports whether the link has an error.
func (l *Link) Broken() bool { return l.Problems.HasErrors() }

// Explain returns the chain of a scaler by its name: NAME or NAMESPACE/NAME, optionally after a short name of its kind, such as
// "hpa/" or "so/".
func Explain(in Input, name string) (*Link, model.Problems) {
	w, ps := newWorld(in)
	name, kind := cutKind(name)
	var found []*chain.Scaler
	var names []string
	for _, s := range w.graph.Scalers {
		o := s.Item.Place.Object
		full := s.Namespace() + "/" + o.Name
		if kind != "" && kind != o.Kind {
			continue
		}
		names = append(names, o.Name, full)
		if name == o.Name || name == full {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 0:
		ps.Errorf(model.HPATarget, model.Place{},
			"the input has no %s %q%s", cmp.Or(kind, shortNames[0].kind), name, krm.DidYouMean(name, names))
		return nil, ps.Sorted()
	case len(found) > 1:
		ps.Errorf(model.HPATarget, model.Place{},
			"%d %ss are named %q: %s", len(found), cmp.Or(kind, shortNames[0].kind), name, severalHint(found))
		return nil, ps.Sorted()
	}
	links := chainOf(w, found[0])
	// Of other scalers, only those that conflict with this one matter.
	others := map[*krm.Item]bool{}
	for _, s := range w.graph.Scalers {
		others[s.Item] = !slices.Contains(found[0].Sharing, s)
	}
	in.Items = slices.DeleteFunc(slices.Clone(in.Items), func(it *krm.Item) bool {
		return it != found[0].Item && (others[it] || it.Place.Object.Kind == found[0].Item.Place.Object.Kind)
	})
	links.attach(Run(in))
	return links, nil
}

// shortNames are those of the kinds of scalers.
var shortNames = []struct{ prefix, kind string }{
	{"hpa/", "HorizontalPodAutoscaler"},
	{"scaledobject/", keda.ScaledObjectKind},
	{"so/", keda.ScaledObjectKind},
	{"scaledjob/", keda.ScaledJobKind},
	{"sj/", keda.ScaledJobKind},
}

// cutKind removes the short name of a kind from a name. The kind is empty if there is none.
func cutKind(name string) (rest, kind string) {
	for _, s := range shortNames {
		if rest, ok := strings.CutPrefix(name, s.prefix); ok {
			return rest, s.kind
		}
	}
	return name, ""
}

// CutKind removes the short name of a kind, such as hpa/, from a name. If it is that of another kind, the result is empty.
func CutKind(name, kind string) string {
	rest, of := cutKind(name)
	if of != "" && of != kind {
		return ""
	}
	return rest
}

// HasKind reports whether a name begins with the short name of a kind.
func HasKind(name string) bool {
	_, kind := cutKind(name)
	return kind != ""
}

// severalHint tells scalers of one name apart, for the end of a message.
func severalHint(found []*chain.Scaler) string {
	var names, places []string
	for _, s := range found {
		names = append(names, s.Namespace()+"/"+s.Item.Place.Object.Name)
		places = append(places, cmp.Or(s.Item.Place.File, "the input"))
	}
	if names = lookup.Distinct(names); len(names) == 1 {
		return fmt.Sprintf("%s is in %s; the last one applied wins, so remove the others", names[0],
			lookup.Join(lookup.Distinct(places), " and "))
	}
	return "use " + lookup.OneOf(names)
}

// chainOf returns the chain of a scaler.
func chainOf(w *world, s *chain.Scaler) *Link {
	low := int32(1)
	if s.MinReplicas != nil {
		low = *s.MinReplicas
	}
	root := &Link{Role: "scaler", Place: s.Item.Place}
	root.What = fmt.Sprintf("%s, %d to %d replicas", s.Item.Place.Object, low, s.MaxReplicas)
	if !s.HasTarget() {
		root.What = fmt.Sprintf("%s, %d to %d Jobs", s.Item.Place.Object, low, s.MaxReplicas)
		root.Links = triggerLinks(w, s)
		return root
	}
	target := &Link{Role: "target", What: s.Ref.Kind + " " + s.Ref.Name + " is not in the input"}
	target.Place = s.Item.Place.Child("spec").Child("scaleTargetRef")
	wl := s.Target
	if wl != nil {
		target.What, target.Place = wl.Item.Place.Object.String(), wl.Item.Place
	}
	root.Links = append(root.Links, target)
	if !s.IsHPA() {
		root.Links = append(root.Links, triggerLinks(w, s)...)
		return root
	}
	demands := w.demands.All()
	for i, m := range s.Metrics {
		l := &Link{Role: "metric", What: metricText(m), Place: s.MetricAt(i)}
		for _, d := range demands {
			if d.Scaler == s && d.Number == i {
				l.Links = supply(w, d)
			}
		}
		if m.Type == autoscalingv2.ResourceMetricSourceType && wl != nil {
			l.Links = requests(wl, m.Resource.Name)
		}
		root.Links = append(root.Links, l)
	}
	return root
}

// metricText describes a metric and its target.
func metricText(m autoscalingv2.MetricSpec) string {
	name, target := "", autoscalingv2.MetricTarget{}
	switch {
	case m.Resource != nil:
		name, target = string(m.Resource.Name), m.Resource.Target
	case m.ContainerResource != nil:
		name = fmt.Sprintf("%s of container %s", m.ContainerResource.Name, m.ContainerResource.Container)
		target = m.ContainerResource.Target
	case m.Pods != nil:
		name, target = m.Pods.Metric.Name, m.Pods.Target
	case m.Object != nil:
		name = fmt.Sprintf("%s of %s %s", m.Object.Metric.Name, m.Object.DescribedObject.Kind, m.Object.DescribedObject.Name)
		target = m.Object.Target
	case m.External != nil:
		name, target = m.External.Metric.Name, m.External.Target
	}
	switch {
	case target.AverageUtilization != nil:
		return fmt.Sprintf("%s %s at %d %%", m.Type, name, *target.AverageUtilization)
	case target.AverageValue != nil:
		return fmt.Sprintf("%s %s at %s a pod", m.Type, name, target.AverageValue)
	case target.Value != nil:
		return fmt.Sprintf("%s %s at %s", m.Type, name, target.Value)
	}
	return fmt.Sprintf("%s %s", m.Type, name)
}

// requests returns links to the requests that the utilization of a resource is relative to.
func requests(wl *chain.Workload, name corev1.ResourceName) []*Link {
	var links []*Link
	for i, c := range wl.WholeTemplate().Spec.Containers {
		request := "no request"
		if q, ok := c.Resources.Requests[name]; ok {
			request = "requests " + q.String()
		}
		at := wl.Item.Place.Child("spec").Child("template").Child("spec").Child("containers").Item(i)
		links = append(links, &Link{Role: "container", What: fmt.Sprintf("%s: %s", c.Name, request), Place: at.Child("resources")})
	}
	return links
}

// supply returns the links that produce a metric of the custom or external metrics API.
func supply(w *world, d *demand.Demand) []*Link {
	links := apiLinks(w, d.Group())
	if !d.FromAdapter() || w.graph.APIs.ServedByOther(d.Group()) {
		return append(links, &Link{Role: "adapter", What: "a program other than prometheus-adapter serves it, which is not checked"})
	}
	offers := d.Candidates()
	for _, o := range offers {
		rule := &Link{Role: "rule", What: o.String(), Place: o.At}
		if len(offers) > 1 {
			rule.What += ", if the series exists"
		}
		for _, s := range o.Series {
			rule.Links = append(rule.Links, &Link{Role: "series", What: s})
		}
		if o.Query != "" {
			rule.Links = append(rule.Links, &Link{Role: "query", What: o.Query})
		}
		links = append(links, rule)
	}
	if len(offers) == 0 {
		links = append(links, &Link{Role: "rule", What: "none in the input"})
	}
	paths := d.Paths()
	for _, p := range paths {
		links = append(links, pathLink(p))
	}
	if len(paths) == 0 && d.Kind == autoscalingv2.PodsMetricSourceType {
		links = append(links, &Link{Role: "monitor", What: "none in the input"})
	}
	return links
}

// apiLinks returns the links from an API group to the adapter.
func apiLinks(w *world, group string) []*Link {
	var links []*Link
	for _, a := range w.graph.APIs.Of(group) {
		l := &Link{Role: "api", What: a.Item.Place.Object.String(), Place: a.Item.Place}
		s := a.Service
		svc := &Link{Role: "service", What: fmt.Sprintf("Service %s/%s, port %d", s.Namespace, s.Name, s.Port)}
		l.Links = append(l.Links, svc)
		if s := w.graph.ServiceOf(a.Service); s != nil {
			svc.Place = s.Item.Place
			for _, b := range w.setup.Behind(s) {
				at := b.Workload.Item.Place
				svc.Links = append(svc.Links, &Link{Role: "adapter", What: at.Object.String(), Place: at})
			}
		} else {
			svc.What += ", is not in the input"
		}
		links = append(links, l)
	}
	return links
}

// pathLink returns the links of a scrape path.
func pathLink(p chain.ScrapePath) *Link {
	every := ""
	if p.Interval != "" {
		every = ", every " + string(p.Interval)
	}
	l := &Link{Role: "monitor", What: p.Monitor.Item.Place.Object.String() + every, Place: p.At()}
	below := l
	if p.Service != nil {
		below = &Link{Role: "service", What: p.Service.Item.Place.Object.String(), Place: p.Service.Item.Place}
		if p.ServicePort != "" {
			below.What += ", port " + p.ServicePort
		}
		l.Links = []*Link{below}
	}
	container := "no container declares it"
	if p.Container != "" {
		container = "container " + p.Container
	}
	port := fmt.Sprintf("%d%s, %s", p.PodPort, cmp.Or(p.Path, "/metrics"), container)
	below.Links = append(below.Links, &Link{Role: "port", What: port})
	return l
}

// attach adds each problem to the link whose place contains that of the problem. Other errors go to the missing rule or
// monitor, else to l.
func (l *Link) attach(ps model.Problems) {
	for _, p := range ps {
		best := l.nearest(p.Place)
		if best == nil && p.Severity != model.Error {
			continue // It is about other chains.
		}
		if best == nil {
			best = l.missing(map[bool]string{true: "monitor", false: "rule"}[strings.HasPrefix(string(p.ID), "scrape/")])
		}
		cmp.Or(best, l).Problems.Add(p)
	}
}

// nearest returns the link with the longest place that contains at, or nil.
func (l *Link) nearest(at model.Place) *Link {
	var best *Link
	p := l.Place
	if p.Object == at.Object && at.Object.Name != "" && p.File == at.File && strings.HasPrefix(at.Field, p.Field) {
		best = l
	}
	for _, c := range l.Links {
		if b := c.nearest(at); b != nil && (best == nil || len(b.Place.Field) > len(best.Place.Field)) {
			best = b
		}
	}
	return best
}

// missing returns the first link of a role that has no object, or nil.
func (l *Link) missing(role string) *Link {
	for _, c := range l.Links {
		if c.Role == role && c.Place.Object.Name == "" {
			return c
		}
		if m := c.missing(role); m != nil {
			return m
		}
	}
	return nil
}

// Walk calls f for the link and all below it, parents first. The depth of l is 0.
func (l *Link) Walk(f func(l *Link, depth int)) {
	f(l, 0)
	for _, c := range l.Links {
		c.Walk(func(below *Link, depth int) { f(below, depth+1) })
	}
}

// Locate sets the position of the link and of all below it.
func (l *Link) Locate(in krm.Sources) {
	var links []*Link
	var ps model.Problems
	l.Walk(func(l *Link, _ int) {
		if l.Place.Object.Name != "" {
			links, ps = append(links, l), append(ps, model.Problem{Place: l.Place})
		}
	})
	in.Locate(ps)
	for i, l := range links {
		l.Source = ps[i].Source
	}
}

// Problematic returns the problems of the link and all below it, without duplicates.
func (l *Link) Problematic() model.Problems {
	var all model.Problems
	l.Walk(func(l *Link, _ int) { all = slices.Concat(all, l.Problems) })
	return all.Sorted()
}
