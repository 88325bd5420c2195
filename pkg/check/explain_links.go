package check

import (
	"cmp"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
)

// mostLinks is the maximum number of child links with the same role. Without it, malicious input could make the output very large.
const mostLinks = 20

// chain returns the chain of a scaler.
func (e *explainer) chain(s *chain.Scaler) *Link {
	low := int32(1)
	if s.MinReplicas != nil {
		low = *s.MinReplicas
	}
	root := &Link{Role: "scaler", Place: s.Item.Place}
	root.What = fmt.Sprintf("%s, %d to %d replicas", s.Item.Place.Object, low, s.MaxReplicas)
	if !s.HasTarget() {
		root.What = fmt.Sprintf("%s, %d to %d Jobs", s.Item.Place.Object, low, s.MaxReplicas)
		root.Links = e.triggerLinks(s)
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
		root.Links = append(root.Links, e.triggerLinks(s)...)
		return root
	}
	for i, m := range s.Metrics {
		l := &Link{Role: "metric", What: metricText(m), Place: s.MetricAt(i)}
		if d := e.demands[metricKey{s, i}]; d != nil {
			l.Links = supply(e.world, d)
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
	offers := firstOf(d.Candidates())
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
	paths := firstOf(d.Paths())
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
	for _, a := range firstOf(w.graph.APIs.Of(group)) {
		l := &Link{Role: "api", What: a.Item.Place.Object.String(), Place: a.Item.Place}
		s := a.Service
		svc := &Link{Role: "service", What: fmt.Sprintf("Service %s/%s, port %d", s.Namespace, s.Name, s.Port)}
		l.Links = append(l.Links, svc)
		if s := w.graph.ServiceOf(a.Service); s != nil {
			svc.Place = s.Item.Place
			for _, b := range firstOf(w.setup.Behind(s)) {
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

// firstOf returns the first elements of a list.
func firstOf[T any](list []T) []T { return list[:min(len(list), mostLinks)] }

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
