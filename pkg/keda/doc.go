// Package keda has the objects of KEDA (keda.sh/v1alpha1) as small structs with the fields of the custom resource definitions
// of KEDA 2.21 (config/crd/bases). KEDA's own types need the modules of the services that it scales by, and cost time at every
// start; a test compares these structs with them. Names of fields are those of KEDA. The package knows no workloads and no
// other objects.
package keda
