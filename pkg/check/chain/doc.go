// Package chain reads objects and joins them. Items go in, in any order. A Graph comes out: workloads, Services, monitors,
// Prometheuses, scalers, permissions, and APIServices, and which of them select or refer to which. A kind of scaler is one file
// and one row (scalerKinds); nothing else depends on the kind of a scaler.
//
// It reports only problems of decoding. It knows no rules of prometheus-adapter.
package chain
