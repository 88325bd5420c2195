// Package tools provides tests with the programs and files of other projects that
// check the product: kustomize, kpt, the schema checker, and files that
// Go modules carry, such as OpenAPI documents.
//
// In: the modules under tools/, and exact module versions with their checksum.
// Out: paths of binaries in .cache/bin at the repository root, and of
// directories in Go's module cache. Everything comes through the go command,
// so a machine with Go, and the module proxy on first use, is sufficient.
// The package imports no packages of the product.
package tools
