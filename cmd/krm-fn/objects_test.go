package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/test/schema"
)

// rendering is what one case or example renders.
type rendering struct {
	name string
	// minor is the Kubernetes 1.x that it is rendered for.
	minor   int
	objects []*krm.Item
	// others are the objects of users, by kind, namespace, and name.
	others map[string]bool
}

// version is the Kubernetes whose schemas it must pass, "" if there is none: the next one that there are schemas of.
func (r rendering) version() string {
	const oldest, newestOfMany = 23, 30
	switch {
	case r.minor < oldest:
		return ""
	case r.minor <= newestOfMany:
		return fmt.Sprintf("1.%d", r.minor)
	}
	return schema.Newest
}

const newestMinor = 37

// elsewhere are the cases about objects that other runs have rendered, which are there in parts only.
var elsewhere = map[string]bool{"kustomize-outer-function": true, "kpt-second-run": true, "kpt-sub-package": true, "adapter-kpt": true}

// renderings are those of all cases without errors and of all examples.
func renderings(t *testing.T) []rendering {
	t.Helper()
	var all []rendering
	files, err := filepath.Glob(filepath.Join(testdata, "*", "output.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		list, ps := krm.ReadList(strings.NewReader(read(t, file)))
		if ps.HasErrors() {
			t.Fatalf("%s: %v", file, ps)
		}
		r := rendering{name: filepath.Base(filepath.Dir(file)), minor: newestMinor, others: map[string]bool{}}
		if fc := list.FunctionConfig; fc != nil {
			minor, err := check.ParseVersion(krm.Text(fc.Node(), "spec", "kubernetesVersion") + krm.Text(fc.Node(), "data", "kubernetesVersion"))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if minor > 0 {
				r.minor = minor
			}
		}
		for _, it := range list.Items {
			// What another run has rendered may have been changed by anybody since.
			if gen.Owner(it) != "" && !elsewhere[r.name] {
				r.objects = append(r.objects, it)
			} else {
				r.others[it.Place.Object.Kind+" "+it.Ref().String()] = true
			}
		}
		all = append(all, r)
	}
	examples, err := filepath.Glob(filepath.Join(testdata, "examples", "*.yaml"))
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range examples {
		docs, ps := krm.ParseAll(read(t, file), model.Place{})
		if ps.HasErrors() {
			t.Fatalf("%s: %v", file, ps)
		}
		r := rendering{name: "examples/" + filepath.Base(file), minor: newestMinor}
		for _, d := range docs {
			r.objects = append(r.objects, krm.NewItem(d.Root))
		}
		all = append(all, r)
	}
	return all
}

// typed are the API types of everything that is rendered.
var typed = map[string]func() any{
	"apps/v1 Deployment":                          func() any { return &appsv1.Deployment{} },
	"v1 Service":                                  func() any { return &corev1.Service{} },
	"v1 ConfigMap":                                func() any { return &corev1.ConfigMap{} },
	"autoscaling/v2 HorizontalPodAutoscaler":      func() any { return &autoscalingv2.HorizontalPodAutoscaler{} },
	"autoscaling/v2beta2 HorizontalPodAutoscaler": func() any { return &autoscalingv2.HorizontalPodAutoscaler{} },
	"networking.k8s.io/v1 Ingress":                func() any { return &networkingv1.Ingress{} },
	"keda.sh/v1alpha1 ScaledObject":               func() any { return &keda.ScaledObject{} }, // pkg/keda compares it with KEDA's.
	"monitoring.coreos.com/v1 ServiceMonitor":     func() any { return &monitoringv1.ServiceMonitor{} },
	"monitoring.coreos.com/v1 PodMonitor":         func() any { return &monitoringv1.PodMonitor{} },

	"gateway.networking.k8s.io/v1 HTTPRoute":           func() any { return &gatewayv1.HTTPRoute{} },
	"gateway.networking.k8s.io/v1beta1 ReferenceGrant": func() any { return &gatewayv1.ReferenceGrant{} },
}

// decode reads an object strictly into its API type.
func decode(t *testing.T, it *krm.Item) any {
	t.Helper()
	o := it.Place.Object
	newObject := typed[o.APIVersion+" "+o.Kind]
	if newObject == nil {
		t.Errorf("%s of %s has no API type here", o, o.APIVersion)
		return nil
	}
	obj := newObject()
	if err := yaml.UnmarshalStrict(it.Text(), obj); err != nil {
		t.Errorf("%s: %v", o, err)
		return nil
	}
	return obj
}

func TestRenderedObjectsAreOfTheirTypes(t *testing.T) {
	total := 0
	for _, r := range renderings(t) {
		t.Run(r.name, func(t *testing.T) {
			for _, it := range r.objects {
				decode(t, it)
				total++
			}
		})
	}
	if total < 300 {
		t.Errorf("only %d objects were found", total)
	}
}

// scaled returns what a scaler scales, and its limits; ok is false if an object is no scaler.
func scaled(o any) (ref autoscalingv2.CrossVersionObjectReference, least, most int32, metrics int, ok bool) {
	switch s := o.(type) {
	case *autoscalingv2.HorizontalPodAutoscaler:
		return s.Spec.ScaleTargetRef, *s.Spec.MinReplicas, s.Spec.MaxReplicas, len(s.Spec.Metrics), true
	case *keda.ScaledObject:
		t := s.Spec.ScaleTargetRef
		ref = autoscalingv2.CrossVersionObjectReference{APIVersion: t.APIVersion, Kind: t.Kind, Name: t.Name}
		return ref, *s.Spec.MinReplicaCount, *s.Spec.MaxReplicaCount, len(s.Spec.Triggers), true
	}
	return ref, 0, 0, 0, false
}

// TestScalersHaveTheirTargets checks that every scaler has the Deployment that it scales, which leaves its replicas to it, with a
// request for every resource whose utilization counts.
func TestScalersHaveTheirTargets(t *testing.T) {
	for _, r := range renderings(t) {
		t.Run(r.name, func(t *testing.T) {
			deployments := map[string]*appsv1.Deployment{}
			for _, it := range r.objects {
				if d, ok := decode(t, it).(*appsv1.Deployment); ok {
					deployments[d.Namespace+"/"+d.Name] = d
				}
			}
			for _, it := range r.objects {
				ref, least, most, metrics, ok := scaled(decode(t, it))
				if !ok || r.others[ref.Kind+" "+model.Ref{Namespace: it.Ref().Namespace, Name: ref.Name}.String()] {
					continue
				}
				d := deployments[it.Ref().Namespace+"/"+ref.Name]
				if d == nil || ref.Kind != "Deployment" || ref.APIVersion != "apps/v1" {
					t.Errorf("%s scales %v, which is not rendered", it.Place.Object, ref)
					continue
				}
				if d.Spec.Replicas != nil {
					t.Errorf("Deployment %s states replicas", d.Name)
				}
				if least > most || metrics == 0 || least < 1 && it.Place.Object.Kind != keda.ScaledObjectKind {
					t.Errorf("%s is from %d to %d on %d metrics", it.Place.Object, least, most, metrics)
				}
				for _, c := range d.Spec.Template.Spec.Containers {
					for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
						request, limit := c.Resources.Requests[name], c.Resources.Limits[name]
						if request.Sign() <= 0 || request.Cmp(limit) > 0 {
							t.Errorf("container %s requests %s of %s, limited to %s", c.Name, request.String(), name, limit.String())
						}
					}
				}
			}
		})
	}
}

func TestPodsAreSafeByDefault(t *testing.T) {
	for _, r := range renderings(t) {
		t.Run(r.name, func(t *testing.T) {
			for _, it := range r.objects {
				d, ok := decode(t, it).(*appsv1.Deployment)
				if !ok {
					continue
				}
				gateway := strings.HasPrefix(it.Annotations["krm-fn.dev/source"], "API/")
				if r.name == "backend-annotations" && d.Name == "none" || r.name == "backend-opts-out" || r.name == "operator-settings" {
					continue // It opts out of everything.
				}
				pod := d.Spec.Template.Spec
				if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
					t.Errorf("%s mounts a service account token", it.Place.Object)
				}
				if s := pod.SecurityContext; s == nil || s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
					t.Errorf("%s has no seccomp profile", it.Place.Object)
				}
				for i, c := range pod.Containers {
					at := fmt.Sprintf("%s: container %s", it.Place.Object, c.Name)
					for _, fault := range faults(c, gateway && i == 0) {
						t.Errorf("%s %s", at, fault)
					}
				}
			}
		})
	}
}

// faults are what is not safe about a container.
func faults(c corev1.Container, gateway bool) []string {
	var out []string
	s := c.SecurityContext
	if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation {
		return []string{"may gain privileges"}
	}
	if s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		return []string{"keeps capabilities"}
	}
	low := slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.ContainerPort < 1024 })
	if low != slices.Equal(s.Capabilities.Add, []corev1.Capability{"NET_BIND_SERVICE"}) || !low && len(s.Capabilities.Add) > 0 {
		out = append(out, fmt.Sprintf("has the capabilities %v", s.Capabilities.Add))
	}
	if gateway && (s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.RunAsUser == nil || *s.RunAsUser == 0) {
		out = append(out, "may run as root")
	}
	if gateway && (c.ReadinessProbe == nil || c.LivenessProbe == nil) {
		out = append(out, "has no probes")
	}
	return out
}

// TestRenderedObjectsPassTheSchemas checks everything that is rendered by the OpenAPI schemas of the Kubernetes that it
// is rendered for, with those of prometheus-operator and of the Gateway API.
func TestRenderedObjectsPassTheSchemas(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the schema checker")
	}
	v := schema.New(t)
	checked := 0
	for _, r := range renderings(t) {
		var text strings.Builder
		for _, it := range r.objects {
			text.WriteString("---\n")
			text.Write(it.Text())
		}
		if r.version() == "" {
			continue
		}
		violations, err := v.Check(r.version(), []byte(text.String()))
		if err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		checked++
		for _, violation := range violations {
			t.Errorf("%s: %s", r.name, violation)
		}
	}
	if checked < 60 {
		t.Errorf("only %d renderings were checked", checked)
	}
}

// TestGoldenFoldersHaveNoMore checks that no expected file is left over from what a case was before.
func TestGoldenFoldersHaveNoMore(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(testdata, "*", "messages.txt"))
	if err != nil || len(folders) < 100 {
		t.Fatalf("%d cases: %v", len(folders), err)
	}
	for _, file := range folders {
		dir := filepath.Dir(file)
		stale := "output.yaml"
		if strings.HasSuffix(read(t, file), "exit code 0\n") {
			stale = "results.yaml"
		}
		if _, err := os.Stat(filepath.Join(dir, stale)); err == nil {
			t.Errorf("%s is of another outcome than %s; remove it", filepath.Join(dir, stale), file)
		}
		if input := read(t, filepath.Join(dir, "input.yaml")); !strings.HasPrefix(input, "# ") {
			t.Errorf("%s does not begin with a comment that says what is to be seen", filepath.Join(dir, "input.yaml"))
		}
	}
}
