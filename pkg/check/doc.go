// Package check checks Kubernetes objects from any source: it walks from every scaler to the pods that serve its metrics and
// reports at which link the chain breaks. Objects, rules of prometheus-adapter, and samples of metrics pages go in; problems
// come out, and the chain itself (Explain). Each check is one file and one row in Checks.
//
// The checks only compare. What they compare comes from packages below, each of which imports only those after it:
//
//	demand    the metrics that scalers ask for, the rules that serve them, and how the series of their pods arrive
//	adapter   the pods that run prometheus-adapter, its configurations, and what their rules serve
//	chain     the objects and how they join
//	promexpr  PromQL and relabeling
//	lookup    indexes, selectors, names
//
// It reads objects only and knows nothing of how this program renders them: it imports neither gen nor swagger, and of hpa
// only the metrics of autoscaling/v2beta1.
package check
