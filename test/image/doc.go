// Package image runs the container image as users run it: in the real kustomize and the real kpt, and by itself without
// network, capabilities or a writable file system.
//
// In: the Dockerfile, through make image; the examples; the page docs/image.md. Out: test results. The tests run on request
// only, by make image-test, because they require a container engine and some minutes. They import no packages of the product.
package image
