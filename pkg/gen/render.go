package gen

import (
	"maps"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// typedObject is a typed Kubernetes object.
type typedObject = krm.Object

// object is a rendered object and the input that it comes from.
type object struct {
	*krm.Item
	origin *origin
}

func (o object) id() model.Object { return o.Place.Object }

// render makes all objects, in the order in which they are written. It cannot fail.
func render(f facts, opts options) []object {
	all := make([]object, 0, (len(f.gateways)+len(f.backends))*len(outputs)+1)
	add := func(typed func() typedObject, from *origin) {
		if typed() != nil {
			all = append(all, object{krm.NewObject(typed), from})
		}
	}
	for i := range f.gateways {
		g := &f.gateways[i]
		for _, out := range g.kind.outputs {
			switch {
			case out.gateway != nil:
				add(func() typedObject { return out.gateway(g, &opts) }, &g.origin)
			case out.workload != nil:
				add(func() typedObject { return out.workload(&g.workload, &opts) }, &g.origin)
			case out.objects != nil:
				for _, typed := range out.objects(g) {
					add(typed, &g.origin)
				}
			}
		}
	}
	for i := range f.backends {
		b := &f.backends[i]
		for _, out := range b.provision.outputs {
			if out.backend != nil {
				add(func() typedObject { return out.backend(b, &opts) }, &b.origin)
			} else if out.workload != nil {
				add(func() typedObject { return out.workload(&b.workload, &opts) }, &b.origin)
			}
		}
	}
	for i := range f.adopted {
		a := &f.adopted[i]
		add(func() typedObject { return a.watch.monitor(&a.workload, &opts) }, &a.origin)
	}
	if f.adapter.text != "" {
		add(func() typedObject { return f.adapter.configMap(opts) }, &f.adapter.origin)
	}
	return all
}

// output is a kind of object to render: for gateways, for backends in private jet mode, or for any workload. A nil object is
// omitted. Objects are created again whenever they are required, so none is kept.
type output struct {
	gateway  func(*gateway, *options) typedObject
	backend  func(*backend, *options) typedObject
	workload func(*workload, *options) typedObject
	// objects returns the functions that create several objects of a gateway.
	objects func(*gateway) []func() typedObject
}

// outputs has a row for each kind of object, in the order of output. To add a kind, write a function that returns its object,
// such as renderIngress, and add it as a row.
var outputs = []output{
	{
		gateway: func(g *gateway, _ *options) typedObject { return gatewayDeployment(g) },
		backend: func(b *backend, _ *options) typedObject { return backendDeployment(b) },
	},
	{
		gateway: func(g *gateway, _ *options) typedObject { return gatewayService(g) },
		backend: func(b *backend, _ *options) typedObject { return backendService(b) },
	},
	{gateway: gatewayMetricsService},
	{workload: func(w *workload, o *options) typedObject { return o.scaler.render(w, o) }},
	{gateway: gatewayMonitor, backend: backendMonitor},
	{gateway: renderIngress},
	{objects: routeObjects},
}

func typeMeta(apiVersion, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}
}

// share creates the labels and annotations that all objects of w have. It must be the last to change any.
func (w *workload) share(owner string) {
	from := w.origin.source
	source := from.Kind + "/" + model.Ref{Namespace: from.Namespace, Name: from.Name}.String()
	if maps.Equal(w.selector, w.labels) {
		w.selector = w.labels
	}
	if w.target.Name == "" {
		w.target = autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: w.ref.Name}
	}
	w.allLabels = with(w.labels, map[string]string{managedByLabel: managedBy})
	w.allAnnotations = map[string]string{ownerAnnotation: owner, sourceAnnotation: source}
}

// with returns a copy of m with more entries.
func with(m, more map[string]string) map[string]string {
	if len(more) == 0 {
		return m
	}
	all := make(map[string]string, len(m)+len(more))
	maps.Copy(all, m)
	maps.Copy(all, more)
	return all
}

// meta returns the metadata of an object that belongs to w. All objects of w share its maps, so copy a map before you add to
// it.
func (w *workload) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: w.ref.Namespace, Labels: w.allLabels, Annotations: w.allAnnotations}
}

// deployment returns the Deployment of a workload with a pod spec. It sets no replicas, which its scaler controls.
func (w *workload) deployment(pod corev1.PodSpec) *appsv1.Deployment {
	if w.hardened {
		pod.AutomountServiceAccountToken = new(false)
		pod.SecurityContext = podSecurity
	}
	return &appsv1.Deployment{
		TypeMeta:   typeMeta("apps/v1", "Deployment"),
		ObjectMeta: w.meta(w.ref.Name),
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: w.selector},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: w.labels, Annotations: w.podAnnotations},
				Spec:       pod,
			},
		},
	}
}

func (w *workload) service(name string, spec corev1.ServiceSpec) *corev1.Service {
	spec.Selector = w.selector
	return &corev1.Service{TypeMeta: typeMeta("v1", "Service"), ObjectMeta: w.meta(name), Spec: spec}
}

// origins finds the input of a rendered object, for messages. It prepares nothing before the first call.
func origins(f facts, opts options, objects []object) func(model.Object) (model.Place, bool) {
	places := sync.OnceValue(func() map[model.Object]model.Place {
		inputs := make(map[*origin]model.Place, len(f.gateways)+len(f.backends))
		for i := range f.gateways {
			inputs[&f.gateways[i].origin] = f.gateways[i].place
		}
		for i := range f.backends {
			inputs[&f.backends[i].origin] = f.backends[i].place
		}
		for i := range f.adopted {
			inputs[&f.adopted[i].origin] = f.adopted[i].place
		}
		places := make(map[model.Object]model.Place, len(objects))
		for _, o := range objects {
			from, ok := inputs[o.origin]
			if !ok { // The rules of the adapter come from everywhere.
				from = opts.place
			}
			places[o.id()] = from
		}
		return places
	})
	return func(o model.Object) (from model.Place, rendered bool) {
		from, rendered = places()[o]
		return from, rendered
	}
}
