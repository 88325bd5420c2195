// Package keda lets KEDA itself judge ScaledObjects and other objects of KEDA, without a cluster: the program tools/keda runs the
// code of KEDA's types, of its admission webhooks, and of its operator. Its build compiles clients of all systems by which KEDA
// scales, so the tests run only if KRM_FN_KEDA is set, as make e2e-keda does.
//
// In: manifests. Out: the verdict about each of KEDA's objects.
package keda
