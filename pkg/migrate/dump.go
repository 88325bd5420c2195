package migrate

import (
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// DumpCommand is the command that dumps everything that a migration requires.
const DumpCommand = "kubectl get " +
	"apis.wso2.com,targetendpoints.wso2.com,configmaps,deployments,services,horizontalpodautoscalers,ingresses " +
	"--all-namespaces -o yaml"

// key identifies an object in a cluster, regardless of the version of its kind.
type key struct{ group, kind, namespace, name string }

func keyOf(o model.Object) key {
	group := model.Group(o.APIVersion)
	if o.Kind == "Ingress" && group == "extensions" {
		group = "networking.k8s.io" // The group of the same objects before Kubernetes 1.14.
	}
	return key{group, o.Kind, model.NamespaceOf(o.Namespace), o.Name}
}

// operatorGroup is the API group of the operator's own resources.
const operatorGroup = "wso2.com"

// dump contains the objects of a cluster.
type dump struct {
	items []*krm.Item
	byKey map[key]*krm.Item
}

// ReadDump reads the output of kubectl get -o yaml or -o json: one or more Lists. name identifies the dump in messages.
func ReadDump(r io.Reader, name string) ([]*krm.Item, model.Problems) {
	at := model.Place{File: name}
	text, ps := krm.ReadText(r, at)
	if len(ps) > 0 {
		return nil, ps
	}
	if strings.TrimSpace(text) == "" {
		ps.Errorf(model.MigrateDump, at, "is empty; create the dump with: %s", DumpCommand)
		return nil, ps
	}
	docs, ps := krm.ParseAll(text, at)
	var items []*krm.Item
	for _, doc := range docs {
		items = append(items, objects(doc.Root, at.At(doc.Root.Line), &ps)...)
	}
	return items, ps
}

// objects returns the objects of a List, including nested Lists, or n itself if it is an object.
func objects(n *yaml.Node, at model.Place, ps *model.Problems) []*krm.Item {
	it := krm.NewItem(n)
	it.Place.File = at.File
	o, list := it.Place.Object, krm.Get(n, "items")
	switch {
	case list != nil && o.Kind == "":
		// kubectl prints the kind of a List after its items.
		ps.Errorf(model.MigrateDump, at, "is a truncated list, without \"kind: List\" at its end; dump the cluster again")
	case strings.HasSuffix(o.Kind, "List") && list != nil:
		var items []*krm.Item
		for _, c := range list.Content {
			items = append(items, objects(c, at.At(c.Line), ps)...)
		}
		return items
	case o.APIVersion == "" || o.Kind == "":
		ps.Errorf(model.MigrateDump, at, "is not a Kubernetes object: apiVersion or kind is missing; create the dump with: %s",
			DumpCommand)
	default:
		return []*krm.Item{it}
	}
	return nil
}

// newDump sorts and indexes the items.
func newDump(items []*krm.Item) (dump, model.Problems) {
	var ps model.Problems
	d := dump{byKey: map[key]*krm.Item{}}
	secrets := 0
	for _, it := range items {
		o := it.Place.Object
		if o.Kind == "Secret" && o.APIVersion == "v1" {
			secrets++
			continue
		}
		k := keyOf(o)
		if other := d.byKey[k]; other != nil {
			if krm.Digest(other.Node()) != krm.Digest(it.Node()) {
				ps.Errorf(model.InputDuplicate, it.Place,
					"appears in the dump twice, with different contents; create the dump with a single command")
			}
			continue
		}
		d.byKey[k] = it
		d.items = append(d.items, it)
	}
	slices.SortStableFunc(d.items, func(a, b *krm.Item) int { return compareObjects(a.Place.Object, b.Place.Object) })
	if secrets > 0 {
		ps.Warnf(model.MigrateDump, model.Place{File: items[0].Place.File},
			"contains Secrets, which krm-fn never reads; keep the dump out of Git")
	}
	return d, ps
}

func compareObjects(a, b model.Object) int {
	return slices.Compare([]string{a.Kind, a.Namespace, a.Name, a.APIVersion}, []string{b.Kind, b.Namespace, b.Name, b.APIVersion})
}

// of returns the objects of a kind, sorted.
func (d dump) of(group, kind string) []*krm.Item {
	var found []*krm.Item
	for _, it := range d.items {
		if k := keyOf(it.Place.Object); k.group == group && k.kind == kind {
			found = append(found, it)
		}
	}
	return found
}

// deployment returns the Deployment that has the namespace and name of o, or nil.
func (d dump) deployment(o model.Object) *krm.Item {
	return d.byKey[key{"apps", "Deployment", model.NamespaceOf(o.Namespace), o.Name}]
}

// missing reports what a dump lacks.
func (d dump) missing() model.Problems {
	var ps model.Problems
	if len(d.of(operatorGroup, "API"))+len(d.of(operatorGroup, "TargetEndpoint")) == 0 {
		ps.Errorf(model.MigrateDump, model.Place{},
			"the dump contains no API or TargetEndpoint of wso2.com; create it with: %s", DumpCommand)
		return ps
	}
	for _, k := range []struct{ group, kind string }{{"apps", "Deployment"}, {"", "Service"}} {
		if len(d.of(k.group, k.kind)) == 0 {
			ps.Errorf(model.MigrateDump, model.Place{},
				"the dump contains no %s, so nothing can be compared; create it with: %s", k.kind, DumpCommand)
		}
	}
	if len(d.of("autoscaling", "HorizontalPodAutoscaler")) == 0 {
		ps.Warnf(model.MigrateDump, model.Place{},
			"the dump contains no HorizontalPodAutoscaler; if the cluster has any, create the dump with: %s", DumpCommand)
	}
	// The operator does nothing without these two ConfigMaps (pkg/controller/api/api_controller.go of the operator).
	maps := d.of("", "ConfigMap")
	for _, name := range []string{"controller-config", "hpa-configs"} {
		if !slices.ContainsFunc(maps, func(it *krm.Item) bool { return it.Place.Object.Name == name }) {
			ps.Warnf(model.MigrateDump, model.Place{},
				"the dump contains no ConfigMap %s, so defaults apply instead of the operator's settings; "+
					"create it with: %s", name, DumpCommand)
		}
	}
	return ps
}

// named reports names that Kubernetes does not accept, because they would become file names.
func named(it *krm.Item, ps *model.Problems) bool {
	o := it.Place.Object
	if len(validation.IsDNS1123Subdomain(o.Name)) > 0 || o.Namespace != "" && len(validation.IsDNS1123Label(o.Namespace)) > 0 {
		ps.Errorf(model.InputName, it.Place, "has a name or namespace that Kubernetes does not accept")
		return false
	}
	return true
}
