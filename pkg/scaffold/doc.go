// Package scaffold creates a package of inputs from an OpenAPI document and images: files for kustomize, kpt, or krm-fn render,
// which can be rendered without changes. The flags of a command line flow in. The texts of the files, or problems, flow out.
// The package writes nothing. It imports pkg/gen to check that the result renders; only cmd imports it.
package scaffold

import "github.com/krm-fn/krm-fn/pkg/model"

// Request is the input for a package. Problems refer to its fields by the flags of krm-fn init.
type Request struct {
	// Name is the name of the API. Namespace is the namespace of all objects; "" leaves it to kubectl.
	Name, Namespace string
	// Document is the text of the OpenAPI document, nil if it cannot be read. Source is its name in messages.
	Document []byte
	Source   string
	// Image is the image of a WSO2 micro-gateway that contains the API. With Registry instead, it is Registry/Name:VERSION, with
	// the version of the document. With neither, the gateway is HAProxy, configured from the document.
	Image, Registry string
	// Issuer is the claim iss of the tokens that HAProxy accepts, and Certificate the certificate of the issuer in PEM. Both are
	// empty for a document that asks nobody for credentials.
	Issuer      string
	Certificate []byte
	// BackendImages are IMAGE or NAME=IMAGE, where NAME is the name of a TargetEndpoint in the document.
	BackendImages []string
	// BackendPort is the port on which the containers of all backends listen. BackendProtocol is http or https.
	BackendPort     int32
	BackendProtocol string
	// Mode is privateJet or sidecar; "" means the mode of the document.
	Mode string
	// KubernetesVersion is a version such as 1.31; "" means the newest.
	KubernetesVersion string
	// Autoscaler is the kind that scales the pods; "" means the default.
	Autoscaler string
	Flavor     Flavor
	// Dir is the directory of the package, for messages and the command.
	Dir string
}

// Flavor is the tool that renders a package.
type Flavor string

// The flavors. Plain is for krm-fn render.
const (
	Kustomize Flavor = "kustomize"
	Kpt       Flavor = "kpt"
	Plain     Flavor = "plain"
)

// Flavors lists the flavors in the order of messages.
var Flavors = []string{string(Kustomize), string(Kpt), string(Plain)}

// Package is the result.
type Package struct {
	// Files are the files of the package.
	Files []File
	// Added is the backend that was added to the document; "" if the document is unchanged.
	Added string
	// Command renders the package.
	Command []string
}

// File is one file.
type File struct {
	Name string
	Text []byte
}

// Build creates a package. Even if there are errors among the problems, it returns the names of the files, so that the
// caller can report which of them already exist.
func Build(r Request) (Package, model.Problems) {
	b := builder{Request: r}
	b.readDocument()
	b.findImage()
	b.findBackends()
	b.findSecurity()
	b.addEndpoint()
	pkg := b.write()
	b.verify(pkg.Files)
	return pkg, b.ps.Sorted()
}
