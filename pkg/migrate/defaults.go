package migrate

import (
	"reflect"
	"strings"
)

// field is a default value of the API server. In its path, * stands for every element of a list.
type field struct {
	path  string
	value any
}

// podDefaults are the defaults of a pod template (pkg/apis/core/v1/defaults.go of Kubernetes).
var podDefaults = []field{
	{"restartPolicy", "Always"},
	{"dnsPolicy", "ClusterFirst"},
	{"schedulerName", "default-scheduler"},
	{"terminationGracePeriodSeconds", 30.0},
	{"securityContext", object{}},
	{"volumes.*.configMap.defaultMode", 420.0},
	{"volumes.*.secret.defaultMode", 420.0},
	{"volumes.*.projected.defaultMode", 420.0},
}

// containerDefaults are the defaults of a container.
var containerDefaults = []field{
	{"terminationMessagePath", "/dev/termination-log"},
	{"terminationMessagePolicy", "File"},
	{"resources", object{}},
	{"ports.*.protocol", "TCP"},
	{"env.*.valueFrom.fieldRef.apiVersion", "v1"},
}

// probeDefaults are the defaults of a probe.
var probeDefaults = []field{
	{"httpGet.scheme", "HTTP"},
	{"timeoutSeconds", 1.0},
	{"periodSeconds", 10.0},
	{"successThreshold", 1.0},
	{"failureThreshold", 3.0},
}

// deploymentDefaults are the defaults of a Deployment (pkg/apis/apps/v1/defaults.go of Kubernetes).
var deploymentDefaults = []field{
	{"spec.progressDeadlineSeconds", 600.0},
	{"spec.revisionHistoryLimit", 10.0},
	{"spec.strategy.type", "RollingUpdate"},
	{"spec.strategy.rollingUpdate.maxSurge", "25%"},
	{"spec.strategy.rollingUpdate.maxUnavailable", "25%"},
}

// serviceDefaults are the defaults of a Service (pkg/apis/core/v1/defaults.go of Kubernetes).
var serviceDefaults = []field{
	{"spec.type", "ClusterIP"},
	{"spec.sessionAffinity", "None"},
	{"spec.internalTrafficPolicy", "Cluster"},
	{"spec.externalTrafficPolicy", "Cluster"},
	{"spec.allocateLoadBalancerNodePorts", true},
	{"spec.ports.*.protocol", "TCP"},
}

// scalerDefaults are the defaults of a HorizontalPodAutoscaler (pkg/apis/autoscaling/v2/defaults.go of Kubernetes).
var scalerDefaults = []field{
	{"spec.minReplicas", 1.0},
	{"spec.behavior.scaleUp.stabilizationWindowSeconds", 0.0},
	{"spec.behavior.scaleUp.selectPolicy", "Max"},
	{"spec.behavior.scaleUp.policies", []any{
		object{"type": "Pods", "value": 4.0, "periodSeconds": 15.0},
		object{"type": "Percent", "value": 100.0, "periodSeconds": 15.0},
	}},
	{"spec.behavior.scaleDown.selectPolicy", "Max"},
	{"spec.behavior.scaleDown.policies", []any{object{"type": "Percent", "value": 100.0, "periodSeconds": 15.0}}},
}

// dropAllocated removes the values that the API server or a controller allocates for a Service or a Deployment. Rendered
// manifests do not contain them, and kubectl apply keeps them. A clusterIP of None is a choice of the user.
func dropAllocated(o object, k key) {
	spec, _ := o["spec"].(object)
	switch k.kind {
	case "Deployment":
		delete(spec, "replicas")
	case "Service":
		if textAt(spec, "clusterIP") != "None" {
			delete(spec, "clusterIP")
		}
		for _, name := range []string{"clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"} {
			delete(spec, name)
		}
		for _, p := range listAt(spec, "ports") {
			if p, ok := p.(object); ok {
				delete(p, "nodePort")
			}
		}
	}
}

// stripped returns a copy of o without the defaults and allocated values that the API server adds. Two objects with the same
// meaning are then equal, regardless of whether they passed through an API server.
func stripped(o object, k key) object {
	o, _ = clone(o).(object)
	dropAllocated(o, k)
	switch k.kind {
	case "Deployment":
		strip(o, deploymentDefaults)
		pod := get(o, "spec", "template", "spec")
		strip(pod, podDefaults)
		for _, name := range []string{"containers", "initContainers"} {
			for _, c := range listAt(pod, name) {
				stripContainer(c)
			}
		}
		if pod, ok := pod.(object); ok {
			delete(pod, "serviceAccount") // The old name of serviceAccountName; the server sets both.
		}
	case "Service":
		strip(o, serviceDefaults)
		for _, p := range listAt(o, "spec", "ports") {
			if p, ok := p.(object); ok && reflect.DeepEqual(p["targetPort"], p["port"]) {
				delete(p, "targetPort")
			}
		}
	case "HorizontalPodAutoscaler":
		strip(o, scalerDefaults)
	}
	return o
}

func stripContainer(v any) {
	c, ok := v.(object)
	if !ok {
		return
	}
	strip(c, containerDefaults)
	for _, name := range []string{"readinessProbe", "livenessProbe", "startupProbe"} {
		strip(c[name], probeDefaults)
	}
	if textAt(c, "imagePullPolicy") == pullPolicy(textAt(c, "image")) {
		delete(c, "imagePullPolicy")
	}
}

// pullPolicy returns the default pull policy of an image, which depends on its tag (SetDefaults_Container).
func pullPolicy(image string) string {
	image, _, digest := strings.Cut(image, "@")
	_, tag, tagged := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	if tag == "latest" || !tagged && !digest {
		return "Always"
	}
	return "IfNotPresent"
}

// strip removes fields with default values, and mappings that are then empty.
func strip(v any, defaults []field) {
	for _, f := range defaults {
		stripField(v, strings.Split(f.path, "."), f.value)
	}
}

func stripField(v any, path []string, value any) {
	if path[0] == "*" {
		l, _ := v.([]any)
		for _, e := range l {
			stripField(e, path[1:], value)
		}
		return
	}
	o, ok := v.(object)
	if !ok || o[path[0]] == nil {
		return
	}
	if len(path) == 1 {
		if reflect.DeepEqual(o[path[0]], value) {
			delete(o, path[0])
		}
		return
	}
	stripField(o[path[0]], path[1:], value)
	if child, ok := o[path[0]].(object); ok && len(child) == 0 {
		delete(o, path[0])
	}
}
