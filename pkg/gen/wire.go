package gen

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// rawNode is a part of an input that is not decoded.
type rawNode = *yaml.Node

// customResource is an API or TargetEndpoint.
type customResource[S any] struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"`
	Metadata   rawNode `json:"metadata"`
	Spec       S       `json:"spec"`
	Status     rawNode `json:"status"`
}

// apiSpec is the spec of a wso2.com/v1alpha1 API (k8s-api-operator v1.2, deploy/crds/wso2.com_apis_crd.yaml).
type apiSpec struct {
	Mode                 string        `json:"mode"`
	Replicas             *int32        `json:"replicas"`
	Definition           apiDefinition `json:"definition"`
	Image                string        `json:"image"`
	Version              string        `json:"version"`
	EnvironmentVariables []string      `json:"environmentVariables"`
	IngressHostname      string        `json:"ingressHostname"`
	UpdateTimeStamp      string        `json:"updateTimeStamp"`
	// These controlled what the operator did in the cluster.
	Override    rawNode `json:"override"`
	APIEndPoint rawNode `json:"apiEndPoint"`
}

type apiDefinition struct {
	SwaggerConfigmapNames []string `json:"swaggerConfigmapNames"`
	Type                  rawNode  `json:"type"`
	Interceptors          rawNode  `json:"interceptors"`
	EndpointCertificates  rawNode  `json:"endpointCertificates"`
}

// reportIgnored reports the fields of the API that have no effect.
func (s apiSpec) reportIgnored(spec model.Place, ps *model.Problems) {
	for _, f := range []struct {
		path string
		node rawNode
	}{
		{"override", s.Override},
		{"apiEndPoint", s.APIEndPoint},
		{"definition.type", s.Definition.Type},
		{"definition.interceptors", s.Definition.Interceptors},
		{"definition.endpointCertificates", s.Definition.EndpointCertificates},
	} {
		if f.node == nil {
			continue
		}
		at := spec
		for name := range strings.SplitSeq(f.path, ".") {
			at = at.Child(name)
		}
		ps.Infof(model.InputIgnored, at, "has no effect: it controlled what the operator did in the cluster")
	}
}

// targetEndpointSpec is the spec of a wso2.com/v1alpha1 TargetEndpoint (k8s-api-operator v1.2,
// deploy/crds/wso2.com_targetendpoints_crd.yaml).
type targetEndpointSpec struct {
	ApplicationProtocol string         `json:"applicationProtocol"`
	Ports               []endpointPort `json:"ports"`
	Deploy              endpointDeploy `json:"deploy"`
	Mode                string         `json:"mode"`
}

type endpointPort struct {
	Name       string `json:"name"`
	Port       int32  `json:"port"`
	TargetPort int32  `json:"targetPort"`
}

type endpointDeploy struct {
	Name        string `json:"name"`
	DockerImage string `json:"dockerImage"`
	MinReplicas *int32 `json:"minReplicas"`
	MaxReplicas *int32 `json:"maxReplicas"`
	RequestCPU  string `json:"requestCPU"`
	ReqMemory   string `json:"reqMemory"`
	CPULimit    string `json:"cpuLimit"`
	MemoryLimit string `json:"memoryLimit"`
}

// configMapObject is a v1 ConfigMap.
type configMapObject struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   rawNode           `json:"metadata"`
	Data       map[string]string `json:"data"`
	BinaryData map[string]string `json:"binaryData"`
	Immutable  *bool             `json:"immutable"`
}

// maxConfigMap is the maximum size of a ConfigMap in bytes (MaxSecretSize, k8s.io/api/core/v1/types.go, which ValidateConfigMap
// applies to the sum of the values).
const maxConfigMap = 1 << 20

// configMapData reads the data of a ConfigMap.
func configMapData(it *krm.Item) (map[string]string, model.Problems) {
	var cm configMapObject
	ps := it.Decode(&cm)
	size := 0
	for _, m := range []map[string]string{cm.Data, cm.BinaryData} {
		for k, v := range m {
			size += len(k) + len(v)
		}
	}
	if size > maxConfigMap {
		ps.Errorf(model.InputLimit, it.Place.Child("data"),
			"has %d bytes; Kubernetes rejects a ConfigMap above %d", size, maxConfigMap)
	}
	if len(cm.BinaryData) > 0 {
		ps.Errorf(model.InputType, it.Place.Child("binaryData"), "is not read; put the text under data")
	}
	return cm.Data, ps
}

// unknownKeys reports the unknown keys of a ConfigMap. It is an error if one resembles a known key.
func unknownKeys(data map[string]string, known []string, at model.Place, ps *model.Problems) {
	for k := range data {
		if slices.Contains(known, k) {
			continue
		}
		suggestion := krm.Suggest(k, known)
		if _, taken := data[suggestion]; suggestion != "" && !taken {
			ps.Add(model.Problem{
				ID: model.InputField, Severity: model.Error, Place: at.Child(k), Suggestion: suggestion,
				Message: "unknown key " + strconv.Quote(k) + krm.DidYouMean(k, known),
			})
			continue
		}
		ps.Warnf(model.InputField, at.Child(k), "unknown key %q has no effect; known keys: %s", k, strings.Join(known, ", "))
	}
}
