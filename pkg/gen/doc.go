// Package gen turns APIs, TargetEndpoints and their configuration into Kubernetes manifests. Items of a ResourceList or of
// files come in, items to write come out, with the problems that were found. Run lists the stages; everything that can
// fail does so in read and build, and render is total. The package knows no streams, flags or exit codes.
package gen
