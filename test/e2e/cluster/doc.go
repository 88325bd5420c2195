//go:build e2e

// Package cluster runs a Kubernetes control plane and a monitoring stack without containers, for tests that ask whether
// manifests really make a HorizontalPodAutoscaler scale.
//
// What is real: etcd, kube-apiserver, kube-controller-manager with the HorizontalPodAutoscaler controller, kube-scheduler,
// kube-proxy, prometheus-operator, Prometheus, prometheus-adapter and metrics-server, each the program of its project, built from
// the versions in tools/; and HAProxy, as this machine has it.
//
// What is simulated: nodes and the status of most pods, by kwok; DNS, by names; the kubelet, by kubelet, which runs a program of
// this machine for each pod whose image it knows, and gives pods of HAProxy their probes, hooks, and grace; the other workloads, by
// Workloads, which answers at the addresses of their pods. So images and limits are not tested.
//
// In: paths of programs and manifests. Out: a Cluster to apply manifests to, load to set, state to read. Everything lives
// in namespaces of the kernel (network, mounts, processes) that end with the test process, however that ends; only logs are
// written outside them. The package imports no packages of the product.
package cluster
