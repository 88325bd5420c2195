package gen

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// gatewayKind is a program that runs as a gateway. Everything that only one of them has is in its row, and in the file of that row.
type gatewayKind struct {
	// container is the name of the container, and user the number of the user that the image runs as.
	container string
	user      int64
	// modes are those in which backends can be behind it.
	modes []model.Mode
	// http and https are the ports of an API unless apim-config states others; metrics is the one that serves metrics at metricsPath.
	http, https, metrics port
	// probe asks whether the program is ready and alive.
	probe corev1.ProbeHandler
	// profile has the formulas of the metrics that it serves.
	profile map[string]hpa.Formula
	// operations asks for the operations of OpenAPI documents, which takes time and memory.
	operations bool
	// build resolves the image and what only this kind has, such as a configuration that it makes of the documents, which becomes
	// own of the gateway. It may report what the gateway cannot do.
	build func(*gatewayBuilder)
	// volumes adds what every gateway of this kind mounts, and takes the names and paths.
	volumes func(*podBuilder)
	// adapt completes the Deployment, such as by a checksum of what is in own.
	adapt func(*gateway, *appsv1.Deployment)
	// outputs are the objects of an API, in the order of output.
	outputs []output
}

// gatewayKinds has a row for each kind of gateway. The first is the default.
var gatewayKinds = []*gatewayKind{&microGateway}
