package check

import (
	"cmp"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// podTemplate is what the checks ask of a corev1.PodTemplateSpec, which takes many times the memory.
type podTemplate struct {
	labels, annotations map[string]string
	// running are the containers but for the init containers that end before the others start, which are in starting
	// (Kubernetes, pkg/controller/podautoscaler/replica_calculator.go, calculatePodRequestsFromContainers).
	running, starting []container
	// resources are those of which the pod as a whole has a request or a limit, which counts as one.
	resources []corev1.ResourceName
	// whole is the template itself where a container runs prometheus-adapter, of which more is asked; nil elsewhere.
	whole *corev1.PodTemplateSpec
}

// container is what the checks ask of a corev1.Container.
type container struct {
	name, image string
	ports       []containerPort
	// resources are those of which it has a request or a limit, which counts as one.
	resources []corev1.ResourceName
	// number is its position among the containers or, if init is set, among the init containers.
	number int32
	init   bool
}

// containerPort is a port that a container declares.
type containerPort struct {
	name     string
	protocol corev1.Protocol
	number   int32
}

// take reduces a template to what the checks ask of it.
func (r *reader) take(t *corev1.PodTemplateSpec) podTemplate {
	out := podTemplate{labels: t.Labels, annotations: t.Annotations}
	if t.Spec.Resources != nil {
		out.resources = r.takeResources(t.Spec.Resources)
	}
	out.running = make([]container, 0, len(t.Spec.Containers))
	for i := range t.Spec.Containers {
		c := &t.Spec.Containers[i]
		out.running = append(out.running, r.takeContainer(c, i))
		if r.keep(c) {
			out.whole = t
		}
	}
	for i := range t.Spec.InitContainers {
		c := &t.Spec.InitContainers[i]
		one := r.takeContainer(c, i)
		one.init = true
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			out.running = append(out.running, one)
		} else {
			out.starting = append(out.starting, one)
		}
	}
	return out
}

func (r *reader) takeContainer(c *corev1.Container, number int) container {
	ports := make([]containerPort, len(c.Ports))
	for i, p := range c.Ports {
		ports[i] = containerPort{p.Name, protocol(p.Protocol), p.ContainerPort}
	}
	return container{
		name: c.Name, image: c.Image, number: int32(number),
		ports: r.containerPorts.share(ports), resources: r.takeResources(&c.Resources),
	}
}

func (r *reader) takeResources(from *corev1.ResourceRequirements) []corev1.ResourceName {
	names := slices.AppendSeq(make([]corev1.ResourceName, 0, len(from.Requests)+len(from.Limits)), maps.Keys(from.Requests))
	names = slices.AppendSeq(names, maps.Keys(from.Limits))
	slices.Sort(names)
	return r.resourceNames.share(slices.Compact(names))
}

// knowsPods tells whether the pods of a workload are described among the items.
func (wl *workload) knowsPods() bool {
	return slices.ContainsFunc(wl.template.running, func(c container) bool { return !c.init })
}

// at is the place of the template of wl.
func (wl *workload) at() model.Place {
	from := cmp.Or(wl.holder, wl)
	at := from.item.Place
	switch from.groupKind() {
	case pod:
		return at
	case cronJob:
		at = at.Child("spec").Child("jobTemplate")
	}
	return at.Child("spec").Child("template")
}

// containerAt is the place of a container of wl.
func (wl *workload) containerAt(c container) model.Place {
	list := "containers"
	if c.init {
		list = "initContainers"
	}
	return wl.at().Child("spec").Child(list).Item(int(c.number))
}
