// Package httproute turns the operations of an API into the rules of HTTPRoutes of the Gateway API. Operations with their backends
// flow in. Typed rules flow out, with a problem for everything that an HTTPRoute cannot express. The package does not read OpenAPI
// documents, and imports only pkg/model of this module.
//
// The sources of all rules are apis/v1/httproute_types.go and config/crd/standard of sigs.k8s.io/gateway-api v1.6.3.
package httproute
