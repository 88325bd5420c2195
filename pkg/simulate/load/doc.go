// Package load reads what arrives at a workload over time.
//
// In: a CSV file, the JSON of a Prometheus range query, or the description of a shape such as step:from=10,to=100. Out: a Load,
// whose rows each hold until the next one. The package knows no scalers and no manifests.
package load
