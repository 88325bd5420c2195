package orchestrators

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// cluster is what would run if the manifests were applied.
type cluster struct {
	deployments map[ref]appsv1.Deployment
	services    map[ref]corev1.Service
	scalers     map[ref]autoscalingv2.HorizontalPodAutoscaler
	monitors    map[ref]monitoringv1.ServiceMonitor
	ingresses   map[ref]networkingv1.Ingress
	configMaps  map[ref]corev1.ConfigMap
	problems    []string
}

// breaks follows every name, label and port from one manifest to another and lists those that lead nowhere or to the wrong
// one, in order. It does not depend on how the manifests were created, except for the annotation that names their input.
func breaks(t *testing.T, objects []object) []string {
	t.Helper()
	c := cluster{
		deployments: typed[appsv1.Deployment](t, objects, "Deployment"),
		services:    typed[corev1.Service](t, objects, "Service"),
		scalers:     typed[autoscalingv2.HorizontalPodAutoscaler](t, objects, "HorizontalPodAutoscaler"),
		monitors:    typed[monitoringv1.ServiceMonitor](t, objects, "ServiceMonitor"),
		ingresses:   typed[networkingv1.Ingress](t, objects, "Ingress"),
		configMaps:  typed[corev1.ConfigMap](t, objects, "ConfigMap"),
	}
	for r, d := range c.deployments {
		c.checkDeployment(r, d)
	}
	for r, s := range c.services {
		c.checkService(r, s)
	}
	for r, s := range c.scalers {
		c.checkScaler(r, s)
	}
	for r, m := range c.monitors {
		c.checkMonitor(r, m)
	}
	for r, i := range c.ingresses {
		c.checkIngress(r, i)
	}
	for r, cm := range c.configMaps {
		c.checkRules(r, cm)
	}
	slices.Sort(c.problems)
	return c.problems
}

func (c *cluster) reportf(o fmt.Stringer, format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf("%s: %s", o, fmt.Sprintf(format, args...)))
}

// in is an object, for messages.
type in struct {
	kind string
	ref
}

func (i in) String() string { return i.kind + " " + i.ref.String() }

func (c *cluster) checkDeployment(r ref, d appsv1.Deployment) {
	at := in{"Deployment", r}
	pods := c.podsOf(r.namespace, d.Spec.Selector.MatchLabels)
	if !slices.Equal(pods, []ref{r}) {
		c.reportf(at, "the selector %s matches the pods of %v", text(d.Spec.Selector.MatchLabels), pods)
	}
	for _, v := range d.Spec.Template.Spec.Volumes {
		if v.ConfigMap != nil && c.configMaps[ref{r.namespace, v.ConfigMap.Name}].Name == "" {
			c.reportf(at, "volume %s: there is no ConfigMap %s", v.Name, v.ConfigMap.Name)
		}
	}
	if d.Annotations[ownerAnnotation] == "" {
		return
	}
	if _, ok := c.services[r]; !ok {
		c.reportf(at, "there is no Service of this name")
	}
	scalers := 0
	for s, v := range c.scalers {
		if s.namespace == r.namespace && v.Spec.ScaleTargetRef.Name == r.name {
			scalers++
		}
	}
	if scalers != 1 {
		c.reportf(at, "%d HorizontalPodAutoscalers scale it", scalers)
	}
	for endpoint := range strings.SplitSeq(d.Annotations[endpointsAnnotation], "\n") {
		c.checkEndpoint(at, d, endpoint)
	}
}

// checkRules checks that the adapter reads the rules that are rendered: one among the manifests mounts them, or they are where
// one outside them looks.
func (c *cluster) checkRules(r ref, cm corev1.ConfigMap) {
	if cm.Annotations[ownerAnnotation] == "" || r == (ref{"custom-metrics", "adapter-config"}) {
		return
	}
	for d, v := range c.deployments {
		for _, v := range v.Spec.Template.Spec.Volumes {
			if d.namespace == r.namespace && v.ConfigMap != nil && v.ConfigMap.Name == r.name {
				return
			}
		}
	}
	c.reportf(in{"ConfigMap", r}, "it has the rules of an adapter, and no adapter reads it")
}

// checkEndpoint checks a URL that a gateway calls: a Service with that port, or a container of the same pod. A host of a
// public domain is outside the cluster.
func (c *cluster) checkEndpoint(at in, d appsv1.Deployment, endpoint string) {
	u, err := url.Parse(endpoint)
	if err != nil || endpoint == "" || strings.HasSuffix(u.Hostname(), ".com") {
		return
	}
	if u.Hostname() == "localhost" {
		n, err := strconv.ParseInt(u.Port(), 10, 32)
		if err != nil || !listens(d, intstr.FromInt32(int32(n))) {
			c.reportf(at, "endpoint %s: no container listens there", endpoint)
		}
		return
	}
	name, namespace, _ := strings.Cut(u.Hostname(), ".")
	if namespace == "" {
		namespace = at.namespace
	}
	for _, p := range c.services[ref{namespace, name}].Spec.Ports {
		if strconv.Itoa(int(p.Port)) == u.Port() {
			return
		}
	}
	c.reportf(at, "endpoint %s: there is no such Service and port", endpoint)
}

func (c *cluster) checkService(r ref, s corev1.Service) {
	at := in{"Service", r}
	pods := c.podsOf(r.namespace, s.Spec.Selector)
	if len(pods) != 1 {
		c.reportf(at, "the selector %s matches the pods of %v", text(s.Spec.Selector), pods)
		return
	}
	d := c.deployments[pods[0]]
	if s.Annotations[sourceAnnotation] != d.Annotations[sourceAnnotation] {
		c.reportf(at, "it is made from %s, and its pods from %s", s.Annotations[sourceAnnotation], d.Annotations[sourceAnnotation])
	}
	for _, p := range s.Spec.Ports {
		if !listens(d, p.TargetPort) {
			c.reportf(at, "port %s leads to %s, where no container listens", p.Name, p.TargetPort.String())
		}
	}
}

func (c *cluster) checkScaler(r ref, s autoscalingv2.HorizontalPodAutoscaler) {
	at := in{"HorizontalPodAutoscaler", r}
	target := ref{r.namespace, s.Spec.ScaleTargetRef.Name}
	if _, ok := c.deployments[target]; !ok {
		c.reportf(at, "there is no Deployment %s", target)
	}
	for _, m := range s.Spec.Metrics {
		switch {
		case m.Pods != nil && !c.scraped(target):
			c.reportf(at, "metric %s: no ServiceMonitor reads the pods of %s", m.Pods.Metric.Name, target)
		case m.Object != nil:
			o := m.Object.DescribedObject
			_, service := c.services[ref{r.namespace, o.Name}]
			_, ingress := c.ingresses[ref{r.namespace, o.Name}]
			if o.Kind == "Service" && !service || o.Kind == "Ingress" && !ingress {
				c.reportf(at, "metric %s: there is no %s %s", m.Object.Metric.Name, o.Kind, o.Name)
			}
		}
	}
}

// scraped reports whether a ServiceMonitor selects the pods of a Deployment.
func (c *cluster) scraped(deployment ref) bool {
	for r, m := range c.monitors {
		for s := range c.selected(r, m) {
			if slices.Contains(c.podsOf(s.namespace, c.services[s].Spec.Selector), deployment) {
				return true
			}
		}
	}
	return false
}

// selected are the Services that a monitor selects, and their ports among those that it reads.
func (c *cluster) selected(r ref, m monitoringv1.ServiceMonitor) map[ref][]string {
	spaces := m.Spec.NamespaceSelector.MatchNames
	if len(spaces) == 0 {
		spaces = []string{r.namespace}
	}
	all := map[ref][]string{}
	for sr, s := range c.services {
		if !slices.Contains(spaces, sr.namespace) || !matches(m.Spec.Selector.MatchLabels, s.Labels) {
			continue
		}
		for _, ep := range m.Spec.Endpoints {
			if slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == ep.Port }) {
				all[sr] = append(all[sr], ep.Port)
			}
		}
	}
	return all
}

func (c *cluster) checkMonitor(r ref, m monitoringv1.ServiceMonitor) {
	at := in{"ServiceMonitor", r}
	services := c.selected(r, m)
	for _, ep := range m.Spec.Endpoints {
		n := 0
		for s, ports := range services {
			if !slices.Contains(ports, ep.Port) {
				continue
			}
			n++
			if source := c.services[s].Annotations[sourceAnnotation]; source != m.Annotations[sourceAnnotation] {
				c.reportf(at, "port %s: it is made from %s, and Service %s from %s", ep.Port, m.Annotations[sourceAnnotation], s, source)
			}
		}
		if n != 1 {
			c.reportf(at, "port %s: the selector %s matches %d Services with this port", ep.Port, text(m.Spec.Selector.MatchLabels), n)
		}
	}
}

func (c *cluster) checkIngress(r ref, i networkingv1.Ingress) {
	at := in{"Ingress", r}
	for _, rule := range i.Spec.Rules {
		for _, p := range rule.HTTP.Paths {
			b := p.Backend.Service
			s := c.services[ref{r.namespace, b.Name}]
			if !slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == b.Port.Name }) {
				c.reportf(at, "path %s: there is no Service %s with a port %s", p.Path, b.Name, b.Port.Name)
			}
		}
	}
}

// podsOf are the Deployments of a namespace whose pods match a selector, in order.
func (c *cluster) podsOf(namespace string, selector map[string]string) []ref {
	var pods []ref
	for r, d := range c.deployments {
		if r.namespace == namespace && len(selector) > 0 && matches(selector, d.Spec.Template.Labels) {
			pods = append(pods, r)
		}
	}
	slices.SortFunc(pods, func(a, b ref) int { return strings.Compare(a.String(), b.String()) })
	return pods
}

func matches(selector, labels map[string]string) bool {
	for k, v := range selector {
		if labels[k] != v {
			return false
		}
	}
	return true
}

// listens reports whether a container has a port of this number or name.
func listens(d appsv1.Deployment, port intstr.IntOrString) bool {
	for _, container := range d.Spec.Template.Spec.Containers {
		for _, p := range container.Ports {
			if p.ContainerPort == port.IntVal || p.Name != "" && p.Name == port.StrVal {
				return true
			}
		}
	}
	return false
}

func text(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, k+"="+labels[k])
	}
	return strings.Join(pairs, ",")
}
