package httproute

import (
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// API is one document.
type API struct {
	// BasePath begins with a slash and does not end with one; "" for none. The path of the backends replaces it.
	BasePath   string
	Operations []Operation
	// CORS is nil if browsers cannot call the API from other sites.
	CORS *gatewayv1.HTTPCORSFilter
}

// Operation is one method of one path.
type Operation struct {
	Place model.Place
	// Method is in upper case. Path is a template below the base path, such as /pets/{id}.
	Method, Path string
	Target       Target
}

func (o *Operation) String() string { return o.Method + " " + o.Path }

// Target is what handles the requests of an operation.
type Target struct {
	// Backends share the requests equally.
	Backends []Backend
	// Path begins with a slash and does not end with one, and replaces the base path; "" for none.
	Path string
	// Timeout is the time in which a response must be complete; 0 for the default of the Gateway.
	Timeout time.Duration
}

// Backend is a port of a Service. Namespace is "" for the namespace of the route.
type Backend struct {
	Namespace, Name string
	Port            int32
}

// MaxTimeout is the longest timeout that a duration of the Gateway API can express (GEP-2257).
const MaxTimeout = 99999 * time.Hour
