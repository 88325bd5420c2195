// Package argocd runs krm-fn where users of Argo CD run it: behind the real argocd-repo-server and argocd-cmp-server, in the
// workflow that commits rendered manifests, and under Argo CD's own comparison with live objects.
//
// In: the files of examples/argocd, packages from the other examples, and the page docs/argocd.md. Out: test results. Argo CD comes
// from tools/argocd. It takes minutes to build, so tests that require it run only with ARGOCD_TEST=1: make argocd-test.
// The tests see programs, files and manifests; they import none of the product's packages.
package argocd
