package check

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// workload is whatever makes pods: what has a pod template, and a Pod itself.
type workload struct {
	item     *krm.Item
	replicas *int32
	// selector is what the scale of the workload counts pods by. It is nil for a Job, a CronJob and a Pod, which have none
	// of their own, and where it is neither written nor follows from the template.
	selector *metav1.LabelSelector
	template podTemplate
	// borrowed is the workload that an Argo Rollout takes its template from (spec.workloadRef), holder the one whose object
	// holds that.
	borrowed, holder *workload
	// number is its position among the workloads.
	number int
	// scaler is the first HPA that scales it, nil for none.
	scaler *scaler
	// before are the Services that select its pods, routes those that monitors take to them.
	before []*service
	routes []route

	// also are the other workloads whose pods its selector matches, paths the ways by which its pods are scraped; nil until
	// they are asked for.
	also  []*workload
	paths []scrapePath
}

// The groups and kinds that are known to hold pods, in their present and in former groups.
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
	// scalable are the kinds of Kubernetes that have a scale for an HPA to set.
	scalable = []string{deployment, replicaSet, statefulSet, controller}
	// unscalable are kinds that people put into a scaleTargetRef in vain.
	unscalable = []string{daemonSet, job, cronJob, pod}
)

// defaultsSelector are the versions in which a workload without a selector gets the labels of its template as one.
var defaultsSelector = []string{"v1", "extensions/v1beta1", "apps/v1beta1"}

// groupKind is "GROUP/KIND" of an object. The group extensions, which had workloads until Kubernetes 1.15, counts as apps.
func groupKind(apiVersion, kind string) string {
	group := model.Group(apiVersion)
	if group == "extensions" {
		group = "apps"
	}
	return group + "/" + kind
}

// String is how messages name a workload, such as Deployment web.
func (wl *workload) String() string {
	return wl.item.Place.Object.Kind + " " + wl.item.Place.Object.Name
}

func (wl *workload) groupKind() string {
	return groupKind(wl.item.Place.Object.APIVersion, wl.item.Place.Object.Kind)
}

// endsByItself tells whether the pods of wl come and go without anybody scaling them.
func (wl *workload) endsByItself() bool {
	return slices.Contains([]string{job, cronJob, pod}, wl.groupKind())
}

// addWorkload takes objects that make pods. What the API server refuses is known of its own kinds alone.
func (r *reader) addWorkload(it *krm.Item, ps *model.Problems) {
	wl := &workload{item: it, number: len(r.graph.workloads.all)}
	if template, found := wl.read(); template != nil {
		wl.template = r.take(template)
		r.graph.workloads.all = append(r.graph.workloads.all, wl)
		ps.Add(found...)
	}
}

// read reads what wl says of its own, and gives the template of its pods, nil if the object makes none.
func (wl *workload) read() (*corev1.PodTemplateSpec, model.Problems) {
	kind := wl.groupKind()
	var rendered *appsv1.DeploymentSpec
	if kind == deployment && wl.item.Spec(&rendered) {
		wl.replicas, wl.selector = rendered.Replicas, rendered.Selector
		return &rendered.Template, nil
	}
	spec := krm.Get(wl.item.Node(), "spec")
	switch {
	case kind == pod:
		template := &corev1.PodTemplateSpec{}
		return template, mistakes(wl.item.Node(), wl.at(), template, false)
	case kind == cronJob:
		template := &corev1.PodTemplateSpec{}
		return template, mistakes(krm.Get(krm.Get(krm.Get(spec, "jobTemplate"), "spec"), "template"), wl.at(), template, true)
	case slices.Contains(scalable, kind), slices.Contains(unscalable, kind):
		return wl.readSpec(spec, kind)
	case kind == rollout, krm.Get(krm.Get(krm.Get(spec, "template"), "spec"), "containers") != nil:
		// The field of another kind may have the same name and another type.
		template, _ := wl.readSpec(spec, kind)
		return template, nil
	}
	return nil, nil
}

// wholeTemplate reads the template of the pods of wl once more.
func (wl *workload) wholeTemplate() *corev1.PodTemplateSpec {
	template, _ := (&workload{item: cmp.Or(wl.holder, wl).item}).read()
	return template
}

// readSpec reads the spec of a workload with a template.
func (wl *workload) readSpec(spec *yaml.Node, kind string) (*corev1.PodTemplateSpec, model.Problems) {
	var common struct {
		Replicas *int32                 `json:"replicas"`
		Template corev1.PodTemplateSpec `json:"template"`
	}
	at := wl.item.Place.Child("spec")
	found := mistakes(spec, at, &common, true)
	wl.replicas = common.Replicas
	switch kind {
	case job:
	case controller:
		if labels := krm.TextMap(spec, "selector"); len(labels) > 0 {
			wl.selector = &metav1.LabelSelector{MatchLabels: labels}
		}
	default:
		if n := krm.Get(spec, "selector"); !krm.IsNull(n) {
			wl.selector = &metav1.LabelSelector{}
			found.Add(mistakes(n, at.Child("selector"), wl.selector, true)...)
		}
	}
	if wl.selector == nil && slices.Contains(defaultsSelector, wl.item.Place.Object.APIVersion) && len(common.Template.Labels) > 0 {
		wl.selector = &metav1.LabelSelector{MatchLabels: common.Template.Labels}
	}
	return &common.Template, found
}

// borrowTemplates gives the Rollouts that refer to a Deployment its template and selector.
func borrowTemplates(g *graph) {
	for _, wl := range g.workloads.all {
		if wl.groupKind() != rollout {
			continue
		}
		ref := krm.Get(krm.Get(wl.item.Node(), "spec"), "workloadRef")
		if ref == nil {
			continue
		}
		from := g.workloads.find(wl.item, targetRef{krm.Text(ref, "apiVersion"), krm.Text(ref, "kind"), krm.Text(ref, "name")})
		if from != nil && from != wl {
			wl.borrowed, wl.holder, wl.template = from, cmp.Or(from.holder, from), from.template
			if wl.selector == nil {
				wl.selector = from.selector
			}
		}
	}
}
