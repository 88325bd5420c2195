package gen

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Names that users write or see. Everything that is generated gets its name in this file.
const (
	group = "krm-fn.dev"

	hpaConfigsAnnotation    = group + "/hpa-configs"
	securityAnnotation      = group + "/security"
	runAsNonRootAnnotation  = group + "/run-as-non-root"
	readOnlyRootAnnotation  = group + "/read-only-root-filesystem"
	readinessAnnotation     = group + "/readiness-probe"
	metricsAnnotation       = group + "/metrics"
	metricsPortAnnotation   = group + "/metrics-port"
	metricsPathAnnotation   = group + "/metrics-path"
	metricsSchemeAnnotation = group + "/metrics-scheme"
	metricsTLSAnnotation    = group + "/metrics-tls"

	metricsServerNameAnnotation = group + "/metrics-server-name"
	// metricsServiceAnnotation names the Service through which Prometheus scrapes a workload that krm-fn does not render.
	metricsServiceAnnotation = group + "/metrics-service"

	// chainAnnotation on a scaler asks for what its metrics need.
	chainAnnotation = group + "/chain"
	chainRendered   = "rendered"
	// adoptAnnotation says whether a TargetEndpoint without an image stands for the workload of its name.
	adoptAnnotation = group + "/adopt"

	// gatewayAnnotation chooses the gateway kind of an API, tlsSecretAnnotation its certificate, and maxBodyAnnotation the maximum
	// size of request bodies.
	gatewayAnnotation   = group + "/gateway"
	tlsSecretAnnotation = group + "/tls-secret"
	maxBodyAnnotation   = group + "/max-request-body"
	// tlsAnnotation says how the gateway verifies the certificate of a backend, which has the name in tlsNameAnnotation.
	tlsAnnotation     = group + "/tls"
	tlsNameAnnotation = group + "/tls-server-name"
	// publicKeyAnnotation names the public key for the tokens of a Security.
	publicKeyAnnotation = group + "/public-key"

	// PullPolicyAnnotation sets the imagePullPolicy of a container.
	PullPolicyAnnotation = group + "/image-pull-policy"
	// SelectorAnnotation sets the selector of a Deployment that another program created.
	SelectorAnnotation = group + "/selector"
	// ownerAnnotation names the function configuration that rendered an object.
	ownerAnnotation = group + "/owner"
	// sourceAnnotation names the input that an object was rendered from.
	sourceAnnotation = group + "/source"
	// rulesAnnotation marks a ConfigMap that contains adapter rules.
	rulesAnnotation = group + "/adapter-rules"
	// checksumAnnotation restarts the pods of the adapter when their rules change.
	checksumAnnotation = group + "/adapter-rules-checksum"
	// renderedAnnotation marks the inputs of a finished run inside a kustomize build with their digest.
	renderedAnnotation = group + "/rendered"

	appLabel = "app"
	// workloadLabel keeps selectors distinct, regardless of the labels that users add or overwrite; metricsLabel marks the
	// Service that Prometheus scrapes.
	workloadLabel  = group + "/workload"
	metricsLabel   = group + "/metrics"
	managedByLabel = "app.kubernetes.io/managed-by"
	managedBy      = "krm-fn"

	hpaConfigs        = "hpa-configs"
	controllerConfig  = "controller-config"
	apimConfig        = "apim-config"
	registryConfig    = "docker-registry-config"
	analyticsConfig   = "analytics-config"
	deploymentConfigs = "mgw-deployment-configs"
	ingressConfigs    = "ingress-configs"
	// systemNamespace is where the operator kept its configuration.
	systemNamespace = "wso2-system"

	httpsPortName   = "https"
	httpPortName    = "http"
	metricsPortName = "metrics"
	metricsPath     = "/metrics"

	adapterName      = "adapter-config"
	adapterNamespace = "custom-metrics"
	adapterKey       = "config.yaml"

	// namespaceLabel and podLabel are the labels that prometheus-operator adds to all series of pods.
	namespaceLabel = "namespace"
	podLabel       = "pod"

	serviceMonitorKind = "ServiceMonitor"
	podMonitorKind     = "PodMonitor"
)

// metricsService returns the name of the Service that only Prometheus uses.
func metricsService(api string) string { return api + "-metrics" }

// haproxyConfig returns the name of the ConfigMap with the configuration of a gateway.
func haproxyConfig(api string) string { return api + "-haproxy" }

// ingressName returns the name of the Ingress of an API.
func ingressName(prefix, api string) string { return prefix + "-" + api }

// volumeName returns the name of the volume for a ConfigMap or Secret, and adds it to taken.
func volumeName(kind, name string, taken map[string]bool) string {
	prefix := "cm-"
	if kind == "Secret" {
		prefix = "secret-"
	}
	return unique(prefix+strings.ReplaceAll(name, ".", "-"), validation.DNS1123LabelMaxLength, taken)
}

// uniquePort returns name, or a variant that is not in taken, and adds it to taken.
func uniquePort(name string, taken map[string]bool) string {
	const most = 15 // Port names are IANA service names, which have at most 15 characters.
	return unique(name, most, taken)
}

// unique returns name, cut to most characters, or a variant that is not in taken, and adds it to taken.
func unique(name string, most int, taken map[string]bool) string {
	name = strings.TrimRight(name[:min(len(name), most)], "-")
	free := name
	for i := 2; taken[free]; i++ {
		suffix := fmt.Sprintf("-%d", i)
		free = strings.TrimRight(name[:min(len(name), most-len(suffix))], "-") + suffix
	}
	taken[free] = true
	return free
}

// checkName reports a name that is not valid for a Service, and so for everything else that is rendered for it.
func checkName(name string, at model.Place, ps *model.Problems) {
	if name == "" {
		ps.Errorf(model.InputRequired, at, "is missing; set a name")
		return
	}
	if len(validation.IsDNS1035Label(name)) > 0 {
		ps.Valuef(model.InputName, at, name,
			"%q cannot name a Service; use at most 63 lowercase letters, digits, and dashes, beginning with a letter", name)
	}
}

// checkNamespace reports names that are not valid for a namespace. The namespace can be missing: the orchestrator or kubectl
// sets it.
func checkNamespace(name string, at model.Place, ps *model.Problems) {
	if name != "" && len(validation.IsDNS1123Label(name)) > 0 {
		ps.Valuef(model.InputName, at, name,
			"%q cannot name a namespace; use at most 63 lowercase letters, digits, and dashes", name)
	}
}
