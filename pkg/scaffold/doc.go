// Package scaffold makes a package of inputs from an OpenAPI document and the images that serve it: files for kustomize,
// for kpt or for krm-fn render, which render at once. In: what a command line says. Out: the texts of the files, or what is
// wrong. It writes nothing. It imports pkg/gen, which proves that the package renders, and no package imports it but cmd.
package scaffold

import "github.com/krm-fn/krm-fn/pkg/model"

// Request is what a package is made from. Problems name the fields by the flags of krm-fn init.
type Request struct {
	// Name is that of the API, Namespace that of everything; "" leaves it to kubectl.
	Name, Namespace string
	// Document is the text of the OpenAPI document, nil if it could not be read; Source names it in messages.
	Document []byte
	Source   string
	// Image is that of the gateway. Without it, the image is Registry/Name:VERSION with the version of the document.
	Image, Registry string
	// BackendImages are IMAGE or NAME=IMAGE, where NAME is that of a TargetEndpoint in the document.
	BackendImages []string
	// BackendPort is the port on which the containers of all backends listen, BackendProtocol is http or https.
	BackendPort     int32
	BackendProtocol string
	// Mode is privateJet or sidecar, "" for that of the document.
	Mode string
	// KubernetesVersion is such as 1.31, "" for the newest.
	KubernetesVersion string
	Flavour           Flavour
	// Dir is the folder for which the package is meant. It stands in messages and in the command.
	Dir string
}

// Flavour says which program renders a package.
type Flavour string

// The flavours. Plain is for krm-fn render.
const (
	Kustomize Flavour = "kustomize"
	Kpt       Flavour = "kpt"
	Plain     Flavour = "plain"
)

// Flavours lists the flavours in the order of messages.
var Flavours = []string{string(Kustomize), string(Kpt), string(Plain)}

// Package is what was made.
type Package struct {
	// Files are the files by their names in the folder.
	Files []File
	// Added is the backend that was written into the document, which named none; "" if it stays as it is.
	Added string
	// Command renders the package.
	Command []string
}

// File is one file.
type File struct {
	Name string
	Text []byte
}

// Build makes a package. The files are named even if there are errors among the problems, so that the caller can tell
// which of them are in the way.
func Build(r Request) (Package, model.Problems) {
	b := builder{Request: r}
	b.readDocument()
	b.findImage()
	b.findBackends()
	b.addEndpoint()
	pkg := b.write()
	b.verify(pkg.Files)
	return pkg, b.ps.Sorted()
}
