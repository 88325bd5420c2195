//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
)

// outages notes when a Service has no ready pod, as kube-proxy and ingress controllers see it: from its EndpointSlices.
type outages struct {
	list func(service string) (ready int, err error)

	mu       sync.Mutex
	services []string
	step     string
	found    []string
}

// watchOutages watches Services of a namespace, which have pods now, after every change of an EndpointSlice.
func watchOutages(t *testing.T, c *cluster.Cluster, namespace string, services ...string) *outages {
	t.Helper()
	factory := informers.NewSharedInformerFactoryWithOptions(c.Client, 0, informers.WithNamespace(namespace))
	informer := factory.Discovery().V1().EndpointSlices()
	lister := informer.Lister().EndpointSlices(namespace)
	o := &outages{services: services, step: "before the first step"}
	o.list = func(service string) (int, error) {
		all, err := lister.List(labels.Set{discoveryv1.LabelServiceName: service}.AsSelector())
		ready := 0
		for _, s := range all {
			for i := range s.Endpoints {
				if r := s.Endpoints[i].Conditions.Ready; r == nil || *r {
					ready++
				}
			}
		}
		return ready, err
	}
	changed := func() { o.look() }
	if _, err := informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		UpdateFunc: func(any, any) { changed() }, DeleteFunc: func(any) { changed() },
	}); err != nil {
		t.Fatal(err)
	}
	factory.Start(t.Context().Done())
	factory.WaitForCacheSync(t.Context().Done())
	o.look()
	if len(o.found) > 0 {
		t.Fatal(o.found)
	}
	return o
}

func (o *outages) look() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, service := range o.services {
		ready, err := o.list(service)
		if err == nil && ready > 0 {
			continue
		}
		if text := fmt.Sprintf("%s: no ready pod behind Service %s (%v)", o.step, service, err); !slices.Contains(o.found, text) {
			o.found = append(o.found, text)
		}
	}
}

// during says what is going on from now on.
func (o *outages) during(step string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.step = step
}

// all are those that were found.
func (o *outages) all() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.found)
}

// see verifies that outages are detected: it causes one.
func (o *outages) see(t *testing.T, c *cluster.Cluster, namespace, deployment string) {
	t.Helper()
	o.during("outage on purpose")
	before := len(o.all())
	if err := c.Client.AppsV1().Deployments(namespace).Delete(t.Context(), deployment, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Until(t.Context(), "the outage is seen", limit, func(context.Context) error {
		if len(o.all()) == before {
			return fmt.Errorf("nothing is seen")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
