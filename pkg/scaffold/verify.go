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

// flags says which flag stands in a field of a file, so that a problem names what the user wrote.
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
	"render-apis.yaml spec.apis[0].name":      nameFlag,
	"render-apis.yaml spec.apis[0].namespace": namespaceFlag,
	"render-apis.yaml spec.apis[0].mode":      modeFlag,
	"render-apis.yaml spec.apis[0].image":     imageFlag,
}

// standIn is read in place of a document that cannot be, so that what is wrong with the flags is found in the same run.
const standIn = "openapi: 3.0.3\ninfo: {title: API, version: v1}\nservers: [{url: https://example.com}]\npaths: {/: {get: {}}}\n"

// verify renders the files as their orchestrator will, and reports what hinders that.
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
	if reported[imageFlag] { // One of both would do.
		reported[registryFlag] = true
	}
	_, ps := gen.Run(in)
	failed := len(reported) > 0 || ps.HasErrors()
	for _, p := range ps {
		name := b.flagOf(p)
		switch {
		case failed && p.Severity != model.Error: // The file that it names is not written.
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

// flagOf is the flag that p is about, "" for none.
func (b *builder) flagOf(p model.Problem) string {
	name := flags[p.Place.File+" "+p.Place.Field]
	if name == imageFlag && b.Image == "" && b.Registry != "" {
		return registryFlag
	}
	return name
}

// followsUp tells whether p, which is about the flag name, follows from what is reported already, or is of no file of the
// user.
func (b *builder) followsUp(p model.Problem, name string, reported map[string]bool) bool {
	switch {
	case b.derived && p.Place.File == "backend.yaml" && (name == "" || name == backendFlag && p.ID == model.InputName):
		return true // The name of the backend is made from that of the API.
	case name != "":
		return false
	case p.ID == model.InputReference:
		return len(reported) > 0 // A backend without an image.
	case p.ID == model.OutputConflict:
		return reported[nameFlag]
	}
	return b.doc == nil // The stand-in.
}

// input is what the function gets from the orchestrator.
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
	if b.Flavour != Kustomize {
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

// fail reports what cannot go wrong with the skeletons that are built in.
func (b *builder) fail(name string, err error) {
	b.ps.Errorf(model.OutputConflict, model.Place{File: name}, "%v", err)
}
