package chain

import (
	"cmp"
	"slices"

	yaml "go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Workload is an object with a pod template, or a Pod.
type Workload struct {
	Item     *krm.Item
	Replicas *int32
	// Selector is the one of the scale subresource. It is nil for a Job, CronJob, or Pod, and if it is missing and has no
	// default.
	Selector *metav1.LabelSelector
	Template PodTemplate
	// borrowed is the workload that an Argo Rollout takes its template from (spec.workloadRef), holder the one that contains
	// that template.
	borrowed, holder *Workload
	// Scaler is the first scaler of the workload, or nil.
	Scaler *Scaler
	// Services are those that select its pods, routes those that monitors take to them.
	Services []*Service
	routes   []Route

	owned lookup.Lazy[bool]

	// also and paths are the results of AlsoMatched and Scrapes; nil if they were not called.
	also  []*Workload
	paths []ScrapePath
}

// hasOwner reports whether something made the workload, such as a Deployment a ReplicaSet.
func (wl *Workload) hasOwner() bool { return wl.Item.Field("metadata", "ownerReferences") != nil }

// The kinds with pods that are known, with their present group.
const (
	deployment  = "apps/Deployment"
	replicaSet  = "apps/ReplicaSet"
	statefulSet = "apps/StatefulSet"
	daemonSet   = "apps/DaemonSet"
	controller  = "/ReplicationController"
	job         = "batch/Job"
	cronJob     = "batch/CronJob"
	pod         = "/Pod"
	rollout     = "argoproj.io/Rollout"
)

var (
	// Scalable are the kinds of Kubernetes with a scale subresource.
	Scalable = []string{deployment, replicaSet, statefulSet, controller}
	// Unscalable are kinds of Kubernetes without one that people put into a scaleTargetRef.
	Unscalable = []string{daemonSet, job, cronJob, pod}
)

// defaultsSelector are the versions in which the selector defaults to the labels of the template.
var defaultsSelector = []string{"v1", "extensions/v1beta1", "apps/v1beta1"}

// GroupKind returns "GROUP/KIND". The group extensions, which had workloads before Kubernetes 1.16, counts as apps.
func GroupKind(apiVersion, kind string) string { return workloadGroup(apiVersion) + "/" + kind }

func workloadGroup(apiVersion string) string {
	group := model.Group(apiVersion)
	if group == "extensions" {
		return "apps"
	}
	return group
}

// String returns the name for messages, such as Deployment web.
func (wl *Workload) String() string {
	return wl.Item.Place.Object.Kind + " " + wl.Item.Place.Object.Name
}

// GroupKind returns "GROUP/KIND" of the workload.
func (wl *Workload) GroupKind() string {
	return GroupKind(wl.Item.Place.Object.APIVersion, wl.Item.Place.Object.Kind)
}

// PodNames returns names as the pods of the workload have them. The controllers of others use the ways of Kubernetes.
func (wl *Workload) PodNames() []string {
	name := wl.Item.Place.Object.Name
	switch wl.GroupKind() {
	case pod:
		return []string{name}
	case statefulSet:
		return []string{name + "-0", name + "-12"}
	case deployment, rollout:
		return []string{name + "-5d8f7c9b6d-x2kzp", name + "-74cc6bbb78-4q9sd"}
	}
	return []string{name + "-x2kzp", name + "-0", name + "-5d8f7c9b6d-x2kzp"}
}

// IsTransient reports whether pods of the kind end by themselves.
func (wl *Workload) IsTransient() bool {
	return slices.Contains([]string{job, cronJob, pod}, wl.GroupKind())
}

// addWorkload adds an object if it has pods.
func (r *reader) addWorkload(it *krm.Item, ps *model.Problems) {
	wl := &Workload{Item: it}
	if template, found := wl.read(); template != nil {
		wl.Template = r.take(template)
		r.graph.Workloads.All = append(r.graph.Workloads.All, wl)
		ps.Add(found...)
	}
}

// read sets the replicas and the selector, and returns the pod template, or nil if the object has none. It reports mistakes
// only in kinds of Kubernetes.
func (wl *Workload) read() (*corev1.PodTemplateSpec, model.Problems) {
	kind := wl.GroupKind()
	var rendered *appsv1.DeploymentSpec
	if kind == deployment && wl.Item.Spec(&rendered) {
		wl.Replicas, wl.Selector = rendered.Replicas, rendered.Selector
		return &rendered.Template, nil
	}
	spec := krm.Last(wl.Item.Node(), "spec")
	switch {
	case kind == pod:
		template := &corev1.PodTemplateSpec{}
		return template, mistakes(wl.Item.Node(), wl.At(), template, false)
	case kind == cronJob:
		template := &corev1.PodTemplateSpec{}
		return template, mistakes(krm.Last(krm.Last(krm.Last(spec, "jobTemplate"), "spec"), "template"), wl.At(), template, true)
	case slices.Contains(Scalable, kind), slices.Contains(Unscalable, kind):
		return wl.readSpec(spec, kind)
	case kind == rollout, krm.Last(krm.Last(krm.Last(spec, "template"), "spec"), "containers") != nil:
		// The field of another kind may have the same name and another type.
		template, _ := wl.readSpec(spec, kind)
		return template, nil
	}
	return nil, nil
}

// WholeTemplate reads the pod template again.
func (wl *Workload) WholeTemplate() *corev1.PodTemplateSpec {
	template, _ := (&Workload{Item: cmp.Or(wl.holder, wl).Item}).read()
	return template
}

// readSpec reads the spec of an object with a template.
func (wl *Workload) readSpec(spec *yaml.Node, kind string) (*corev1.PodTemplateSpec, model.Problems) {
	var common struct {
		Replicas *int32                 `json:"replicas"`
		Template corev1.PodTemplateSpec `json:"template"`
	}
	at := wl.Item.Place.Child("spec")
	found := mistakes(spec, at, &common, true)
	wl.Replicas = common.Replicas
	switch kind {
	case job:
	case controller:
		if labels := krm.TextMap(spec, "selector"); len(labels) > 0 {
			wl.Selector = &metav1.LabelSelector{MatchLabels: labels}
		}
	default:
		if n := krm.Last(spec, "selector"); !krm.IsNull(n) {
			wl.Selector = &metav1.LabelSelector{}
			found.Add(mistakes(n, at.Child("selector"), wl.Selector, true)...)
		}
	}
	if wl.Selector == nil && slices.Contains(defaultsSelector, wl.Item.Place.Object.APIVersion) && len(common.Template.Labels) > 0 {
		wl.Selector = &metav1.LabelSelector{MatchLabels: common.Template.Labels}
	}
	return &common.Template, found
}
