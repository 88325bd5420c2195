// Package tools gives tests the programs and files of other projects that the
// product is checked by: kustomize, kpt, the schema checker, and files that
// Go modules carry, such as OpenAPI documents.
//
// In: the modules under tools/, and exact module versions with their checksum.
// Out: paths of binaries in .cache/bin at the repository root, and of
// directories in Go's module cache. Everything comes through the go command,
// so that a machine with Go, and the module proxy on first use, is enough.
// The package imports none of the product's packages.
package tools
