package gen

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// quantity is an amount of a resource and its place.
type quantity struct {
	value resource.Quantity
	place model.Place
	// origin says where the amount comes from, for messages: "" if the object itself sets it.
	origin string
}

// resources are the requests and limits of a container.
type resources struct {
	cpuRequest, memoryRequest, cpuLimit, memoryLimit quantity
}

// The operator's defaults (deploy/controller-configs/controller_conf.yaml).
func gatewayDefaults() resources {
	return resources{defaultQuantity("1000m"), defaultQuantity("512Mi"), defaultQuantity("2000m"), defaultQuantity("512Mi")}
}

func backendDefaults() resources {
	return resources{defaultQuantity("500m"), defaultQuantity("512Mi"), defaultQuantity("500m"), defaultQuantity("512Mi")}
}

func defaultQuantity(s string) quantity {
	return quantity{value: resource.MustParse(s), origin: "the default"}
}

// set replaces q by the amount in text, if there is one.
func (q *quantity) set(text, origin string, at model.Place, ps *model.Problems) {
	if text == "" {
		return
	}
	var v resource.Quantity
	err := errors.New("too long")
	if krm.IsBoundedQuantity(text) {
		v, err = resource.ParseQuantity(text)
	}
	if err != nil || v.Sign() <= 0 {
		ps.Valuef(model.BackendResources, at, text,
			"%q is not a valid resource amount; use a positive number with an optional unit, such as 500m or 512Mi", text)
		return
	}
	*q = quantity{value: v, place: at, origin: origin}
}

// with returns r with the amounts that a TargetEndpoint sets.
func (r resources) with(d endpointDeploy, at model.Place, ps *model.Problems) resources {
	r.cpuRequest.set(d.RequestCPU, "", at.Child("requestCPU"), ps)
	r.memoryRequest.set(d.ReqMemory, "", at.Child("reqMemory"), ps)
	r.cpuLimit.set(d.CPULimit, "", at.Child("cpuLimit"), ps)
	r.memoryLimit.set(d.MemoryLimit, "", at.Child("memoryLimit"), ps)
	r.check(at, ps)
	return r
}

// check reports requests above their limits. at is the container's object.
func (r resources) check(at model.Place, ps *model.Problems) {
	r.cpuRequest.checkLimit("CPU", r.cpuLimit, at, ps)
	r.memoryRequest.checkLimit("memory", r.memoryLimit, at, ps)
}

func (q quantity) checkLimit(name string, limit quantity, at model.Place, ps *model.Problems) {
	if q.value.Cmp(limit.value) <= 0 {
		return
	}
	// Report the amount that is set nearest to the object: its own request, its own limit, or a key of a ConfigMap.
	wrong := limit
	if q.origin == "" || limit.place.Object == (model.Object{}) {
		wrong = q
	}
	if wrong.place.Object != (model.Object{}) {
		at = wrong.place
	}
	ps.Valuef(model.BackendResources, at, wrong.value.String(),
		"requests %s of %s%s, above the limit %s%s; raise the limit or lower the request",
		q.value.String(), name, from(q.origin), limit.value.String(), from(limit.origin))
}

func from(origin string) string {
	if origin == "" {
		return ""
	}
	return " (" + origin + ")"
}

// requirements are the resources of containers as API types. Containers with equal resources share them.
type requirements map[[4]resource.Quantity]corev1.ResourceRequirements

func (all requirements) of(r resources) corev1.ResourceRequirements {
	key := [4]resource.Quantity{r.cpuRequest.value, r.memoryRequest.value, r.cpuLimit.value, r.memoryLimit.value}
	out, known := all[key]
	if !known {
		out = r.requirements()
		all[key] = out
	}
	return out
}

func (r resources) requirements() corev1.ResourceRequirements {
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: r.cpuRequest.value, corev1.ResourceMemory: r.memoryRequest.value},
		Limits:   corev1.ResourceList{corev1.ResourceCPU: r.cpuLimit.value, corev1.ResourceMemory: r.memoryLimit.value},
	}
}
