package model

// ID names a kind of problem. IDs are stable: users search for them and filter by them.
type ID string

// The IDs of all problems. The texts about them are in Registry.
const (
	InputSyntax    ID = "input/syntax"
	InputEncoding  ID = "input/encoding"
	InputLimit     ID = "input/limit"
	InputDuplicate ID = "input/duplicate"
	InputField     ID = "input/field"
	InputType      ID = "input/type"
	InputRequired  ID = "input/required"
	InputValue     ID = "input/value"
	InputName      ID = "input/name"
	InputIgnored   ID = "input/ignored"
	InputReference ID = "input/reference"
	InputRendered  ID = "input/rendered"
	InputFile      ID = "input/file"

	SwaggerVersion   ID = "swagger/version"
	SwaggerSpec      ID = "swagger/spec"
	SwaggerExtension ID = "swagger/extension"
	SwaggerEndpoint  ID = "swagger/endpoint"
	SwaggerBasePath  ID = "swagger/base-path"
	SwaggerMode      ID = "swagger/mode"

	BackendMode      ID = "backend/mode"
	BackendPort      ID = "backend/port"
	BackendResources ID = "backend/resources"
	BackendImage     ID = "backend/image"

	GatewayImage  ID = "gateway/image"
	GatewayConfig ID = "gateway/config"
	// GatewaySecurity is about who can call an API.
	GatewaySecurity ID = "gateway/security"

	HPAConfig   ID = "hpa/config"
	HPABehavior ID = "hpa/behavior"
	HPAMetadata ID = "hpa/metadata"
	HPATarget   ID = "hpa/target"
	HPABounds   ID = "hpa/bounds"
	HPAMetric   ID = "hpa/metric"
	HPAObject   ID = "hpa/object"
	HPARequest  ID = "hpa/request"
	HPAReplicas ID = "hpa/replicas"
	HPAOverlap  ID = "hpa/overlap"
	HPAVersion  ID = "hpa/version"

	KEDATarget   ID = "keda/target"
	KEDABounds   ID = "keda/bounds"
	KEDAName     ID = "keda/name"
	KEDATrigger  ID = "keda/trigger"
	KEDAQuery    ID = "keda/query"
	KEDAServer   ID = "keda/server"
	KEDAAuth     ID = "keda/auth"
	KEDAFormula  ID = "keda/formula"
	KEDAFallback ID = "keda/fallback"
	KEDAPaused   ID = "keda/paused"
	KEDAConflict ID = "keda/conflict"
	KEDAJob      ID = "keda/job"

	RuleMissing   ID = "rule/missing"
	RuleAmbiguous ID = "rule/ambiguous"
	RuleLabels    ID = "rule/labels"
	RuleQuery     ID = "rule/query"
	RuleWindow    ID = "rule/window"

	APIService ID = "api/service"
	APIAccess  ID = "api/access"

	ScrapeNone       ID = "scrape/none"
	ScrapePort       ID = "scrape/port"
	ScrapeUnselected ID = "scrape/unselected"
	ScrapeAccess     ID = "scrape/access"
	ScrapeTwice      ID = "scrape/twice"
	ScrapeSeries     ID = "scrape/series"

	AdapterRule   ID = "adapter/rule"
	AdapterConfig ID = "adapter/config"

	OutputUnsupported ID = "output/unsupported"
	OutputConflict    ID = "output/conflict"

	MigrateDump    ID = "migrate/dump"
	MigrateInput   ID = "migrate/input"
	MigrateTraffic ID = "migrate/traffic"
	MigratePods    ID = "migrate/pods"
	MigrateImage   ID = "migrate/image"
	MigrateScaler  ID = "migrate/scaler"
	MigrateLeft    ID = "migrate/left"
	MigrateKEDA    ID = "migrate/keda"

	SimulateMetric  ID = "simulate/metric"
	SimulateLoad    ID = "simulate/load"
	SimulateAssumed ID = "simulate/assumed"
	SimulateExpect  ID = "simulate/expect"
)

// Entry describes one ID.
type Entry struct {
	ID ID
	// Severities are the severities that the problem can have, errors first.
	Severities []Severity
	// What says in a sentence what is wrong, and Fix what to do.
	What, Fix string
}

// Registry lists every ID in the order of the documentation. docs/problems.md, docs/checks.md, and the rules of SARIF reports are
// generated from it.
var Registry = []Entry{
	{InputSyntax, []Severity{Error}, "A text that must be YAML or JSON cannot be parsed.", "Fix the text at the line that the message names."},
	{InputEncoding, []Severity{Error}, "A text is not UTF-8 or contains a NUL byte.", "Save the file as UTF-8 text."},
	{InputLimit, []Severity{Error, Warning, Info}, "A text is larger, is nested deeper, or expands to more through aliases than any real input does, or there are more problems than can be shown.", "Split or simplify the file, or fix the problems that are shown."},
	{InputDuplicate, []Severity{Error, Warning, Info}, "A key appears more than once in a mapping, or an object more than once in the list.", "Remove one of them."},
	{InputField, []Severity{Error, Warning}, "A field or key is unknown.", "Correct its spelling, or remove it."},
	{InputType, []Severity{Error}, "A value has the wrong type, such as a number instead of a string.", "Use a value of the type that the message names."},
	{InputRequired, []Severity{Error}, "A required field is missing or empty.", "Add it."},
	{InputValue, []Severity{Error, Warning, Info}, "A value is outside the range that its field allows.", "Use one of the values that the message names."},
	{InputName, []Severity{Error}, "Kubernetes does not accept a name that is given or derived.", "Use a DNS label: at most 63 lowercase letters, digits, and hyphens, starting with a letter."},
	{InputIgnored, []Severity{Warning, Info}, "A field, an annotation, or an object has no effect, for example because it only controlled what the operator did in the cluster.", "Remove it, or do its work where you build images."},
	{InputReference, []Severity{Error, Warning, Info}, "A reference names an object that is not in the input.", "Add the object, or correct the name or namespace."},
	{InputRendered, []Severity{Error}, "An input changed after an inner kustomization rendered it, so the change has no effect.", "Move the transformer to the kustomization that changes the input."},
	{InputFile, []Severity{Error, Info}, "A file cannot be read, is outside the package, or contains no Kubernetes resource.", "Correct the path, or leave the file out."},
	{SwaggerVersion, []Severity{Error}, "The document is not OpenAPI 3.0, 3.1, or 3.2, or Swagger 2.0.", "Set openapi: 3.0.x, openapi: 3.1.x, or swagger: \"2.0\"."},
	{SwaggerSpec, []Severity{Error, Warning, Info}, "The document violates its specification, contains a broken reference, or is too large to validate.", "Fix the document at the place that the message names."},
	{SwaggerExtension, []Severity{Error, Warning}, "An x-wso2 extension has an unknown name or a wrong shape.", "Correct the name or the shape."},
	{SwaggerEndpoint, []Severity{Error, Warning}, "An endpoint is not an absolute URL or the name of a TargetEndpoint, or there is no endpoint.", "Use a URL with its scheme, or NAME or NAME.NAMESPACE of a TargetEndpoint."},
	{SwaggerBasePath, []Severity{Error, Warning}, "The base path of the API is missing, malformed, or used twice.", "Set x-wso2-basePath to a path that starts with a slash."},
	{SwaggerMode, []Severity{Error, Warning}, "The deployment mode is unknown, or differs between two places.", "Set it once, in the API."},
	{BackendMode, []Severity{Error, Warning}, "One API uses a backend as a sidecar and another one uses it as a private jet.", "Use one mode, or two TargetEndpoints."},
	{BackendPort, []Severity{Error, Info}, "A port of a backend is malformed, used twice, or taken by the gateway.", "Give every port its own name and number."},
	{BackendResources, []Severity{Error}, "A resource request is above its limit, or a quantity is malformed.", "Raise the limit or lower the request."},
	{BackendImage, []Severity{Error, Warning, Info}, "A backend has no image, so nothing can run it, or the tag of its image is latest or missing.", "Set spec.deploy.dockerImage, with a tag or digest, or run the backend yourself."},
	{GatewayImage, []Severity{Error, Warning}, "The gateway image is not set and cannot be derived, or its tag is latest or missing.", "Set spec.image of the API, with a tag or digest, or repositoryName in docker-registry-config."},
	{GatewayConfig, []Severity{Error, Warning, Info}, "A gateway setting cannot be used as written.", "Correct it as the message says."},
	{GatewaySecurity, []Severity{Error, Warning}, "The gateway cannot verify the credentials that an API requires, or an API requires none.", "Add a Security with the issuer and the certificate, or the credentials, that the message names."},
	{HPAConfig, []Severity{Error, Warning, Info}, "hpa-configs cannot be used as written, or is missing and defaults apply.", "Correct the key that the message names."},
	{HPABehavior, []Severity{Error}, "Kubernetes rejects a scaling behavior.", "Correct the field that the message names."},
	{HPAMetadata, []Severity{Error}, "The API server rejects the metadata of a HorizontalPodAutoscaler.", "Correct the field that the message names."},
	{HPATarget, []Severity{Error, Warning, Info}, "scaleTargetRef names no workload in the input.", "Set the apiVersion, kind, and name of a Deployment, StatefulSet, or ReplicaSet in the same namespace."},
	{HPABounds, []Severity{Error, Warning, Info}, "minReplicas or maxReplicas is not valid, or minReplicas is above maxReplicas.", "Set minReplicas to at least 1, and maxReplicas to at least minReplicas."},
	{HPAMetric, []Severity{Error, Warning}, "The API server rejects a metric, or nothing can serve it.", "Set the source that the type names, and the target that the source requires."},
	{HPAObject, []Severity{Error, Warning, Info}, "An Object metric describes an object that is not in the input, or that is in another namespace.", "Set the apiVersion, kind, and name of an object in the namespace of the HorizontalPodAutoscaler."},
	{HPARequest, []Severity{Error, Warning, Info}, "A container does not request a resource whose utilization a HorizontalPodAutoscaler uses.", "Set resources.requests for every container of the pod, or use an AverageValue target."},
	{HPAReplicas, []Severity{Error, Warning}, "spec.replicas is set on a workload that a HorizontalPodAutoscaler scales.", "Remove spec.replicas. For a workload that is already in the cluster, first remove it from the managed fields, as the Kubernetes documentation on migrating to autoscaling describes. Otherwise, the workload briefly drops to one pod."},
	{HPAOverlap, []Severity{Error, Warning}, "A HorizontalPodAutoscaler shares its pods with another HorizontalPodAutoscaler or workload.", "Give every workload its own label, in both its selector and its pod template. Scale it by one HorizontalPodAutoscaler with several metrics."},
	{HPAVersion, []Severity{Error, Warning}, "The target version of Kubernetes does not serve an API version or field.", "Use a version that the cluster serves: autoscaling/v2, starting with Kubernetes 1.23."},
	{KEDATarget, []Severity{Error}, "KEDA does not find what scaleTargetRef of a ScaledObject names.", "Set apiVersion and kind together, and a container of the pods."},
	{KEDABounds, []Severity{Error, Warning, Info}, "The replica counts or times of a ScaledObject or ScaledJob are not valid, or do not have the intended effect.", "Set minReplicaCount and maxReplicaCount. Scale to 0 only if a trigger works without pods."},
	{KEDAName, []Severity{Error}, "The name of a ScaledObject, or of the HorizontalPodAutoscaler that KEDA creates for it, is not valid or too long.", "Use a name of at most 54 characters, or set advanced.horizontalPodAutoscalerConfig.name to one of at most 63."},
	{KEDATrigger, []Severity{Error, Warning, Info}, "KEDA rejects a trigger, or ignores a part of it.", "Correct the field or the key of metadata that the message names."},
	{KEDAQuery, []Severity{Error, Warning}, "The query of a prometheus trigger returns no number, or another one than intended.", "Aggregate to exactly one element, such as sum(rate(SERIES{MATCHERS}[2m])), with matchers that select the pods of the workload."},
	{KEDAServer, []Severity{Error, Warning}, "serverAddress of a prometheus trigger does not lead to a Prometheus.", "Use the address of a Service, with its namespace and port, such as http://prometheus.monitoring:9090."},
	{KEDAAuth, []Severity{Error, Warning}, "A trigger does not get the credentials that it requires, or does not send them.", "Correct authenticationRef, authModes, or the parameters of the TriggerAuthentication."},
	{KEDAFormula, []Severity{Error, Warning}, "The scaling modifiers of a ScaledObject are not valid, or give no usable number.", "Use the names of triggers in formula, and a target above 0."},
	{KEDAFallback, []Severity{Error, Warning}, "The fallback of a ScaledObject is not valid, or never applies.", "Set failureThreshold and replicas, and use a trigger other than cpu and memory."},
	{KEDAPaused, []Severity{Error, Warning, Info}, "An annotation pauses a ScaledObject or ScaledJob, or has a value that KEDA does not expect.", "Remove the annotation when the object should scale again."},
	{KEDAConflict, []Severity{Error, Warning}, "A ScaledObject shares its workload or its HorizontalPodAutoscaler with another scaler.", "Use one ScaledObject with all triggers. To replace a HorizontalPodAutoscaler, name it in advanced.horizontalPodAutoscalerConfig.name, and set the annotation scaledobject.keda.sh/transfer-hpa-ownership to \"true\"."},
	{KEDAJob, []Severity{Error, Warning, Info}, "A ScaledJob is not valid, or a part of it has no effect.", "Correct the field that the message names."},
	{RuleMissing, []Severity{Error, Warning}, "No adapter rule serves a metric that a HorizontalPodAutoscaler requests.", "Add a rule whose series and name serve the metric, or correct the name in the HorizontalPodAutoscaler. Rules under rules serve Pods and Object metrics; rules under externalRules serve External metrics."},
	{RuleAmbiguous, []Severity{Error, Warning}, "Two rules of one configuration serve the same metric.", "Give one of the rules a different name.as, or separate the series with seriesQuery or seriesFilters."},
	{RuleLabels, []Severity{Error, Warning}, "A rule does not specify which series belong to which object.", "Map namespace and pod in resources.overrides to labels that the series have, and use sum(...{<<.LabelMatchers>>}) by (<<.GroupBy>>) in metricsQuery."},
	{RuleQuery, []Severity{Error, Warning}, "An adapter rule is invalid, or Prometheus rejects its query.", "Correct the field that the message names. Try seriesQuery, and the query in the message, in Prometheus itself."},
	{RuleWindow, []Severity{Error, Warning}, "The rate window of a rule contains too few samples.", "Make the window at least four times the scrape interval, or scrape more often."},
	{APIService, []Severity{Error, Warning}, "The APIService of a metrics API does not point to the adapter.", "Set spec.service to the Service of the adapter and to a port that targets the port of --secure-port."},
	{APIAccess, []Severity{Error, Warning}, "The adapter lacks permissions that it requires.", "Bind these roles to the ServiceAccount of the adapter: one that allows listing pods, the ClusterRole system:auth-delegator, and, in kube-system, the Role extension-apiserver-authentication-reader."},
	{ScrapeNone, []Severity{Error, Warning, Info}, "Nothing scrapes the pods whose metric a HorizontalPodAutoscaler reads.", "Make the labels and the namespaces of Service and monitor match, or add a ServiceMonitor or PodMonitor."},
	{ScrapePort, []Severity{Error, Warning}, "The port of a monitor matches no container port.", "Name the port of the Service, and use that name, not the number, in the monitor. Declare the container ports."},
	{ScrapeUnselected, []Severity{Error, Warning}, "No Prometheus object in the input selects the monitor.", "Give the monitor the label that the Prometheus object selects, or widen serviceMonitorSelector or serviceMonitorNamespaceSelector; {} selects everything."},
	{ScrapeAccess, []Severity{Error, Warning}, "Prometheus lacks permission to discover the targets of a monitor.", "Bind a ClusterRole, or a Role in that namespace, that allows list and watch of pods, services, and endpoints to the ServiceAccount of Prometheus."},
	{ScrapeTwice, []Severity{Error}, "Prometheus scrapes a port of the pods as two targets, and the query of the rule adds both.", "Make the monitor select only one of the Services, or remove one of the monitors."},
	{ScrapeSeries, []Severity{Error, Warning}, "A sample of the metrics page lacks the series, or a label, that the rule selects.", "Correct the name or the label in the rule, or make the workload expose it."},
	{AdapterRule, []Severity{Error, Warning}, "No adapter rule can be derived from a metric, or two rules serve the same metric in different ways.", "Add an override or your own rule, or make both rules equal."},
	{AdapterConfig, []Severity{Error, Warning, Info}, "The adapter rules cannot be read, or might not reach the adapter.", "Correct the rules, or the name of their ConfigMap, as the message says."},
	{OutputUnsupported, []Severity{Error, Warning}, "krm-fn does not render what the input requests.", "Use the alternative that the message names."},
	{OutputConflict, []Severity{Error}, "An object or file to write already exists and is not rendered by krm-fn, or is rendered twice.", "Rename or remove one of them."},
	{MigrateDump, []Severity{Error, Warning}, "A cluster dump lacks something that a migration requires, or contains something that it must not.", "Create a new dump with the command that the message shows."},
	{MigrateInput, []Severity{Warning, Info}, "An input differs from the object in the cluster, so that the running workloads keep running.", "No action needed."},
	{MigrateTraffic, []Severity{Error, Warning}, "A Service would temporarily not reach its pods, or not at the address or port that clients use.", "Do what the message says before you migrate."},
	{MigratePods, []Severity{Error, Warning}, "The new pods lack something that the running pods have, or that their image requires.", "Add it to the inputs, or make sure that the pods work without it."},
	{MigrateImage, []Severity{Warning}, "The pods run a different image from the one in the TargetEndpoint, because the operator never updates the Deployment of a backend.", "Make sure that the image works, or set the one that runs."},
	{MigrateScaler, []Severity{Warning}, "Two HorizontalPodAutoscalers scale the same workload and override each other.", "Delete one of them."},
	{MigrateLeft, []Severity{Warning}, "krm-fn does not render an object that the operator created.", "Delete it when nothing requires it anymore."},
	{MigrateKEDA, []Severity{Error, Warning}, "A HorizontalPodAutoscaler cannot become a ScaledObject that computes the same, or only with a query that is less exact.", "Do what the message says, or leave it with the adapter."},
	{SimulateMetric, []Severity{Error}, "The value of a metric does not follow from the load.", "Add a column with its name to the load, or the flag that the message names."},
	{SimulateLoad, []Severity{Error, Warning, Info}, "A part of the load has no effect, or is not clear.", "Correct the name of the column or of the scaler."},
	{SimulateAssumed, []Severity{Info}, "The input does not tell something that a simulation requires, so a default applies.", "Add the object that the message names, or ignore it."},
	{SimulateExpect, []Severity{Error}, "A simulation does not do what --expect requires.", "Change the scaler, as the advice of the simulation says, or the expectation."},
}
