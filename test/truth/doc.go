// Package truth is a table of changes to sound manifests: those that break the chain of a HorizontalPodAutoscaler, and near
// misses that look wrong and are harmless. For each it says what krm-fn check must find and what a cluster does. Its own test
// holds krm-fn check to the table; test/e2e holds the table to a real control plane.
//
// In: manifests of examples/products-privatejet and examples/stack, as rendered. Out: manifests of cases. The package knows
// nothing of how either judge works.
package truth
