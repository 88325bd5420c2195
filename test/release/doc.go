// Package release checks what a release is made of: the description of the function for catalogs, the files that name versions,
// and, on request by make release-test, the archives of goreleaser, and that the same source results in the same bytes.
//
// In: metadata.yaml, the Dockerfile, .goreleaser.yaml and the workflow of releases. Out: test results. The tests import none of
// the product's packages.
package release
