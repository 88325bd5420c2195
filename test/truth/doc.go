// Package truth is a table of changes to valid manifests: those that break the chain of a HorizontalPodAutoscaler, and near
// misses that look wrong and are harmless. For each it says what krm-fn check must find and what a cluster does. Its own test
// compares krm-fn check with the table; test/e2e compares the table with a real control plane.
//
// In: manifests of examples/products-privatejet and examples/stack, as rendered. Out: manifests of cases. The package knows
// nothing about how either of them works.
package truth
