package model

// ID names a kind of problem. IDs are stable: users search for them and filter by them.
type ID string

// The problems that reading and rendering can find. docs/problems.md is made from Registry.
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

	HPAConfig   ID = "hpa/config"
	HPAMetric   ID = "hpa/metric"
	HPABehavior ID = "hpa/behavior"
	HPABounds   ID = "hpa/bounds"

	AdapterRule   ID = "adapter/rule"
	AdapterConfig ID = "adapter/config"

	OutputUnsupported ID = "output/unsupported"
	OutputConflict    ID = "output/conflict"

	MigrateDump    ID = "migrate/dump"
	MigrateInput   ID = "migrate/input"
	MigrateTraffic ID = "migrate/traffic"
	MigrateImage   ID = "migrate/image"
	MigrateScaler  ID = "migrate/scaler"
	MigrateLeft    ID = "migrate/left"
)

// Entry documents one ID.
type Entry struct {
	ID ID
	// Severities are those that the problem can have.
	Severities []Severity
	// What is found, and how to mend it, in a sentence each.
	What, Mend string
}

// Registry lists every ID in the order of the documentation.
var Registry = []Entry{
	{InputSyntax, []Severity{Error}, "A text that should be YAML or JSON cannot be parsed.", "Mend the text at the line that the message names."},
	{InputEncoding, []Severity{Error}, "A text is not UTF-8 or holds a NUL byte.", "Save the file as UTF-8 text."},
	{InputLimit, []Severity{Error}, "A text is larger, nested deeper or expands to more through aliases than any real input does.", "Split or simplify the file."},
	{InputDuplicate, []Severity{Error, Warning}, "A key stands twice in one mapping, or an object twice in the list.", "Remove one of them."},
	{InputField, []Severity{Error, Warning}, "A field or key is not known.", "Correct its spelling, or remove it."},
	{InputType, []Severity{Error}, "A value has the wrong type, such as a number where a string belongs.", "Write a value of the type that the message names."},
	{InputRequired, []Severity{Error}, "A field that is needed is missing or empty.", "Add it."},
	{InputValue, []Severity{Error, Warning}, "A value is outside of what its field allows.", "Write one of the values that the message names."},
	{InputName, []Severity{Error}, "A name, given or derived, is not one that Kubernetes accepts.", "Choose a DNS label: lower-case letters, digits and dashes, beginning with a letter, 63 characters at most."},
	{InputIgnored, []Severity{Info}, "A field has no effect here, because it only steered what the operator did inside the cluster.", "Remove it, or do its job where images are built."},
	{InputReference, []Severity{Error, Warning, Info}, "A reference names an object that is not among the items.", "Add the object, or correct the name or namespace."},
	{InputRendered, []Severity{Error}, "An input was changed after an inner kustomization rendered it, so that the change has no effect.", "Move the transformer to the kustomization that changes the input."},
	{InputFile, []Severity{Error, Info}, "A file cannot be read, lies outside of the package, or holds no Kubernetes resource.", "Correct the path, or leave the file out."},
	{SwaggerVersion, []Severity{Error}, "The document is neither OpenAPI 3.0 to 3.2 nor Swagger 2.0.", "State openapi: 3.0.x, openapi: 3.1.x or swagger: \"2.0\"."},
	{SwaggerSpec, []Severity{Error, Warning, Info}, "The document breaks a rule of its own specification, refers to what it does not hold, or is too large to be judged.", "Mend the document at the place that the message names."},
	{SwaggerExtension, []Severity{Error, Warning}, "An x-wso2 extension has an unknown name or a wrong shape.", "Correct the name or the shape."},
	{SwaggerEndpoint, []Severity{Error, Warning}, "An endpoint is neither an absolute URL nor the name of a TargetEndpoint, or none is given.", "Write a URL with its scheme, or NAME or NAME.NAMESPACE of a TargetEndpoint."},
	{SwaggerBasePath, []Severity{Error, Warning}, "The base path of the API is missing, malformed or used twice.", "State x-wso2-basePath, beginning with a slash."},
	{SwaggerMode, []Severity{Error, Warning}, "The deployment mode is unknown, or stated differently in two places.", "State it once, in the API."},
	{BackendMode, []Severity{Error, Warning}, "A backend is used as a sidecar by one and as a private jet by another.", "Use one mode, or two TargetEndpoints."},
	{BackendPort, []Severity{Error, Info}, "A port of a backend is malformed, used twice or taken by the gateway.", "Give every port a name and a number of its own."},
	{BackendResources, []Severity{Error}, "A resource request is above its limit, or a quantity is malformed.", "Raise the limit or lower the request."},
	{BackendImage, []Severity{Error, Info}, "A backend has no image, so that nothing can run it.", "Set spec.deploy.dockerImage, or run the backend yourself."},
	{GatewayImage, []Severity{Error}, "The image of the gateway is neither given nor can it be derived.", "Set spec.image of the API, or repositoryName in docker-registry-config."},
	{GatewayConfig, []Severity{Error, Warning}, "A configuration of the gateway cannot be used as it is written.", "Correct it as the message says."},
	{HPAConfig, []Severity{Error, Warning, Info}, "hpa-configs cannot be used as it is written, or is absent and defaults apply.", "Correct the key that the message names."},
	{HPAMetric, []Severity{Error, Warning}, "A metric specification would be refused by Kubernetes, or could never have a value.", "Correct the field that the message names."},
	{HPABehavior, []Severity{Error, Warning}, "A scaling behavior would be refused by Kubernetes, or be dropped by the version that is rendered for.", "Correct the field that the message names."},
	{HPABounds, []Severity{Error}, "The minimum of replicas is above the maximum, or one of them is below 1.", "Correct the bounds."},
	{AdapterRule, []Severity{Error, Warning}, "No rule of prometheus-adapter follows from a metric, or two rules serve the same metric in different ways.", "Write an override or a rule of your own, or let both say the same."},
	{AdapterConfig, []Severity{Error, Warning, Info}, "The rules of prometheus-adapter cannot be read, or may not reach the adapter.", "Correct the rules, or the name of their ConfigMap, as the message says."},
	{OutputUnsupported, []Severity{Error}, "What the input asks for is not rendered.", "Use what the message names instead."},
	{OutputConflict, []Severity{Error}, "An object or a file that is about to be written is already there and is not ours, or is rendered twice.", "Rename or remove one of them."},
	{MigrateDump, []Severity{Error, Warning}, "A dump of a cluster lacks something that a migration needs, or holds something that it must not.", "Make it anew, with the command that the message shows."},
	{MigrateInput, []Severity{Info}, "An input is written otherwise than it is in the cluster, so that what runs there can go on running.", "Nothing; it is said so that you know."},
	{MigrateTraffic, []Severity{Error, Warning}, "A Service would not lead to its pods for some time, or not at the address or port that clients use.", "Do what the message says before you migrate."},
	{MigrateImage, []Severity{Warning}, "The pods run another image than the TargetEndpoint states, because the operator never updates the Deployment of a backend.", "Make sure that the image works, or write the one that runs."},
	{MigrateScaler, []Severity{Warning}, "Two HorizontalPodAutoscalers scale one workload, and undo what the other does.", "Delete one of them."},
	{MigrateLeft, []Severity{Warning}, "The operator made an object that is not rendered.", "Delete it when nothing needs it any more."},
}
