// Package krm is the wire: YAML and JSON texts, ResourceLists and package folders come in and become nodes with the place
// of every value; typed objects and untouched items go out as bytes. It knows how Kubernetes objects are written but
// nothing about APIs, gateways or autoscaling, and imports only pkg/model of this module.
package krm
