package scaffold

import (
	"bytes"
	"embed"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// skeletons are the files of packages, with comments, and with values to replace.
//
//go:embed skeleton
var skeletons embed.FS

// write returns the files and the command.
func (b *builder) write() Package {
	document := "swagger.yaml"
	if json.Valid(bytes.TrimPrefix(b.Document, []byte("\xef\xbb\xbf"))) {
		document = "swagger.json"
	}
	pkg := Package{Added: b.added, Command: []string{"krm-fn", "render", b.Dir}}
	inputs := []File{b.controllerConfig(), b.hpaConfigs()}
	if b.Issuer != "" {
		inputs = slices.Insert(inputs, 0, b.security())
	}
	if len(b.backends) > 0 {
		inputs = slices.Insert(inputs, 0, b.backendFile())
	}
	switch b.Flavor {
	case Kustomize:
		inputs = slices.Insert(inputs, 0, b.api())
		pkg.Files = slices.Concat([]File{b.kustomization(inputs, document)}, inputs, []File{b.transformer()})
		pkg.Command = []string{"kustomize", "build", "--enable-alpha-plugins", "--enable-exec", b.Dir}
	case Kpt:
		// kpt rejects YAML files that are not Kubernetes resources.
		ignored := File{".krmignore", []byte(document + "\n")}
		pkg.Files = slices.Concat([]File{b.kptfile()}, inputs, []File{b.renderAPIs(document), ignored})
		pkg.Command = []string{"kpt", "fn", "render", "--allow-exec", b.Dir}
	default:
		pkg.Files = slices.Concat(inputs, []File{b.renderAPIs(document)})
	}
	pkg.Files = append(pkg.Files, File{document, b.Document})
	return pkg
}

func (b *builder) api() File {
	o := b.skeleton("api.yaml")
	o.set(b.Name, "metadata", "name")
	o.set(b.Namespace, "metadata", "namespace")
	o.set(b.Mode, "spec", "mode")
	o.set(b.image, "spec", "image")
	o.set(b.documentName(), "spec", "definition", "swaggerConfigmapNames", "0")
	return b.file("api.yaml", o)
}

// documentName returns the name of the ConfigMap of the document.
func (b *builder) documentName() string { return b.Name + "-swagger" }

func (b *builder) backendFile() File {
	var objects []object
	for _, t := range b.backends {
		o := b.skeleton("backend.yaml")
		o.set(t.name, "metadata", "name")
		o.set(t.namespace, "metadata", "namespace")
		o.set(b.BackendProtocol, "spec", "applicationProtocol")
		o.set(b.BackendProtocol, "spec", "ports", "0", "name")
		if b.BackendProtocol == "https" {
			o.setInt(443, "spec", "ports", "0", "port")
		}
		o.setInt(b.BackendPort, "spec", "ports", "0", "targetPort")
		o.set(t.image, "spec", "deploy", "dockerImage")
		if b.sidecar() {
			o.set("", "spec", "deploy", "minReplicas")
			o.set("", "spec", "deploy", "maxReplicas")
		}
		objects = append(objects, o)
	}
	return b.file("backend.yaml", objects...)
}

// sidecar reports whether the backends run in the pods of the gateway.
func (b *builder) sidecar() bool {
	mode, _ := model.ParseMode(b.Mode)
	if mode == "" && b.doc != nil {
		mode = b.doc.Mode
	}
	return mode == model.Sidecar
}

func (b *builder) controllerConfig() File {
	o := b.skeleton("controller-config.yaml")
	o.set(b.Namespace, "metadata", "namespace")
	return b.file("controller-config.yaml", o)
}

func (b *builder) hpaConfigs() File {
	o := b.skeleton("hpa-configs.yaml")
	o.set(b.Namespace, "metadata", "namespace")
	if len(b.backends) == 0 || b.sidecar() {
		o.set("", "data", "targetEndpointMaxReplicas")
		o.set("", "data", "targetEndpointMetrics")
	}
	return b.file("hpa-configs.yaml", o)
}

func (b *builder) kustomization(inputs []File, document string) File {
	o := b.skeleton("kustomization.yaml")
	everywhere, generated := b.Namespace, ""
	if slices.ContainsFunc(b.backends, func(t backend) bool { return t.namespace != b.Namespace }) {
		everywhere, generated = "", b.Namespace
	}
	o.set(everywhere, "namespace")
	o.set(generated, "configMapGenerator", "0", "namespace")
	for _, f := range inputs[1:] { // The skeleton contains the first one.
		o.add(f.Name, "resources")
	}
	o.set(b.documentName(), "configMapGenerator", "0", "name")
	o.set(document, "configMapGenerator", "0", "files", "0")
	return b.file("kustomization.yaml", o)
}

func (b *builder) transformer() File {
	o := b.skeleton("transformer.yaml")
	o.set(b.Name, "metadata", "name")
	b.setAutoscaler(o)
	if b.KubernetesVersion == "" && b.Autoscaler == "" {
		o.set("", "spec")
	} else {
		o.set(b.KubernetesVersion, "spec", "kubernetesVersion")
	}
	return b.file("render-apis.yaml", o)
}

func (b *builder) renderAPIs(document string) File {
	o := b.skeleton("render-apis.yaml")
	o.set(b.Name, "metadata", "name")
	b.setAutoscaler(o)
	o.set(b.KubernetesVersion, "spec", "kubernetesVersion")
	o.set(b.Name, "spec", "apis", "0", "name")
	o.set(b.Namespace, "spec", "apis", "0", "namespace")
	o.set(b.Mode, "spec", "apis", "0", "mode")
	o.set(b.image, "spec", "apis", "0", "image")
	o.set(document, "spec", "apis", "0", "swaggerFiles", "0")
	return b.file("render-apis.yaml", o)
}

// setAutoscaler sets the kind that scales; only KEDA needs the address of Prometheus.
func (b *builder) setAutoscaler(o object) {
	o.set(b.Autoscaler, "spec", "autoscaler")
	if b.Autoscaler != keda.ScaledObjectKind {
		o.set("", "spec", "metrics")
	}
}

func (b *builder) kptfile() File {
	o := b.skeleton("Kptfile")
	o.set(b.Name, "metadata", "name")
	return b.file("Kptfile", o)
}

// object is a document of a skeleton.
type object struct{ root *yaml.Node }

func (b *builder) skeleton(name string) object {
	text, err := skeletons.ReadFile("skeleton/" + name)
	var doc yaml.Node
	if err == nil {
		err = yaml.Unmarshal(text, &doc)
	}
	if err != nil {
		b.fail(name, err)
	}
	return object{&doc}
}

// set replaces a value by a string; "" removes it with its key.
func (o object) set(value string, path ...string) {
	parent, key := o.parent(path), path[len(path)-1]
	if value == "" {
		for i := 0; i+1 < len(parent.Content); i += 2 {
			if parent.Content[i].Value == key {
				parent.Content = slices.Delete(parent.Content, i, i+2)
			}
		}
		return
	}
	n := member(parent, key)
	n.Tag, n.Value, n.Style = "!!str", value, 0
	if strings.Contains(value, "\n") {
		n.Style = yaml.LiteralStyle
	}
}

func (o object) setInt(value int32, path ...string) {
	n := member(o.parent(path), path[len(path)-1])
	n.Tag, n.Value = "!!int", strconv.Itoa(int(value))
}

// add appends a string to a list.
func (o object) add(value string, path ...string) {
	list := member(o.parent(path), path[len(path)-1])
	list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value})
}

func (o object) parent(path []string) *yaml.Node {
	n := o.root.Content[0]
	for _, key := range path[:len(path)-1] {
		n = member(n, key)
	}
	return n
}

// member returns a value of a skeleton.
func member(n *yaml.Node, key string) *yaml.Node {
	if i, err := strconv.Atoi(key); err == nil && n.Kind == yaml.SequenceNode {
		return n.Content[i]
	}
	return krm.Get(n, key)
}

func (b *builder) file(name string, objects ...object) File {
	texts := make([][]byte, len(objects))
	for i, o := range objects {
		text, err := krm.EncodeNode(o.root)
		if err != nil {
			b.fail(name, err)
		}
		texts[i] = text
	}
	return File{name, bytes.Join(texts, []byte("---\n"))}
}
