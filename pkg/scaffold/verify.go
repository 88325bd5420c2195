package scaffold

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// flags maps fields of files to the flags that set them, so that problems refer to the flags.
var flags = map[string]string{
	"api.yaml metadata.name":                  nameFlag,
	"api.yaml metadata.namespace":             namespaceFlag,
	"api.yaml spec.mode":                      modeFlag,
	"api.yaml spec.image":                     imageFlag,
	"backend.yaml metadata.name":              backendFlag,
	"backend.yaml metadata.namespace":         namespaceFlag,
	"backend.yaml spec.applicationProtocol":   protocolFlag,
	"backend.yaml spec.ports[0].name":         protocolFlag,
	"backend.yaml spec.ports[0].targetPort":   portFlag,
	"backend.yaml spec.deploy.name":           backendFlag,
	"backend.yaml spec.deploy.dockerImage":    backendFlag,
	"render-apis.yaml spec.kubernetesVersion": kubernetesFlag,
	"render-apis.yaml spec.autoscaler":        autoscalerFlag,
	"render-apis.yaml spec.apis[0].name":      nameFlag,
	"render-apis.yaml spec.apis[0].namespace": namespaceFlag,
	"render-apis.yaml spec.apis[0].mode":      modeFlag,
	"render-apis.yaml spec.apis[0].image":     imageFlag,

	"security.yaml spec.securityConfig[0].issuer": issuerFlag,
	`security.yaml data["issuer.pem"]`:            certFlag,
}

// standIn replaces a document that cannot be read, so that problems of the flags are found in the same run.
const standIn = "openapi: 3.0.3\ninfo: {title: API, version: v1}\nservers: [{url: https://example.com}]\npaths: {/: {get: {}}}\n"

// verify renders the files as their orchestrator does, and reports the problems.
func (b *builder) verify(files []File) {
	if b.doc == nil {
		files = slices.Clone(files)
		files[len(files)-1].Text = []byte(standIn)
	}
	in, err := b.input(files)
	if err != nil {
		b.fail(b.Dir, err)
		return
	}
	reported := map[string]bool{}
	for _, p := range b.ps {
		reported[p.Place.Field] = true
	}
	if reported[imageFlag] { // Either of them is enough.
		reported[registryFlag] = true
	}
	_, ps := gen.Run(in)
	if b.haproxy() && b.Issuer == "" && b.doc != nil && slices.ContainsFunc(ps, isUnguarded) {
		b.lacksIssuer()
		reported[issuerFlag] = true
		ps = slices.DeleteFunc(ps, isUnguarded)
	}
	failed := len(reported) > 0 || ps.HasErrors()
	for _, p := range ps {
		name := b.flagOf(p)
		switch {
		case failed && p.Severity != model.Error: // The file that it refers to is not written.
		case reported[name] || b.followsUp(p, name, reported):
		case name != "":
			p.Place = flag(name)
			b.ps.Add(p)
		case p.Place.File != "":
			p.Place.File = path.Join(b.Dir, p.Place.File)
			b.ps.Add(p)
		default:
			b.ps.Add(p)
		}
	}
}

// isUnguarded reports whether p is about operations whose credentials nothing describes.
func isUnguarded(p model.Problem) bool {
	return p.ID == model.GatewaySecurity && p.Severity == model.Error
}

// flagOf returns the flag that p is about; "" for none.
func (b *builder) flagOf(p model.Problem) string {
	name := flags[p.Place.File+" "+p.Place.Field]
	if name == imageFlag && b.Image == "" && b.Registry != "" {
		return registryFlag
	}
	return name
}

// followsUp reports whether p, which is about the flag name, is a consequence of a reported problem, or not about a file of
// the user.
func (b *builder) followsUp(p model.Problem, name string, reported map[string]bool) bool {
	switch {
	case b.derived && p.Place.File == "backend.yaml" && (name == "" || name == backendFlag && p.ID == model.InputName):
		return true // The name of the backend is derived from the name of the API.
	case name != "":
		return false
	case p.ID == model.InputReference:
		return len(reported) > 0 // A backend without an image.
	case p.ID == model.OutputConflict:
		return reported[nameFlag]
	}
	return b.doc == nil // The stand-in.
}

// input returns the input that the orchestrator passes to the function.
func (b *builder) input(files []File) (gen.Input, error) {
	in := gen.Input{ReadFile: func(name string) ([]byte, error) {
		for _, f := range files {
			if f.Name == name {
				return f.Text, nil
			}
		}
		return nil, fs.ErrNotExist
	}}
	document := files[len(files)-1]
	for _, f := range files[:len(files)-1] {
		if !strings.HasSuffix(f.Name, ".yaml") || f.Name == "kustomization.yaml" {
			continue
		}
		docs, ps := krm.ParseAll(string(f.Text), model.Place{File: f.Name})
		if ps.HasErrors() {
			return in, fmt.Errorf("%v", ps[0])
		}
		for _, doc := range docs {
			it := krm.NewItem(doc.Root)
			it.Place.File, it.Place.Index = f.Name, doc.Index
			if it.Place.Object.Kind == "RenderAPIs" {
				in.Config = it
			} else {
				in.Items = append(in.Items, it)
			}
		}
	}
	if b.Flavor != Kustomize {
		return in, nil
	}
	n, err := krm.ToNode(&corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: b.documentName(), Namespace: b.Namespace},
		Data:       map[string]string{document.Name: string(document.Text)},
	})
	if err != nil {
		return in, err
	}
	it := krm.NewItem(n)
	it.Place.File = document.Name
	in.Items = append(in.Items, it)
	return in, nil
}

// fail reports an error that does not occur with the embedded skeletons.
func (b *builder) fail(name string, err error) {
	b.ps.Errorf(model.OutputConflict, model.Place{File: name}, "%v", err)
}
