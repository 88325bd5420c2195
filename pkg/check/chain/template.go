package chain

import (
	"cmp"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// PodTemplate has the fields of a corev1.PodTemplateSpec that the checks use. The template itself takes many times the memory.
type PodTemplate struct {
	Labels, Annotations map[string]string
	// Running are the containers that run together, including sidecars; Starting are the other init containers (Kubernetes,
	// pkg/controller/podautoscaler/replica_calculator.go, calculatePodRequestsFromContainers).
	Running, Starting []Container
	// Resources are those of which the pod as a whole has a request or a limit, which counts as one.
	Resources []corev1.ResourceName
	// Whole is the template itself if the reader keeps it, else nil.
	Whole *corev1.PodTemplateSpec
}

// Container has the fields of a corev1.Container that the checks use.
type Container struct {
	Name, Image string
	ports       []ContainerPort
	// Resources are those of which it has a request or a limit, which counts as one.
	Resources []corev1.ResourceName
	// number is the position among the containers or, if init is set, the init containers.
	number int32
	init   bool
}

// Sidecar reports whether it is an init container that keeps running.
func (c Container) Sidecar() bool { return c.init }

// ContainerPort is a port that a container declares.
type ContainerPort struct {
	name     string
	protocol corev1.Protocol
	number   int32
}

// take returns what the checks use of a template.
func (r *reader) take(t *corev1.PodTemplateSpec) PodTemplate {
	out := PodTemplate{Labels: t.Labels, Annotations: t.Annotations}
	if t.Spec.Resources != nil {
		out.Resources = takeResources(t.Spec.Resources)
	}
	out.Running = make([]Container, 0, len(t.Spec.Containers))
	for i := range t.Spec.Containers {
		c := &t.Spec.Containers[i]
		out.Running = append(out.Running, takeContainer(c, i))
		if r.keep(c) {
			out.Whole = t
		}
	}
	for i := range t.Spec.InitContainers {
		c := &t.Spec.InitContainers[i]
		one := takeContainer(c, i)
		one.init = true
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			out.Running = append(out.Running, one)
		} else {
			out.Starting = append(out.Starting, one)
		}
	}
	return out
}

func takeContainer(c *corev1.Container, number int) Container {
	ports := make([]ContainerPort, len(c.Ports))
	for i, p := range c.Ports {
		ports[i] = ContainerPort{p.Name, protocol(p.Protocol), p.ContainerPort}
	}
	return Container{
		Name: c.Name, Image: c.Image, number: int32(number),
		ports: ports, Resources: takeResources(&c.Resources),
	}
}

func takeResources(from *corev1.ResourceRequirements) []corev1.ResourceName {
	names := slices.AppendSeq(make([]corev1.ResourceName, 0, len(from.Requests)+len(from.Limits)), maps.Keys(from.Requests))
	names = slices.AppendSeq(names, maps.Keys(from.Limits))
	slices.Sort(names)
	return slices.Compact(names)
}

// KnowsPods reports whether the input describes the pods.
func (wl *Workload) KnowsPods() bool {
	return slices.ContainsFunc(wl.Template.Running, func(c Container) bool { return !c.init })
}

// At returns the place of the pod template.
func (wl *Workload) At() model.Place {
	from := cmp.Or(wl.holder, wl)
	at := from.Item.Place
	switch from.GroupKind() {
	case pod:
		return at
	case cronJob:
		at = at.Child("spec").Child("jobTemplate")
	}
	return at.Child("spec").Child("template")
}

// ContainerAt returns the place of a container.
func (wl *Workload) ContainerAt(c Container) model.Place {
	list := "containers"
	if c.init {
		list = "initContainers"
	}
	return wl.At().Child("spec").Child(list).Item(int(c.number))
}
