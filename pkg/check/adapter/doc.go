// Package adapter reads prometheus-adapter through the code of prometheus-adapter itself. A chain.Graph and texts go in. A
// Setup comes out: the containers that run the adapter (Instance), its configurations in ConfigMaps, texts, and values of its
// Helm chart (Config), and their rules with an index of the metrics that they serve (Rule, Index). What the adapter or
// Prometheus rejects in a configuration is a problem of that Config.
//
// It knows no scalers and must not import the checks or pkg/check/demand.
package adapter
