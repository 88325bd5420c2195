// Package orchestrators runs krm-fn where users run it: in the real kustomize and the real kpt.
//
// In: the examples, the packages in testdata, and the pages docs/kustomize.md, docs/kpt.md, docs/init.md and docs/fleet.md.
// Out: test results. krm-fn is built from this repository, kustomize and kpt come from test/tools. The tests see programs,
// files and manifests only; they import none of the product's packages.
package orchestrators
