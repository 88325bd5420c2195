// Package check checks Kubernetes objects from any source: it follows every scaler to the pods that serve its metrics, and
// reports where the chain breaks. Objects, rules of prometheus-adapter, and samples of metrics pages go in. Problems come out, the
// chain itself (Explain), or what scalers read and scale, for simulations (Scalings). Each check is one file and one row in
// Checks.
//
// The checks only compare. What they compare comes from these packages, each of which imports only those after it:
//
//	demand    the metrics that scalers request, the rules that serve them, and how their series reach Prometheus
//	adapter   the pods that run prometheus-adapter, its configurations, and what their rules serve
//	chain     the objects and how they refer to each other
//	promexpr  PromQL and relabeling
//	lookup    indexes, selectors, names
//
// The checks do not depend on how this program renders objects: they import neither gen nor swagger.
package check
