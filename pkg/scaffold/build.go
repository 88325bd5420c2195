package scaffold

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cuelabs.dev/go/oci/ociregistry/ociref"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// The names of the flags, which are the places of problems.
const (
	nameFlag       = "NAME"
	namespaceFlag  = "--namespace"
	imageFlag      = "--image"
	registryFlag   = "--registry"
	backendFlag    = "--backend-image"
	portFlag       = "--backend-port"
	protocolFlag   = "--backend-protocol"
	modeFlag       = "--mode"
	kubernetesFlag = "--kubernetes-version"
	autoscalerFlag = "--autoscaler"
	issuerFlag     = "--issuer"
	certFlag       = "--issuer-certificate"
)

func flag(name string) model.Place { return model.Place{Field: name} }

// builder builds one package.
type builder struct {
	Request
	// doc is the document, nil if it is missing or invalid.
	doc      *swagger.Document
	image    string
	backends []backend
	added    string
	// derived reports whether the name of the backend is derived from the name of the API.
	derived bool
	// unnamed reports whether there is an image without a backend name.
	unnamed bool
	// securities are the names of the Security objects that the operations need. public means that anyone can call the API.
	securities []string
	public     bool
	ps         model.Problems
}

type backend struct{ name, namespace, image string }

// readDocument reads the original document. The rendering reports its warnings.
func (b *builder) readDocument() {
	if b.Document == nil {
		return
	}
	doc, ps := swagger.Read(string(b.Document), model.Place{File: b.Source})
	if !ps.HasErrors() {
		b.doc = doc
		return
	}
	b.ps.Add(ps...)
}

// findImage checks the image of a micro-gateway, or derives its name as the operator did.
func (b *builder) findImage() {
	switch {
	case b.Image != "":
		b.image = b.Image
		b.checkImage(b.image, imageFlag)
	case b.Registry == "": // The gateway is HAProxy.
	case b.doc == nil:
		b.image = strings.TrimSuffix(b.Registry, "/") + "/" + b.Name + ":v1" // The document would contain the version.
	case b.doc.Version == "":
		b.ps.Errorf(model.InputRequired, flag(imageFlag),
			"is missing, and the document has no info.version for the tag; set one of them")
		b.image = strings.TrimSuffix(b.Registry, "/") + "/" + b.Name + ":v1"
	default:
		b.image = strings.TrimSuffix(b.Registry, "/") + "/" + b.Name + ":" + b.doc.Version
		b.checkImage(b.image, registryFlag)
	}
}

// checkImage reports an image that no container runtime accepts.
func (b *builder) checkImage(image, at string) {
	if err := checkReference(image); err != nil {
		b.ps.Valuef(model.InputValue, flag(at), image,
			"%q is not a valid image: %v; use one such as registry.example.com/shop/products:v1.0.0", image, err)
	}
}

// findBackends finds the image of every backend that the document calls.
func (b *builder) findBackends() {
	targets := b.targets()
	given := b.given(targets)
	switch {
	case b.doc == nil:
		b.backends = given
	case len(b.doc.Endpoints) == 0:
		b.newBackend(given)
	case len(targets) == 0 && len(given) > 0:
		b.ps.Errorf(model.InputValue, flag(backendFlag),
			"the document calls %s, not this backend; change the document to call it, or omit the image", b.doc.Endpoints[0].URL)
	default:
		b.match(targets, given)
	}
	if slices.ContainsFunc(b.backends, func(t backend) bool { return t.name == b.Name }) {
		b.ps.Valuef(model.InputName, flag(nameFlag), b.Name,
			"%q is also the name of a backend; choose another name for the API", b.Name)
	}
}

// newBackend handles a document that calls no backend.
func (b *builder) newBackend(given []backend) {
	switch {
	case len(given) == 0 && !b.doc.HasServer:
		b.ps.Errorf(model.InputRequired, flag(backendFlag), "is missing: the document names no backend, and no server")
	case len(given) > 1:
		b.ps.Errorf(model.SwaggerEndpoint, model.Place{File: b.Source},
			"does not say which operation calls which of %s; add x-wso2-production-endpoints with urls to the operations",
			names(given))
	case len(given) == 1:
		b.added = given[0].name
	}
	b.backends = given
}

// match matches the backends that the document calls with the given images.
func (b *builder) match(targets, given []backend) {
	for _, t := range targets {
		i := slices.IndexFunc(given, func(g backend) bool { return g.name == t.name })
		if i < 0 && b.unnamed {
			continue
		}
		if i < 0 {
			b.ps.Errorf(model.InputRequired, flag(backendFlag),
				"the document calls the backend %s; set its image with %s=IMAGE", t.name, t.name)
			continue
		}
		t.image = given[i].image
		b.backends = append(b.backends, t)
	}
	for _, g := range given {
		if !slices.ContainsFunc(targets, func(t backend) bool { return g.name == t.name }) {
			known := make([]string, len(targets))
			for i, t := range targets {
				known[i] = t.name
			}
			b.ps.Valuef(model.InputValue, flag(backendFlag), g.name,
				"the document calls no backend %q, but %s%s", g.name, names(targets), krm.DidYouMean(g.name, known))
		}
	}
}

// targets returns the backends that the document calls, without their images.
func (b *builder) targets() []backend {
	if b.doc == nil {
		return nil
	}
	var targets []backend
	for _, e := range b.doc.Endpoints {
		t := backend{name: e.Target.Name, namespace: cmp.Or(e.Target.Namespace, b.Namespace)}
		if t.name != "" && !slices.Contains(targets, t) {
			targets = append(targets, t)
		}
	}
	return targets
}

// given returns the backends of the flags. An image without a name belongs to the only backend.
func (b *builder) given(targets []backend) []backend {
	only := b.Name + "-backend"
	if len(targets) == 1 {
		only = targets[0].name
	}
	var given []backend
	for _, s := range b.BackendImages {
		name, image, named := strings.Cut(s, "=")
		if !named {
			name, image, b.derived = only, s, len(targets) != 1
		}
		b.checkImage(image, backendFlag)
		switch {
		case !named && len(targets) > 1:
			b.unnamed = true
			b.ps.Valuef(model.InputRequired, flag(backendFlag), s,
				"%q has no name; use NAME=IMAGE for each of %s", s, names(targets))
		case !named && len(b.BackendImages) > 1:
			b.unnamed = true
			b.ps.Valuef(model.InputRequired, flag(backendFlag), s, "%q is one of several images and has no name; use NAME=IMAGE", s)
		case slices.ContainsFunc(given, func(g backend) bool { return g.name == name }):
			b.ps.Valuef(model.InputDuplicate, flag(backendFlag), name,
				"backend %s is given more than once; remove one of them", name)
		default:
			given = append(given, backend{name, b.Namespace, image})
		}
	}
	return given
}

// names joins the names of backends for a message.
func names(backends []backend) string {
	var text strings.Builder
	for i, b := range backends {
		switch {
		case i > 0 && len(backends) == 2:
			text.WriteString(" and ")
		case i > 1 && i == len(backends)-1:
			text.WriteString(", and ")
		case i > 0:
			text.WriteString(", ")
		}
		text.WriteString(b.name)
	}
	return text.String()
}

// addEndpoint adds the backend to a document that calls none.
func (b *builder) addEndpoint() {
	if b.added == "" || len(validation.IsDNS1123Label(b.added)) > 0 {
		return // verify reports the invalid name.
	}
	text, err := swagger.Addition{Target: b.added, Public: b.public}.AddTo(b.Document)
	if err != nil {
		b.ps.Errorf(model.SwaggerEndpoint, model.Place{File: b.Source}, "calls no backend, and %v", err)
		return
	}
	b.Document = text
}

// checkReference returns an error if no container runtime accepts the image. Runtimes also accept short names, which refer to
// Docker Hub (normalize.go in github.com/distribution/reference). That package is not used, because it adds several
// milliseconds to every start.
func checkReference(image string) error {
	if ociref.IsValidDigest("sha256:" + image) {
		return errors.New("64 hexadecimal digits are an image ID, not a name")
	}
	host, name := split(image)
	path, _, _ := strings.Cut(name, ":")
	if strings.ToLower(path) != path {
		return fmt.Errorf("invalid reference format: repository name (%s) must be lowercase", path)
	}
	if _, digest, ok := strings.Cut(name, "@"); ok && !ociref.IsValidDigest(digest) {
		return fmt.Errorf("invalid digest %q", digest)
	}
	if _, err := ociref.ParseRelative(host + "/" + name); err != nil {
		return errors.New("invalid reference format")
	}
	return nil
}

// split splits an image into the registry, in a form that is not ambiguous, and the rest.
func split(image string) (host, name string) {
	host, name, ok := strings.Cut(image, "/")
	switch {
	case ok && strings.ContainsAny(host, ".:"):
	case ok && (host == "localhost" || strings.ToLower(host) != host): // Names have no uppercase letters.
		host += ":443"
	default:
		host, name = "docker.io", image
	}
	if (host == "docker.io" || host == "index.docker.io") && !strings.Contains(name, "/") {
		name = "library/" + name
	}
	return host, name
}
