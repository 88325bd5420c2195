// Package chain reads objects and joins them. Items go in, in any order. A Graph comes out: workloads, Services, monitors,
// Prometheuses, scalers of all kinds, permissions, APIServices, and which of them select or refer to which. A kind of scalers
// is one file and one row (scalerKinds); nothing after the row asks which kind a scaler is.
//
// The only problems that it reports are those of decoding. It knows no rules of prometheus-adapter and must not import
// pkg/check/adapter, pkg/check/demand, or the checks.
package chain
