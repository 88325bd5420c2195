//go:build e2e

// Package cluster runs a Kubernetes control plane and a monitoring stack without containers, for tests that ask whether
// manifests really make a HorizontalPodAutoscaler scale.
//
// What is real: etcd, kube-apiserver, kube-controller-manager with the HorizontalPodAutoscaler controller, kube-scheduler,
// prometheus-operator, Prometheus, prometheus-adapter and metrics-server, each the program of its project, built from the
// versions in tools/. What is simulated: nodes and the status of pods, by kwok; the kubelet, by Kubelet, which runs a program of
// this machine for each pod whose image it knows; the workloads, by Workloads, which answers at the addresses of their
// pods. So probes, limits, images and traffic through a gateway are not tested.
//
// In: paths of programs and manifests. Out: a Cluster to apply manifests to, load to set, state to read. Everything lives
// in namespaces of the kernel (network, mounts, processes) that end with the test process, however that ends; only logs are
// written outside them. The package imports no packages of the product.
package cluster
