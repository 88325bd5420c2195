package migrate

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// migration compares what is rendered with what is in the cluster.
type migration struct {
	dump    dump
	dir     string
	objects []rendered
	// left are objects of the operator that are no longer rendered, rivals the HorizontalPodAutoscalers of somebody else that scale
	// what is rendered.
	left, rivals []*krm.Item
}

// rendered is an object that is rendered.
type rendered struct {
	key  key
	item *krm.Item
	// live is nil for an object that is new. baseline is what the operator applied of it, after what kubectl apply makes of it.
	liveItem                    *krm.Item
	live, baseline, want, after object
	// changes are what kubectl apply makes of live; kept is what it leaves there although it is not rendered.
	changes, kept []Change
	// replacesPods tells that a Deployment rolls out new pods.
	replacesPods bool
}

func textOf(it *krm.Item, path ...string) string { return krm.Text(it.Node(), path...) }

// compare fills m with every difference.
func (m *migration) compare(items []*krm.Item, ps *model.Problems) {
	for _, it := range items {
		o := rendered{key: keyOf(it.Place.Object), item: it}
		want, err := toObject(it)
		if err != nil {
			ps.Errorf(model.InputType, it.Place, "%v", err)
			continue
		}
		o.want = want
		if live := m.dump.byKey[o.key]; live != nil {
			o.liveItem = live
			if err := m.compareWith(&o); err != nil {
				ps.Errorf(model.InputType, live.Place, "%v", err)
				continue
			}
		}
		m.objects = append(m.objects, o)
	}
	if ps.HasErrors() {
		return // What could not be compared would seem to be missing.
	}
	for i := range m.objects {
		m.judge(&m.objects[i], ps)
	}
	m.findLeft(ps)
	m.findRivals(ps)
}

func (m *migration) compareWith(o *rendered) error {
	live, err := toObject(o.liveItem)
	if err != nil {
		return err
	}
	o.live = live
	apiVersion := o.item.Place.Object.APIVersion
	o.baseline = m.dump.baseline(o.key, apiVersion, live)
	if o.after, err = applied(o.key, o.baseline, o.want, live); err != nil {
		return err
	}
	before, old := live, ""
	if o.key.kind == "Deployment" && m.dump.isGateway(o.key) {
		before, old = renamed(live, gatewayContainer(o.key.name), gen.GatewayContainer)
	}
	o.changes = diff(withoutMarks(stripped(before, o.key)), withoutMarks(stripped(o.after, o.key)), "")
	if old != "" {
		name := "spec.template.spec.containers[" + gen.GatewayContainer + "].name"
		o.changes = append([]Change{{Op: "replace", Field: name, From: old, To: gen.GatewayContainer}}, o.changes...)
	}
	o.kept = diff(stripped(o.want, o.key), stripped(o.after, o.key), "")
	o.replacesPods = o.key.kind == "Deployment" && slices.ContainsFunc(o.changes, func(c Change) bool {
		return strings.HasPrefix(c.Field, "spec.template.")
	})
	return nil
}

// judge reports what clients or operators of the cluster would notice.
func (m *migration) judge(o *rendered, ps *model.Problems) {
	at := o.item.Place
	at.File = ""
	switch {
	case o.live == nil:
		if o.key.kind == "Deployment" {
			ps.Warnf(model.MigrateDump, at, "is not in the dump, so that it is rendered as if it were new; "+
				"if it is in the cluster, make the dump with: %s", DumpCommand)
		}
	case o.key.kind == "Deployment":
		judgeDeployment(o, at, ps)
	case o.key.kind == "Service":
		m.judgeService(o, at, ps)
	}
}

func judgeDeployment(o *rendered, at model.Place, ps *model.Problems) {
	selector := at.Child("spec").Child("selector")
	if changes := diff(get(o.live, "spec", "selector"), get(o.want, "spec", "selector"), ""); len(changes) > 0 {
		ps.Errorf(model.MigrateTraffic, selector, "is %s in the cluster, which cannot be changed, and which no annotation can state; "+
			"leave the API or TargetEndpoint out of the dump, and give it another name when you write it", show(get(o.live, "spec", "selector")))
	}
	for _, c := range o.changes {
		if name, ok := strings.CutPrefix(c.Field, "spec.template.spec.containers["); ok && strings.HasSuffix(name, "].image") {
			at.Field = c.Field
			ps.Warnf(model.MigrateImage, at, "becomes %s; the pods run %s, because the operator did not apply the later one", c.To, c.From)
		}
	}
	if all, unavailable := replicas(o.after), maxUnavailable(o.after); all > 0 && unavailable >= all {
		ps.Errorf(model.MigrateTraffic, model.Place{Object: at.Object, Field: "spec.strategy"},
			"lets all pods end before new ones are ready; set it to RollingUpdate, with a maxUnavailable below %d, and make the dump again", all)
	}
}

// replicas are those that a Deployment has now.
func replicas(o object) int {
	if n, ok := get(o, "spec", "replicas").(float64); ok {
		return int(n)
	}
	return 1
}

// maxUnavailable is how many pods of a Deployment may be missing while it is updated (ResolveFenceposts,
// k8s.io/kubernetes/pkg/controller/deployment/util).
func maxUnavailable(o object) int {
	if textAt(o, "spec", "strategy", "type") == "Recreate" {
		return replicas(o)
	}
	value := intstr.FromString("25%")
	switch v := get(o, "spec", "strategy", "rollingUpdate", "maxUnavailable").(type) {
	case string:
		value = intstr.FromString(v)
	case float64:
		value = intstr.FromInt32(int32(v))
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(&value, replicas(o), false)
	if err != nil {
		return replicas(o)
	}
	return n
}

// judgeService reports how clients would have to reach a Service otherwise than they do.
func (m *migration) judgeService(o *rendered, at model.Place, ps *model.Problems) {
	ports := at.Child("spec").Child("ports")
	for _, p := range listAt(o.live, "spec", "ports") {
		now := servicePort(o.after, textAt(p, "port"))
		switch {
		case now == nil:
			ps.Warnf(model.MigrateTraffic, ports, "port %s %s is no longer there; who uses it, such as a ServiceMonitor, has to use another Service",
				textAt(p, "name"), textAt(p, "port"))
		case show(targetPort(p)) != show(targetPort(now)):
			ps.Warnf(model.MigrateTraffic, ports, "port %s leads to %s instead of %s; until all pods are new, some of its requests fail",
				textAt(p, "port"), show(targetPort(now)), show(targetPort(p)))
		}
	}
	from, to := textAt(o.live, "spec", "type"), textAt(o.after, "spec", "type")
	switch kind := at.Child("spec").Child("type"); {
	case from == to:
	case from == "LoadBalancer":
		ps.Warnf(model.MigrateTraffic, kind, "becomes %s, so that the address %s is given back; move its clients first", to, addresses(o.liveItem))
	case to == "LoadBalancer":
		ps.Warnf(model.MigrateTraffic, kind, "becomes LoadBalancer, so that the Service can be reached from outside of the cluster")
	}
	if a, b := textAt(o.live, "spec", "clusterIP") == "None", textAt(o.after, "spec", "clusterIP") == "None"; a != b {
		ps.Errorf(model.MigrateTraffic, at.Child("spec").Child("clusterIP"), "cannot be changed from or to None; rename the Service in the cluster")
	}
	m.judgeSelector(o, at.Child("spec").Child("selector"), ps)
}

// judgeSelector proves that the Service leads to the pods of its Deployment at any time: to those that are there, when it is
// updated first, and to the new ones, when the Deployment is.
func (m *migration) judgeSelector(o *rendered, at model.Place, ps *model.Problems) {
	for _, d := range m.objects {
		if d.key.kind != "Deployment" || d.key.namespace != o.key.namespace || d.live == nil {
			continue
		}
		pods, selector := labelsAt(d.live, "spec", "template", "metadata", "labels"), labelsAt(o.live, "spec", "selector")
		if !matches(selector, pods) {
			continue
		}
		after := labelsAt(o.after, "spec", "selector")
		for _, state := range []struct {
			pods, selector map[string]string
			which          string
		}{
			{pods, after, "the pods that are there"},
			{labelsAt(d.after, "spec", "template", "metadata", "labels"), selector, "new pods, before it is updated itself"},
			{labelsAt(d.after, "spec", "template", "metadata", "labels"), after, "new pods"},
		} {
			if !matches(state.selector, state.pods) {
				ps.Errorf(model.MigrateTraffic, at, "%s does not select %s of Deployment %s; "+
					"add the labels to the input, or correct the Service in the cluster, and make the dump again",
					selectorText(state.selector), state.which, d.key.name)
			}
		}
	}
}

// matches tells whether a Service with a selector leads to pods with labels. Without a selector it leads to none.
func matches(selector, labels map[string]string) bool {
	for k, v := range selector {
		if w, ok := labels[k]; !ok || w != v {
			return false
		}
	}
	return len(selector) > 0
}

func servicePort(o object, number string) any {
	for _, p := range listAt(o, "spec", "ports") {
		if textAt(p, "port") == number {
			return p
		}
	}
	return nil
}

// targetPort is the port number of the Service itself where none is stated.
func targetPort(p any) any {
	if v := get(p, "targetPort"); v != nil {
		return v
	}
	return get(p, "port")
}

func addresses(it *krm.Item) string {
	var all []string
	for _, n := range content(it.Node(), "status", "loadBalancer", "ingress") {
		for _, name := range []string{"ip", "hostname"} {
			if s := krm.Text(n, name); s != "" {
				all = append(all, s)
			}
		}
	}
	if len(all) == 0 {
		return "of its load balancer"
	}
	return strings.Join(all, ", ")
}

// findLeft finds what the operator made and nothing renders.
func (m *migration) findLeft(ps *model.Problems) {
	for _, it := range m.dump.items {
		k := keyOf(it.Place.Object)
		switch k.kind {
		case "Deployment", "Service", "HorizontalPodAutoscaler", "Ingress":
		default:
			continue
		}
		if len(owners(it)) > 0 && !m.renders(k) && named(it, ps) {
			m.left = append(m.left, it)
			ps.Warnf(model.MigrateLeft, it.Place, "is not rendered, and stays in the cluster until you delete it")
		}
	}
}

func (m *migration) renders(k key) bool {
	return slices.ContainsFunc(m.objects, func(o rendered) bool { return o.key == k })
}

// findRivals finds further HorizontalPodAutoscalers of Deployments that get one.
func (m *migration) findRivals(ps *model.Problems) {
	for _, it := range m.dump.of("autoscaling", "HorizontalPodAutoscaler") {
		k := keyOf(it.Place.Object)
		target := key{"apps", "Deployment", k.namespace, textOf(it, "spec", "scaleTargetRef", "name")}
		if m.renders(k) || textOf(it, "spec", "scaleTargetRef", "kind") != target.kind || !m.renders(target) || len(owners(it)) > 0 {
			continue
		}
		if named(it, ps) {
			m.rivals = append(m.rivals, it)
			ps.Warnf(model.MigrateScaler, it.Place, "scales Deployment %s, as the HorizontalPodAutoscaler does that is rendered; delete one of them",
				target.name)
		}
	}
}

// owners are the indices of the references by which an API or TargetEndpoint owns an object: when it goes, so does the object.
func owners(it *krm.Item) []int {
	var all []int
	for i, n := range content(it.Node(), "metadata", "ownerReferences") {
		if group, _, _ := strings.Cut(krm.Text(n, "apiVersion"), "/"); group == operatorGroup {
			all = append(all, i)
		}
	}
	return all
}
