package gen

import (
	"github.com/prometheus/prometheus/model/labels"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// gatewayKind is a kind of gateway. Everything that only one kind has is in its row, and in the file of that row.
type gatewayKind struct {
	// name is what users call it.
	name string
	// podless means that no pods are rendered, but only what configures a gateway that exists. Such a kind has only modes,
	// operations, ignores, build, and outputs.
	podless bool
	// container is the container name, and user the user ID that the image runs as.
	container string
	user      int64
	// modes are the modes in which it can call backends.
	modes []string
	// http and https are the ports of an API unless apim-config sets others; metrics is the port that serves metrics at
	// metricsPath.
	http, https, metrics port
	// readiness and liveness check whether the gateway is ready and alive.
	readiness, liveness corev1.ProbeHandler
	// profile contains the formulas of the metrics that it serves.
	profile map[string]hpa.Formula
	// metricsQuery are parameters of requests for metrics.
	metricsQuery map[string][]string
	// activity returns the matchers of the series that count the requests to a backend even while it has no pods, nil if there are
	// none. It is nil if this kind counts no such requests.
	activity func(*gateway, model.Ref) []*labels.Matcher
	// ignores has the kinds of the operator that it does not read, with the reason. They have no effect.
	ignores map[string]string
	// operations means that build uses the operations of OpenAPI documents, which take time and memory.
	operations bool
	// limitsBodies means that it can limit the size of request bodies.
	limitsBodies bool
	// build resolves the image and what only this kind has, such as a configuration that it generates from the documents. It
	// stores the latter in own, and can report what the gateway does not support.
	build func(*gatewayBuilder)
	// volumes adds the mounts of every gateway of this kind, and reserves their names and paths.
	volumes func(*podBuilder)
	// adapt completes the Deployment, for example with a checksum of own.
	adapt func(*gateway, *appsv1.Deployment)
	// outputs are the objects of an API, in the order of output.
	outputs []output
}

// gatewayKinds has a row for each gateway kind. To add a kind, define it in its own file, such as
// gateway_micro.go, and add it to this list.
var gatewayKinds = []*gatewayKind{&microGateway, &haproxyGateway, &gatewayAPI}
