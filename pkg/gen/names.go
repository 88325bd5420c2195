package gen

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Names that users write or see. Everything that is generated gets its name here.
const (
	group = "krm-fn.dev"

	hpaConfigsAnnotation   = group + "/hpa-configs"
	securityAnnotation     = group + "/security"
	runAsNonRootAnnotation = group + "/run-as-non-root"
	readOnlyRootAnnotation = group + "/read-only-root-filesystem"
	readinessAnnotation    = group + "/readiness-probe"
	metricsAnnotation      = group + "/metrics"
	metricsPortAnnotation  = group + "/metrics-port"
	metricsPathAnnotation  = group + "/metrics-path"
	metricsSchemeAnnotaton = group + "/metrics-scheme"
	metricsTLSAnnotation   = group + "/metrics-tls"

	metricsServerNameAnnotation = group + "/metrics-server-name"

	// SelectorAnnotation states the selector of a Deployment that another program made.
	SelectorAnnotation = group + "/selector"
	// ownerAnnotation names the function configuration that rendered an object.
	ownerAnnotation = group + "/owner"
	// sourceAnnotation names the input that an object was rendered from.
	sourceAnnotation = group + "/source"
	// rulesAnnotation marks a ConfigMap that holds rules for the adapter.
	rulesAnnotation = group + "/adapter-rules"
	// checksumAnnotation makes the pods of the adapter new when their rules change.
	checksumAnnotation = group + "/adapter-rules-checksum"
	// renderedAnnotation marks the inputs of a finished run inside a kustomize build, with a digest of them.
	renderedAnnotation = group + "/rendered"

	appLabel = "app"
	// workloadLabel keeps selectors apart whatever labels users add or overwrite; metricsLabel marks the Service that
	// Prometheus reads.
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

	// namespaceLabel and podLabel are the labels that prometheus-operator gives all series of pods.
	namespaceLabel = "namespace"
	podLabel       = "pod"

	serviceMonitorKind = "ServiceMonitor"
	podMonitorKind     = "PodMonitor"
)

// annotations are those that users may set on inputs, and those that this program sets on them.
var annotations = []string{
	hpaConfigsAnnotation, SelectorAnnotation, securityAnnotation, runAsNonRootAnnotation, readOnlyRootAnnotation,
	readinessAnnotation, metricsAnnotation, metricsPortAnnotation, metricsPathAnnotation, metricsSchemeAnnotaton,
	metricsTLSAnnotation, metricsServerNameAnnotation, rulesAnnotation, renderedAnnotation,
}

// metricsService names the Service that only Prometheus uses.
func metricsService(api string) string { return api + "-metrics" }

// ingressName names the Ingress of an API.
func ingressName(prefix, api string) string { return prefix + "-" + api }

// volumeName names the volume of a mounted ConfigMap or Secret, and takes the name.
func volumeName(kind, name string, taken map[string]bool) string {
	prefix := "cm-"
	if kind == "Secret" {
		prefix = "secret-"
	}
	return unique(prefix+strings.ReplaceAll(name, ".", "-"), validation.DNS1123LabelMaxLength, taken)
}

// uniquePort gives name, or a variant that taken does not hold yet, and takes it.
func uniquePort(name string, taken map[string]bool) string {
	const most = 15 // IANA service names, which port names are, have 15 characters at most.
	return unique(name, most, taken)
}

// unique gives name, cut to most characters, or a variant of it that taken does not hold yet, and takes it.
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

// checkName reports a name that cannot be that of a Service, and with it of everything else that is rendered for it.
func checkName(name string, at model.Place, ps *model.Problems) {
	if name == "" {
		ps.Errorf(model.InputRequired, at, "is missing; write a name")
		return
	}
	if len(validation.IsDNS1035Label(name)) > 0 {
		ps.Valuef(model.InputName, at, name,
			"%q cannot name a Service; write at most 63 lower-case letters, digits and dashes, beginning with a letter", name)
	}
}

// checkNamespace reports what cannot name a namespace. No namespace is fine: the orchestrator or kubectl gives one.
func checkNamespace(name string, at model.Place, ps *model.Problems) {
	if name != "" && len(validation.IsDNS1123Label(name)) > 0 {
		ps.Valuef(model.InputName, at, name,
			"%q cannot name a namespace; write at most 63 lower-case letters, digits and dashes", name)
	}
}
