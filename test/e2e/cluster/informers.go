//go:build e2e

package cluster

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
)

// watched is what the kubelet and the workloads know of the cluster.
type watched struct {
	pods       corelisters.PodLister
	services   corelisters.ServiceLister
	slices     discoverylisters.EndpointSliceLister
	configMaps corelisters.ConfigMapLister
	secrets    corelisters.SecretLister
}

func watch(ctx context.Context, client kubernetes.Interface) (*watched, error) {
	factory := informers.NewSharedInformerFactory(client, 0)
	w := &watched{
		pods: factory.Core().V1().Pods().Lister(), services: factory.Core().V1().Services().Lister(),
		slices:     factory.Discovery().V1().EndpointSlices().Lister(),
		configMaps: factory.Core().V1().ConfigMaps().Lister(), secrets: factory.Core().V1().Secrets().Lister(),
	}
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return nil, errors.New("no list of " + kind.String())
		}
	}
	return w, nil
}

// running lists the pods that kwok has given an address and that are not being deleted.
func (w *watched) running() ([]*corev1.Pod, error) {
	all, err := w.pods.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	var list []*corev1.Pod
	for _, pod := range all {
		if pod.Status.Phase == corev1.PodRunning && pod.Status.PodIP != "" && pod.DeletionTimestamp == nil {
			list = append(list, pod)
		}
	}
	return list, nil
}

// endpoints lists the addresses of the ready pods of a Service.
func (w *watched) endpoints(service *corev1.Service) ([]string, error) {
	ofService := labels.Set{discoveryv1.LabelServiceName: service.Name}.AsSelector()
	slices, err := w.slices.EndpointSlices(service.Namespace).List(ofService)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, slice := range slices {
		for i := range slice.Endpoints {
			if ready := slice.Endpoints[i].Conditions.Ready; ready == nil || *ready {
				list = append(list, slice.Endpoints[i].Addresses...)
			}
		}
	}
	return list, nil
}
