// Package krm reads and writes Kubernetes objects: YAML and JSON texts, ResourceLists, and package directories come in and
// become nodes with the place of every value; typed objects and unchanged items go out as bytes. It knows how Kubernetes
// objects are written, but nothing about APIs, gateways, or autoscaling. Of this module, it imports only pkg/model and
// pkg/krm/fastyaml.
package krm
