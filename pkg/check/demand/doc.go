// Package demand joins what scalers ask for with what is there. A chain.Graph, an adapter.Setup, and samples of metrics pages
// go in. A Set comes out: the Pods, Object, and External metrics of all scalers (Demand), the rules that serve each of them
// (Offer), and how the series of the pods arrive at Prometheus (Origin), including recording rules and samples.
//
// It reports no problems and must not import the checks.
package demand
