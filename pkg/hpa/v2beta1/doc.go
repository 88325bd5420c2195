// Package v2beta1 contains the metrics of autoscaling/v2beta1, which Kubernetes served until 1.24 and whose package is no longer
// in k8s.io/api, and converts them to those of autoscaling/v2. It imports no other package of this module.
package v2beta1
