package migrate

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Step is one step of the migration. The steps are safe only in this order.
type Step struct {
	Title string `json:"title"`
	// Why explains the purpose of the step, and how to roll back.
	Why      string   `json:"why"`
	Commands []string `json:"commands"`
}

// plan returns the steps. During and after each step, every Service selects pods that are ready.
func (m *migration) plan() []Step {
	manifests, baseline := Quote(path.Join(m.dir, ManifestsDir)), Quote(path.Join(m.dir, BaselineDir))
	steps := []Step{m.stop()}
	if release := m.release(); len(release) > 0 {
		steps = append(steps, Step{
			"Protect everything from garbage collection.",
			"Deleting an API or TargetEndpoint also deletes everything that it owns. " +
				"Deleting a CustomResourceDefinition deletes all its objects.",
			release,
		})
	}
	if slices.ContainsFunc(m.objects, func(o rendered) bool { return o.baseline != nil }) {
		steps = append(steps, Step{
			"Tell kubectl what the operator applied.",
			"Otherwise, kubectl apply removes nothing, and the operator's container would run next to the new one on " +
				"the same ports.",
			[]string{"kubectl apply set-last-applied --create-annotation=true -f " + baseline},
		})
	}
	steps = append(steps, Step{
		"Review the changes.",
		"This changes nothing. It also shows whether the cluster has all rendered kinds, such as ServiceMonitor.",
		[]string{"kubectl diff -f " + manifests},
	}, Step{
		"Apply the rendered manifests.",
		"A rolling update of each Deployment replaces the pods one by one, behind the same Service. " +
			"To roll back, now or after the next step: " +
			"kubectl apply -f " + baseline,
		[]string{"kubectl apply -f " + manifests},
	})
	if wait := m.wait(); len(wait) > 0 {
		steps = append(steps, Step{"Wait until all pods are replaced.", "Old pods serve requests until new ones are ready.", wait})
	}
	if restart := m.restart(); len(restart) > 0 {
		steps = append(steps, Step{"Make prometheus-adapter read its rules.", "It reads them only when it starts.", restart})
	}
	if m.leftovers != nil || m.otherScalers != nil {
		steps = append(steps, Step{
			"Delete what is no longer rendered.",
			"Delete only what nothing uses: these objects are still active, and their callers lose them.",
			deletions(slices.Concat(m.otherScalers, m.leftovers)),
		})
	}
	return append(steps, Step{
		"Delete the custom resources of the operator.",
		"The files replace them. --cascade=orphan keeps all owned objects, including those that are not in the dump. " +
			"After this step, you can remove the operator and its CustomResourceDefinitions.",
		m.orphan(),
	})
}

// stop returns the step that stops the operator, in the namespace where the dump shows it.
func (m *migration) stop() Step {
	s := Step{
		Title: "Stop the operator.",
		Why:   "Otherwise, it overwrites the applied manifests and takes ownership of them again. To roll back, scale it to 1.",
	}
	namespace, name, selector := "wso2-system", "api-operator", "name=api-operator"
	for _, it := range m.dump.of("apps", "Deployment") {
		if !isOperator(it) {
			continue
		}
		o := it.Place.Object
		namespace, name = o.Namespace, o.Name
		if labels := krm.TextMap(it.Node(), "spec", "selector", "matchLabels"); len(labels) > 0 {
			selector = selectorText(labels)
		}
		for _, n := range content(it.Node(), "metadata", "ownerReferences") {
			if version := krm.Text(n, "name"); krm.Text(n, "kind") == "ClusterServiceVersion" && isName(version) {
				s.Why = "Otherwise, it overwrites the applied manifests and takes ownership of them again. " +
					"The Operator Lifecycle Manager " +
					"would restart it, so delete its Subscription first. To roll back, reinstall it."
				s.Commands = append(s.Commands, kubectl(namespace, "delete clusterserviceversions.operators.coreos.com "+version))
			}
		}
	}
	if len(s.Commands) == 0 {
		s.Commands = []string{kubectl(namespace, "scale deployment "+name+" --replicas=0")}
	}
	s.Commands = append(s.Commands, kubectl(namespace, "wait --for=delete pod -l "+Quote(selector)+" --timeout=2m"))
	return s
}

// isOperator recognizes the operator by its image.
func isOperator(it *krm.Item) bool {
	if o := it.Place.Object; !isName(o.Name) || !isName(o.Namespace) {
		return false
	}
	return slices.ContainsFunc(content(it.Node(), "spec", "template", "spec", "containers"), func(c *yaml.Node) bool {
		return strings.Contains(krm.Text(c, "image"), "k8s-api-operator")
	})
}

// release returns the commands that remove owner references to APIs and TargetEndpoints from all objects that remain. They
// remove the last reference first, because each removal shifts the references after it.
func (m *migration) release() []string {
	var commands []string
	for _, it := range m.owned() {
		var patch []string
		for _, i := range slices.Backward(owners(it)) {
			uid := krm.Text(content(it.Node(), "metadata", "ownerReferences")[i], "uid")
			patch = append(patch,
				fmt.Sprintf(`{"op":"test","path":"/metadata/ownerReferences/%d/uid","value":%q}`, i, uid),
				fmt.Sprintf(`{"op":"remove","path":"/metadata/ownerReferences/%d"}`, i))
		}
		o := it.Place.Object
		commands = append(commands, kubectl(o.Namespace, fmt.Sprintf("patch %s %s --type=json -p %s",
			strings.ToLower(o.Kind), o.Name, Quote("["+strings.Join(patch, ",")+"]"))))
	}
	return commands
}

// owned returns the objects that are rendered, or read by rendered pods, and owned by resources of the operator.
func (m *migration) owned() []*krm.Item {
	var all []*krm.Item
	for _, o := range m.objects {
		if o.liveItem != nil && len(owners(o.liveItem)) > 0 {
			all = append(all, o.liveItem)
		}
	}
	for _, it := range m.dump.of("", "ConfigMap") {
		if len(owners(it)) > 0 && isName(it.Place.Object.Name) && m.isRead(keyOf(it.Place.Object)) {
			all = append(all, it)
		}
	}
	return all
}

// isRead reports whether rendered pods read a ConfigMap.
func (m *migration) isRead(k key) bool {
	for _, o := range m.objects {
		if o.key.kind != "Deployment" || o.key.namespace != k.namespace {
			continue
		}
		pod := get(o.want, "spec", "template", "spec")
		for _, v := range listAt(pod, "volumes") {
			if textAt(v, "configMap", "name") == k.name {
				return true
			}
		}
		for _, c := range listAt(pod, "containers") {
			for _, e := range listAt(c, "envFrom") {
				if textAt(e, "configMapRef", "name") == k.name {
					return true
				}
			}
		}
	}
	return false
}

func (m *migration) wait() []string {
	var commands []string
	for _, o := range m.objects {
		if o.key.kind == "Deployment" {
			commands = append(commands, kubectl(o.key.namespace, "rollout status deployment "+o.key.name+" --timeout=10m"))
		}
	}
	return commands
}

// restart returns the commands that restart the Deployments that mount a changed ConfigMap of rules.
func (m *migration) restart() []string {
	var commands []string
	for _, o := range m.objects {
		if o.key.kind != "ConfigMap" || o.live != nil && len(o.changes) == 0 {
			continue
		}
		for _, it := range m.dump.of("apps", "Deployment") {
			d := it.Place.Object
			mounts := slices.ContainsFunc(content(it.Node(), "spec", "template", "spec", "volumes"), func(v *yaml.Node) bool {
				return krm.Text(v, "configMap", "name") == o.key.name
			})
			if d.Namespace == o.key.namespace && isName(d.Name) && mounts {
				commands = append(commands, kubectl(d.Namespace, "rollout restart deployment "+d.Name))
			}
		}
	}
	return commands
}

func deletions(items []*krm.Item) []string {
	var commands []string
	for _, it := range items {
		o := it.Place.Object
		commands = append(commands, kubectl(o.Namespace, "delete "+strings.ToLower(o.Kind)+" "+o.Name))
	}
	return commands
}

func (m *migration) orphan() []string {
	var commands []string
	for _, k := range []struct{ kind, resource string }{{"API", "apis"}, {"TargetEndpoint", "targetendpoints"}} {
		for _, it := range m.dump.of(operatorGroup, k.kind) {
			o := it.Place.Object
			command := fmt.Sprintf("delete %s.%s %s --cascade=orphan", k.resource, operatorGroup, o.Name)
			commands = append(commands, kubectl(o.Namespace, command))
		}
	}
	return commands
}

func kubectl(namespace, rest string) string {
	return "kubectl -n " + model.NamespaceOf(namespace) + " " + rest
}

// isName reports whether a name from the dump is safe in a command.
func isName(s string) bool { return len(validation.IsDNS1123Subdomain(s)) == 0 }

// plainWord matches an argument that requires no quotes in a shell.
var plainWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9_./,:=@%+-]+$`)
})

// Quote quotes an argument for a shell.
func Quote(s string) string {
	if plainWord().MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
