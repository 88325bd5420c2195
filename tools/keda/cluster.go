package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	v1alpha1 "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	"github.com/kedacore/keda/v2/pkg/scalers/authentication"
	"github.com/kedacore/keda/v2/pkg/scaling"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// A cluster is what KEDA's webhooks and its operator see. It is a manager as far as they need one.
type cluster struct {
	manager.Manager
	builder *fake.ClientBuilder
	mapper  meta.RESTMapper
	client  client.Client
	scaling scaling.ScaleHandler
}

// A metric is one of a HorizontalPodAutoscaler.
type metric struct {
	Type   autoscalingv2.MetricSourceType `json:"type"`
	Name   string                         `json:"name"`
	Target string                         `json:"target"`
}

func newCluster(objects []client.Object) (*cluster, error) {
	c := &cluster{mapper: testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}
	c.builder = fake.NewClientBuilder().WithRESTMapper(c.mapper)
	for _, object := range objects {
		if object != nil {
			c.builder.WithObjects(object)
		}
	}
	// It adds the indexes, then asks for the client.
	if err := (&v1alpha1.ScaledObject{}).SetupWebhookWithManager(c, false); err != nil {
		return nil, err
	}
	c.scaling = scaling.NewScaleHandler(c.client, nil, scheme.Scheme, time.Second, time.Second, c.GetEventRecorder(""), &authentication.AuthClientSet{})
	return c, nil
}

func (c *cluster) GetFieldIndexer() client.FieldIndexer         { return c }
func (c *cluster) GetRESTMapper() meta.RESTMapper               { return c.mapper }
func (c *cluster) GetScheme() *runtime.Scheme                   { return scheme.Scheme }
func (c *cluster) GetConfig() *rest.Config                      { return &rest.Config{} }
func (c *cluster) GetEventRecorder(string) events.EventRecorder { return &events.FakeRecorder{} }
func (c *cluster) GetWebhookServer() webhook.Server             { return webhook.NewServer(webhook.Options{}) }

func (c *cluster) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	c.builder.WithIndex(object, field, values)
	return nil
}

func (c *cluster) GetClient() client.Client {
	if c.client == nil {
		c.client = c.builder.Build()
	}
	return c.client
}

// judge fills the verdict of an object.
func (c *cluster) judge(ctx context.Context, object client.Object, v *verdict) {
	var err error
	var warnings admission.Warnings
	dryRun := false
	switch object := object.(type) {
	case *v1alpha1.ScaledObject:
		warnings, err = object.DeepCopy().ValidateCreate(&dryRun)
	case *v1alpha1.ScaledJob:
		warnings, err = object.ValidateCreate(&dryRun)
	case *v1alpha1.TriggerAuthentication:
		warnings, err = object.ValidateCreate(&dryRun)
	case *v1alpha1.ClusterTriggerAuthentication:
		warnings, err = object.ValidateCreate(&dryRun)
	}
	v.Warnings = warnings
	if err != nil {
		v.Webhook = err.Error()
		return
	}
	if scalable, ok := object.(v1alpha1.ScalableObject); ok {
		if v.Metrics, err = c.build(ctx, scalable); err != nil {
			v.Build = err.Error()
		}
	}
}

// build does what the operator does to get the metrics of the HorizontalPodAutoscaler.
func (c *cluster) build(ctx context.Context, object v1alpha1.ScalableObject) (metrics []metric, err error) {
	// The operator runs in a controller that recovers.
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	if object, ok := object.(*v1alpha1.ScaledObject); ok {
		target, err := v1alpha1.ParseGVKR(c.mapper, object.Spec.ScaleTargetRef.APIVersion, object.Spec.ScaleTargetRef.Kind)
		if err != nil {
			return nil, err
		}
		object.Status.ScaleTargetGVKR = &target
	}
	triggers, err := c.scaling.GetScalersCache(ctx, object)
	if err != nil {
		return nil, err
	}
	for _, spec := range triggers.GetMetricSpecForScaling(ctx) {
		m := metric{Type: spec.Type}
		var target autoscalingv2.MetricTarget
		switch {
		case spec.External != nil:
			m.Name, target = spec.External.Metric.Name, spec.External.Target
		case spec.Resource != nil:
			m.Name, target = string(spec.Resource.Name), spec.Resource.Target
		case spec.ContainerResource != nil:
			m.Name, target = string(spec.ContainerResource.Name), spec.ContainerResource.Target
		default:
			return nil, errors.New("a metric without a source")
		}
		switch {
		case target.AverageUtilization != nil:
			m.Target = fmt.Sprintf("%s %d", target.Type, *target.AverageUtilization)
		case target.AverageValue != nil:
			m.Target = fmt.Sprintf("%s %s", target.Type, target.AverageValue)
		case target.Value != nil:
			m.Target = fmt.Sprintf("%s %s", target.Type, target.Value)
		}
		metrics = append(metrics, m)
	}
	return metrics, nil
}
