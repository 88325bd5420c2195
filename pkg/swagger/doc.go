// Package swagger turns the bytes of one OpenAPI 3 or Swagger 2.0 document, in YAML or JSON, into the facts that
// rendering needs: endpoints, mode, base path, version and operations, each with the place where it is written. They are read
// by a walk of our own, so that a document with faults elsewhere still renders; Document.Validate judges the rest.
// The package looks up no TargetEndpoint, opens no file and no connection, and imports only pkg/model and pkg/krm of
// this module.
package swagger

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Document contains the facts of one OpenAPI document.
type Document struct {
	// Place is the place of the whole text.
	Place model.Place
	// Title and Version are info.title and info.version as they are written (an unquoted 1.0 is "1.0"), "" if missing.
	Title, Version string
	// Mode is x-wso2-mode, "" if it is not set.
	Mode model.Mode
	// BasePath begins with a slash and, unless it is "/", does not end with one; "" if it is not set. It is x-wso2-basePath, or
	// basePath of Swagger 2.0, or the path of the first server of OpenAPI 3, with {version} replaced by Version.
	BasePath string
	// Endpoints has each distinct endpoint of a stage once: those of the root, then of the operations in the order of the
	// document, then the named ones without references. An interceptor can choose one of these at run time, and the operator
	// also resolved them; they count for production.
	Endpoints []Endpoint
	// HasServer reports whether servers of OpenAPI 3, or host of Swagger 2.0, name a host. The gateway forwards requests of
	// operations without an endpoint to it.
	HasServer bool
	// Servers has the absolute URLs of servers of OpenAPI 3, or of host of Swagger 2.0, at every level without production
	// endpoints, which take precedence.
	Servers []string
	// OperationCount is the number of operations. Operations returns them.
	OperationCount int

	root    *yaml.Node
	version specVersion
	// done releases root.
	done func()
}

// Release releases the text, which takes far more memory than the facts. Afterwards, Validate and Operations return nothing.
func (d *Document) Release() {
	if d.done != nil {
		d.done()
	}
	d.root, d.version, d.done = nil, "", nil
	for _, s := range []*string{&d.Title, &d.Version, &d.BasePath} {
		*s = strings.Clone(*s)
	}
	for i, s := range d.Servers {
		d.Servers[i] = strings.Clone(s)
	}
	for i := range d.Endpoints {
		d.Endpoints[i].detach()
	}
}

// Endpoint is one backend that the gateway forwards requests to.
type Endpoint struct {
	// Place is the place of its url.
	Place model.Place
	Stage Stage
	// URL is an absolute URL, or etcd(KEY, URL), which the gateway uses as they are; "" if Target is set.
	URL string
	// Target names a TargetEndpoint; its Namespace is "" if none is written.
	Target model.Ref
}

// detach releases the text that contains the endpoint.
func (e *Endpoint) detach() {
	e.URL, e.Target.Name, e.Target.Namespace = strings.Clone(e.URL), strings.Clone(e.Target.Name), strings.Clone(e.Target.Namespace)
}

// Stage says which requests an endpoint serves.
type Stage string

// The stages of x-wso2-production-endpoints and x-wso2-sandbox-endpoints.
const (
	Production Stage = "production"
	Sandbox    Stage = "sandbox"
)
