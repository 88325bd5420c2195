// Package world is pods in simulated time, and what an autoscaler sees of them: requests, scrapes, queries to Prometheus, and
// measurements by metrics-server. It knows no manifests.
package world
