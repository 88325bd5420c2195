package migrate

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// cluster is a model of one: objects, the pods of Deployments and the rules by which the API server, kubectl, the garbage collector and the
// Deployment controller change them.
type cluster struct {
	t     *testing.T
	files map[string][]byte
	// objects are what the API server keeps, lastApplied the annotation of kubectl apply, ownerReferences those of each object.
	objects, lastApplied map[key]object
	ownerReferences      map[key][]any
	pods                 []*pod
	// outages are the Services that had no ready pod, with the command during which that was so.
	outages  []string
	watched  []key
	running  string
	operator bool
}

type pod struct {
	deployment key
	labels     map[string]string
	ports      map[string]bool
	// template is what the pod was made of; ready is false while it starts, and indefinitely if it cannot.
	template string
	ready    bool
}

func newCluster(t *testing.T, items []*krm.Item, files []File) *cluster {
	t.Helper()
	c := &cluster{
		t: t, files: map[string][]byte{}, objects: map[key]object{}, lastApplied: map[key]object{},
		ownerReferences: map[key][]any{}, operator: true,
	}
	for _, f := range files {
		c.files[path.Join(outDir, f.Path)] = f.Text
	}
	for _, it := range items {
		k := keyOf(it.Place.Object)
		o, err := toObject(it)
		if err != nil {
			t.Fatal(err)
		}
		c.objects[k] = o
		for _, n := range content(it.Node(), "metadata", "ownerReferences") {
			c.ownerReferences[k] = append(c.ownerReferences[k], object{"kind": krm.Text(n, "kind"), "uid": krm.Text(n, "uid")})
		}
	}
	for k := range c.objects {
		c.roll(k)
	}
	for k, o := range c.objects {
		if k.kind == "Service" && len(c.endpoints(o)) > 0 {
			c.watched = append(c.watched, k)
		}
	}
	return c
}

// endpoints are the ready pods that a Service leads to by all its ports for clients.
func (c *cluster) endpoints(service object) []*pod {
	var ready []*pod
	for _, p := range c.pods {
		if !p.ready || p.deployment.namespace != textAt(service, "metadata", "namespace") || !matches(labelsAt(service, "spec", "selector"), p.labels) {
			continue
		}
		open := true
		for _, sp := range listAt(service, "spec", "ports") {
			open = open && p.ports[show(targetPort(sp))]
		}
		if open {
			ready = append(ready, p)
		}
	}
	return ready
}

// watch notes Services without a pod. A Service that was deleted has none.
func (c *cluster) watch() {
	for _, k := range c.watched {
		if len(c.endpoints(c.objects[k])) == 0 && !slices.Contains(c.outages, k.name+": "+c.running) {
			c.outages = append(c.outages, k.name+": "+c.running)
		}
	}
}

// roll does what the Deployment controller does after a change, one pod at a time: it starts as many new ones as maxSurge allows, waits until
// they are ready, and ends old ones as maxUnavailable allows. It stops when new pods do not become ready.
func (c *cluster) roll(k key) {
	d := c.objects[k]
	if k.kind != "Deployment" {
		return
	}
	template := show(get(d, "spec", "template"))
	count := func(f func(*pod) bool) int {
		n := 0
		for _, p := range c.pods {
			if p.deployment == k && f(p) {
				n++
			}
		}
		return n
	}
	all, surge := replicas(d), 1
	for range 10 * (all + 1) {
		isNew := func(p *pod) bool { return p.template == template }
		isReady := func(p *pod) bool { return p.ready }
		switch {
		case count(isNew) < all && count(func(*pod) bool { return true }) < all+surge:
			c.pods = append(c.pods, newPod(k, d, template))
		case count(func(p *pod) bool { return !isNew(p) }) > 0 && count(isReady) > all-maxUnavailable(d):
			i := slices.IndexFunc(c.pods, func(p *pod) bool { return p.deployment == k && !isNew(p) })
			c.pods = slices.Delete(c.pods, i, i+1)
		}
		c.watch()
		for _, p := range c.pods {
			p.ready = p.ready || p.ports != nil
		}
		c.watch()
	}
}

// newPod gives a pod of a Deployment. Two containers on one port keep each other from starting.
func newPod(k key, d object, template string) *pod {
	p := &pod{deployment: k, labels: labelsAt(d, "spec", "template", "metadata", "labels"), template: template, ports: map[string]bool{}}
	for _, ctr := range listAt(d, "spec", "template", "spec", "containers") {
		for _, cp := range listAt(ctr, "ports") {
			number := show(get(cp, "containerPort"))
			if p.ports[number] {
				p.ports = nil
				return p
			}
			p.ports[number] = true
		}
	}
	return p
}

// run runs the commands of all steps.
func (c *cluster) run(steps []Step) {
	for _, s := range steps {
		for _, command := range s.Commands {
			c.kubectl(command)
		}
	}
}

var kinds = map[string]key{
	"deployment": {group: "apps", kind: "Deployment"}, "service": {kind: "Service"}, "configmap": {kind: "ConfigMap"},
	"horizontalpodautoscaler": {group: "autoscaling", kind: "HorizontalPodAutoscaler"}, "ingress": {group: "networking.k8s.io", kind: "Ingress"},
	"apis.wso2.com": {group: "wso2.com", kind: "API"}, "targetendpoints.wso2.com": {group: "wso2.com", kind: "TargetEndpoint"},
}

// kubectl does what a command of the plan does.
func (c *cluster) kubectl(command string) {
	c.t.Helper()
	c.running = command
	args := words(command)
	namespace := ""
	if args[1] == "-n" {
		namespace = args[2]
		args = slices.Delete(args, 1, 3)
	}
	named := func(i int) key { k := kinds[args[i]]; return key{k.group, k.kind, namespace, args[i+1]} }
	switch args[1] {
	case "scale", "wait":
		c.operator = false
	case "diff":
	case "rollout":
		if args[2] == "status" {
			c.awaitRollout(named(3))
		}
	case "patch":
		c.patch(named(2), strings.TrimPrefix(args[len(args)-1], "-p="))
	case "delete":
		if args[2] == "clusterserviceversions.operators.coreos.com" {
			c.operator = false
			break
		}
		c.remove(named(2), slices.Contains(args, "--cascade=orphan"))
	case "apply":
		if args[2] == "set-last-applied" {
			c.each(args[len(args)-1], func(k key, o object) { c.lastApplied[k] = o })
			break
		}
		c.each(args[len(args)-1], c.apply)
	default:
		c.t.Fatalf("unknown command: %s", command)
	}
	if c.operator {
		c.t.Errorf("%s: while the operator runs", command)
	}
	c.watch()
}

// words splits a command as a shell does, with single quotes only.
func words(s string) []string {
	var all []string
	for i, part := range strings.Split(s, "'") {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}

// each calls f for the files of a directory, in the order in which kubectl takes them.
func (c *cluster) each(dir string, f func(key, object)) {
	c.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if path.Dir(name) != dir {
			continue
		}
		n, ps := krm.Parse(string(c.files[name]), model.Place{File: name})
		if len(ps) > 0 {
			c.t.Fatal(ps)
		}
		it := krm.NewItem(n)
		o, err := toObject(it)
		if err != nil {
			c.t.Fatal(err)
		}
		f(keyOf(it.Place.Object), o)
		c.watch()
	}
}

func (c *cluster) apply(k key, o object) {
	c.t.Helper()
	live := c.objects[k]
	if live == nil {
		c.objects[k], c.lastApplied[k] = o, o
		return
	}
	after, err := applied(k, c.lastApplied[k], o, live)
	if err != nil {
		c.t.Fatalf("%s: %v", c.running, err)
	}
	if k.kind == "Deployment" && show(get(after, "spec", "selector")) != show(get(live, "spec", "selector")) {
		c.t.Errorf("%s: field is immutable: spec.selector of %s", c.running, k.name)
		return
	}
	c.objects[k], c.lastApplied[k] = after, o
	c.roll(k)
}

// patch removes references to owners, as a JSON patch does: all of it or nothing.
func (c *cluster) patch(k key, text string) {
	c.t.Helper()
	var ops []struct {
		Op, Path, Value string
	}
	if err := json.Unmarshal([]byte(text), &ops); err != nil {
		c.t.Fatalf("%s: %v", c.running, err)
	}
	for _, op := range ops {
		parts := strings.Split(op.Path, "/")
		i, err := strconv.Atoi(parts[3])
		if err != nil || i >= len(c.ownerReferences[k]) {
			c.t.Fatalf("%s: no owner %s", c.running, parts[3])
		}
		switch {
		case op.Op == "test" && textAt(c.ownerReferences[k][i], "uid") != op.Value:
			c.t.Fatalf("%s: the owner is another", c.running)
		case op.Op == "remove":
			c.ownerReferences[k] = slices.Delete(c.ownerReferences[k], i, i+1)
		}
	}
}

// remove deletes an object, and whatever only it owns, unless that is spared.
func (c *cluster) remove(k key, orphan bool) {
	if c.objects[k] == nil {
		c.t.Fatalf("%s: not found", c.running)
	}
	delete(c.objects, k)
	c.pods = slices.DeleteFunc(c.pods, func(p *pod) bool { return p.deployment == k })
	c.watched = slices.DeleteFunc(c.watched, func(w key) bool { return w == k }) // Whoever deletes a Service means it.
	if orphan {
		return
	}
	for owned, refs := range c.ownerReferences {
		if c.objects[owned] != nil && slices.ContainsFunc(refs, func(r any) bool { return textAt(r, "kind") == k.kind }) {
			c.remove(owned, false)
		}
	}
}

func (c *cluster) awaitRollout(k key) {
	template := show(get(c.objects[k], "spec", "template"))
	for _, p := range c.pods {
		if p.deployment == k && (p.template != template || !p.ready) {
			c.t.Errorf("%s: error: timed out waiting for the condition", c.running)
			return
		}
	}
}

// TestStepsKeepServing runs the commands of the plan in a model of a cluster. No Service may ever be without ready pods, nothing that is rendered may
// be collected as garbage, no replica may get lost, and in the end the cluster is what was rendered.
func TestStepsKeepServing(t *testing.T) {
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			items := readCase(t, name)
			out := runCase(t, name).out
			c := newCluster(t, withoutSecrets(items), out.Files)
			if len(c.watched) < 2 {
				t.Fatalf("only %v have pods", c.watched)
			}
			for _, o := range out.Report.Objects {
				c.watched = slices.DeleteFunc(c.watched, func(k key) bool {
					return o.Action == Leave && k.kind == o.Kind && k.namespace == o.Namespace && k.name == o.Name
				})
			}
			before := counts(c)
			last := len(out.Report.Steps) - 1
			c.run(out.Report.Steps[:last])
			if len(c.outages) > 0 {
				t.Errorf("without pods: %s", strings.Join(c.outages, "\n"))
			}
			for k, n := range before {
				if c.objects[k] != nil && counts(c)[k] != n {
					t.Errorf("%s has %d pods, not %d", k.name, counts(c)[k], n)
				}
			}
			// Whoever deletes the CustomResourceDefinitions instead of the last step deletes all of their kinds, and what these own.
			if !strings.Contains(out.Report.Steps[last].Commands[0], "delete apis.wso2.com") {
				t.Errorf("the last step is %+v", out.Report.Steps[last])
			}
			for k := range maps.Clone(c.objects) {
				if k.group == operatorGroup {
					c.remove(k, false)
				}
			}
			for _, o := range out.Report.Objects {
				k := keyOf(model.Object{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name})
				if (o.Action == Leave) == (c.objects[k] != nil) {
					t.Errorf("%s is %s, and it is %t that it is there", o.Name, o.Action, c.objects[k] != nil)
				}
			}
			c.each(outDir+"/"+ManifestsDir, func(k key, want object) {
				for _, change := range diff(stripped(want, k), stripped(c.objects[k], k), "") {
					if change.Op != "add" {
						t.Errorf("%s differs from what is rendered: %+v", k.name, change)
					}
				}
			})
		})
	}
}

func withoutSecrets(items []*krm.Item) []*krm.Item {
	return slices.DeleteFunc(slices.Clone(items), func(it *krm.Item) bool { return it.Place.Object.Kind == "Secret" })
}

func counts(c *cluster) map[key]int {
	n := map[key]int{}
	for _, p := range c.pods {
		if p.ready {
			n[p.deployment]++
		}
	}
	return n
}

// TestStepsGoBack applies the baseline after the manifests: the cluster is what the operator had made.
func TestStepsGoBack(t *testing.T) {
	for name := range cases {
		items := withoutSecrets(readCase(t, name))
		out := runCase(t, name).out
		before, c := newCluster(t, items, nil), newCluster(t, items, out.Files)
		c.kubectl("kubectl scale deployment api-operator --replicas=0")
		for _, command := range []string{"apply set-last-applied -f migration/baseline", "apply -f migration/manifests", "apply -f migration/baseline"} {
			c.kubectl("kubectl " + command)
		}
		c.each(outDir+"/"+BaselineDir, func(k key, _ object) {
			c.objects[k]["apiVersion"] = before.objects[k]["apiVersion"] // The API server serves any version.
			if changes := diff(stripped(before.objects[k], k), stripped(c.objects[k], k), ""); len(changes) > 0 {
				t.Errorf("%s: %s %s: %+v", name, k.kind, k.name, changes)
			}
		})
		if len(c.outages) > 0 {
			t.Errorf("%s: %v", name, c.outages)
		}
	}
}

// TestStepsAreNeeded leaves out what the plan does, one thing at a time. Each must have the consequence that it prevents, so that the model above can
// fail.
func TestStepsAreNeeded(t *testing.T) {
	items := readCase(t, "private-jet")
	out := runCase(t, "private-jet").out
	stop, apply := "kubectl scale deployment api-operator --replicas=0", "kubectl apply -f migration/manifests"
	gateway := kinds["deployment"]
	gateway.namespace, gateway.name = "shop", "products-api"
	service := kinds["service"]
	service.namespace, service.name = "shop", "products-api"

	t.Run("references of owners", func(t *testing.T) {
		c := newCluster(t, items, out.Files)
		c.operator = false
		c.kubectl("kubectl -n shop delete apis.wso2.com products-api")
		if c.objects[gateway] != nil {
			t.Error("the garbage collector left the Deployment alone")
		}
		if c.objects[service] != nil {
			t.Error("the garbage collector left the Service alone")
		}
	})
	t.Run("last applied", func(t *testing.T) {
		c := newCluster(t, items, out.Files)
		c.kubectl(stop)
		c.kubectl(apply)
		var names []string
		for _, ctr := range listAt(c.objects[gateway], "spec", "template", "spec", "containers") {
			names = append(names, textAt(ctr, "name"))
		}
		slices.Sort(names)
		if fmt.Sprint(names) != "[mgw mgwproducts-api]" || servicePort(c.objects[service], "9797") == nil {
			t.Errorf("containers %v, Service %s", names, show(c.objects[service]))
		}
		if len(c.outages) > 0 || counts(c)[gateway] != 3 {
			t.Errorf("the old pods should go on: %d, %v", counts(c)[gateway], c.outages)
		}
	})
	t.Run("selector", func(t *testing.T) {
		// The Service of pkg/gen's own selector leads to none of the pods that are there.
		c := newCluster(t, items, out.Files)
		c.kubectl(stop)
		c.objects[service]["spec"].(object)["selector"].(object)["krm-fn.dev/workload"] = "products-api"
		c.watch()
		if want := []string{"products-api: " + stop}; !slices.Equal(c.outages, want) {
			t.Errorf("outages %v, want %v", c.outages, want)
		}
	})
}
