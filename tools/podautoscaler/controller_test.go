package podautoscaler

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	scalefake "k8s.io/client-go/scale/fake"
	core "k8s.io/client-go/testing"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
	"github.com/krm-fn/krm-fn/pkg/simulate/world"
)

var podResource = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

var errNone = errors.New("no metrics returned")

// cluster is what the controller sees of a world: pods, a scale, and metrics. Metrics are found by name, "m" and their number.
type cluster struct {
	world  *world.World
	model  *world.Model
	client *fake.Clientset
	start  time.Time
	look   autoscaler.Look
	pods   map[string]autoscaler.Group
}

// advance moves the world to a time, and lets the pods follow.
func (c *cluster) advance(t *testing.T, to time.Duration) {
	c.world.Advance(to)
	c.refresh(t)
}

func (c *cluster) refresh(t *testing.T) {
	c.look = *c.world.Look()
	now := map[string]autoscaler.Group{}
	for i, g := range c.look.Groups {
		count := g.Count
		g.Count = 1
		for n := range count {
			pod := name(i, n)
			old, ok := c.pods[pod]
			now[pod] = g
			if ok && old == g {
				continue
			}
			var err error
			if ok {
				err = c.client.Tracker().Update(podResource, c.pod(pod, g), "ns")
			} else {
				err = c.client.Tracker().Add(c.pod(pod, g))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for old := range c.pods {
		if _, ok := now[old]; !ok {
			if err := c.client.Tracker().Delete(podResource, "ns", old); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.pods = now
}

func name(group int, n int64) string { return fmt.Sprintf("pod-%d-%d", group, n) }

func (c *cluster) pod(name string, g autoscaler.Group) *corev1.Pod {
	requests := corev1.ResourceList{}
	for i, s := range c.model.Sources {
		if r := resourceOf(&c.model.Spec.Metrics[i]); r != "" && s.Request > 0 {
			requests[r] = *resource.NewMilliQuantity(s.Request, resource.DecimalSI)
		}
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, Labels: map[string]string{"app": "x"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Resources: corev1.ResourceRequirements{Requests: requests}}}},
		Status:     corev1.PodStatus{Phase: corev1.PodPending},
	}
	if g.Pending {
		return pod
	}
	started := metav1.NewTime(c.start.Add(g.Started))
	ready := corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionFalse, LastTransitionTime: metav1.NewTime(c.start.Add(g.Changed))}
	if g.Ready {
		ready.Status = corev1.ConditionTrue
	}
	pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, StartTime: &started, Conditions: []corev1.PodCondition{ready}}
	return pod
}

func resourceOf(m *autoscalingv2.MetricSpec) corev1.ResourceName {
	switch {
	case m.Resource != nil:
		return m.Resource.Name
	case m.ContainerResource != nil:
		return m.ContainerResource.Name
	}
	return ""
}

// ofPods returns the values of a metric of pods. The controller changes the map.
func (c *cluster) ofPods(metric int) (metrics.PodMetricsInfo, time.Time, error) {
	info := metrics.PodMetricsInfo{}
	for i, g := range c.look.Groups {
		if r := c.look.Metrics[metric].Readings[i]; r.Known {
			for n := range g.Count {
				info[name(i, n)] = metrics.PodMetric{Timestamp: c.start.Add(r.At), Window: r.Window, Value: r.Value}
			}
		}
	}
	if len(info) == 0 {
		return nil, time.Time{}, errNone
	}
	return info, time.Now(), nil
}

func (c *cluster) GetResourceMetric(_ context.Context, r corev1.ResourceName, _ string, _ labels.Selector, container string) (metrics.PodMetricsInfo, time.Time, error) {
	for i := range c.model.Spec.Metrics {
		m := &c.model.Spec.Metrics[i]
		if resourceOf(m) == r && (container != "") == (m.ContainerResource != nil) {
			return c.ofPods(i)
		}
	}
	return nil, time.Time{}, errNone
}

func (c *cluster) GetRawMetric(metric string, _ string, _, _ labels.Selector) (metrics.PodMetricsInfo, time.Time, error) {
	return c.ofPods(number(metric))
}

func (c *cluster) GetObjectMetric(metric string, _ string, _ *autoscalingv2.CrossVersionObjectReference, _ labels.Selector) (int64, time.Time, error) {
	m := c.look.Metrics[number(metric)]
	if !m.Known {
		return 0, time.Time{}, errNone
	}
	return m.Total, time.Now(), nil
}

func (c *cluster) GetExternalMetric(metric, _ string, _ labels.Selector) ([]int64, time.Time, error) {
	total, at, err := c.GetObjectMetric(metric, "", nil, nil)
	if err != nil {
		return nil, at, err
	}
	return []int64{total / 3, total - total/3}, at, nil // Several values count as their sum.
}

func number(metric string) (n int) {
	_, _ = fmt.Sscanf(metric, "m%d", &n)
	return n
}

// scales returns a client for the scale of the workload.
func (c *cluster) scales(t *testing.T) *scalefake.FakeScaleClient {
	scales := &scalefake.FakeScaleClient{}
	scales.AddReactor("get", "deployments", func(core.Action) (bool, runtime.Object, error) {
		n := c.look.Replicas
		return true, &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "x"},
			Spec: autoscalingv1.ScaleSpec{Replicas: n}, Status: autoscalingv1.ScaleStatus{Replicas: n, Selector: "app=x"}}, nil
	})
	scales.AddReactor("update", "deployments", func(a core.Action) (bool, runtime.Object, error) {
		scale := a.(core.UpdateAction).GetObject().(*autoscalingv1.Scale)
		c.world.Scale(scale.Spec.Replicas)
		return true, scale, nil
	})
	return scales
}

// controller returns the replicas after each look of the real controller.
func controller(t *testing.T, m *world.Model) (out []int32) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		const early = time.Millisecond
		start := time.Now().Add(early)
		c := &cluster{world: world.New(m, m.Replicas, 0), model: m, client: fake.NewClientset(), start: start}
		c.refresh(t)
		mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Group: "apps", Version: "v1"}})
		mapper.Add(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, meta.RESTScopeNamespace)
		factory := informers.NewSharedInformerFactory(c.client, 0)
		f := m.Flags
		hpas := c.client.AutoscalingV2()
		run := podautoscaler.NewHorizontalController(ctx, c.client.CoreV1(), c.scales(t), hpas, mapper, c,
			factory.Autoscaling().V2().HorizontalPodAutoscalers(), factory.Core().V1().Pods(),
			f.SyncPeriod, f.DownscaleStabilization, f.Tolerance, f.CPUInitializationPeriod, f.InitialReadinessDelay)
		factory.Start(ctx.Done())
		factory.WaitForCacheSync(ctx.Done())
		go run.Run(ctx, 1)
		synctest.Wait()
		time.Sleep(early)
		_, err := hpas.HorizontalPodAutoscalers("ns").Create(ctx, &autoscalingv2.HorizontalPodAutoscaler{
			ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "x"}, Spec: *m.Spec.DeepCopy()}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for at := f.SyncPeriod; ; at += f.SyncPeriod {
			synctest.Wait()
			out = append(out, c.world.Look().Replicas)
			if at > m.End {
				break
			}
			// The pods have changed before the controller looks at them.
			time.Sleep(time.Until(start.Add(at - early)))
			c.advance(t, at)
			synctest.Wait()
			time.Sleep(early)
		}
		cancel()
		factory.Shutdown()
	})
	return out
}
