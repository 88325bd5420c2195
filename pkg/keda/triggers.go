package keda

import (
	"slices"
	"strings"
	"sync"
)

// Types are the types of triggers (pkg/scaling/scalers_builder.go, buildScaler), sorted.
var Types = []string{
	"activemq", "apache-kafka", "arangodb", "artemis-queue", "aws-cloudwatch", "aws-dynamodb", "aws-dynamodb-streams",
	"aws-kinesis-stream", "aws-sqs-queue", "azure-app-insights", "azure-blob", "azure-cosmosdb", "azure-data-explorer",
	"azure-eventhub", "azure-log-analytics", "azure-monitor", "azure-pipelines", "azure-queue", "azure-servicebus", "beanstalkd",
	"cassandra", "clickhouse", "couchdb", "cpu", "cron", "datadog", "dynatrace", "elastic-forecast", "elasticsearch", "etcd",
	"external", "external-mock", "external-push", "forgejo-runner", "gcp-cloudtasks", "gcp-pubsub", "gcp-spanner",
	"gcp-stackdriver", "gcp-storage", "github-runner", "graphite", "huawei-cloudeye", "ibmmq", "influxdb", "kafka",
	"kubernetes-resource", "kubernetes-workload", "liiklus", "loki", "memory", "metrics-api", "mongodb", "mssql", "mysql",
	"nats-jetstream", "new-relic", "nsq", "opensearch", "openstack-metric", "openstack-swift", "postgresql", "predictkube",
	"prometheus", "pulsar", "rabbitmq", "redis", "redis-cluster", "redis-cluster-streams", "redis-sentinel",
	"redis-sentinel-streams", "redis-streams", "selenium-grid", "solace-direct-messaging", "solace-event-queue", "solarwinds",
	"solr", "splunk", "splunk-observability", "stan", "sumologic", "temporal",
}

// Parameter is a key of the metadata of a trigger.
type Parameter struct {
	Name string
	Type ValueType
	// Values are the values that are allowed, all if there are none.
	Values   []string
	Required bool
}

// Removed is a key that earlier versions had. Fatal means that KEDA rejects it; otherwise, it ignores the key.
type Removed struct {
	Name, Why string
	Fatal     bool
}

// Schema is what the metadata of a type can contain.
type Schema struct {
	Type       string
	Parameters []Parameter
	Removed    []Removed
	// Open means that other keys have an effect, too.
	Open bool
}

// schemas are those of the types that the checks judge (pkg/scalers, the structs with keda tags).
var schemas = sync.OnceValue(func() []Schema {
	auth := []Parameter{
		{Name: "authModes"}, {Name: "authMode"}, {Name: "apiKey"}, {Name: "method", Values: []string{"header", "query"}},
		{Name: "keyParamName"},
	}
	usage := []Parameter{{Name: "value", Required: true}, {Name: "containerName"}}
	usageRemoved := []Removed{{
		Name: "type", Fatal: true, Why: "is an error since KEDA 2.18; set metricType of the trigger to this value, and remove it",
	}}
	external := []Parameter{{Name: "scalerAddress", Required: true}, {Name: "enableTLS", Type: Bool}, {Name: "unsafeSsl", Type: Bool}}
	return []Schema{
		{Type: Prometheus, Parameters: slices.Concat([]Parameter{
			{Name: "serverAddress", Required: true}, {Name: "query", Required: true}, {Name: "threshold", Type: Number, Required: true},
			{Name: "activationThreshold", Type: Number}, {Name: "ignoreNullValues", Type: Bool}, {Name: "namespace"},
			{Name: "queryParameters", Type: Map}, {Name: "customHeaders", Type: Map}, {Name: "unsafeSsl", Type: Bool},
			{Name: "timeout", Type: Duration}, {Name: "awsRegion"}, {Name: "identityOwner"},
			// The code for clouds reads these (pkg/scalers/aws, azure, and gcp).
			{Name: "awsAccessKeyID"}, {Name: "awsAccessKeyIDFromEnv"}, {Name: "awsSecretAccessKeyFromEnv"}, {Name: "credentialsFromEnv"},
			{Name: "credentialsFromEnvFile"}, {Name: "cloud"}, {Name: "azureManagedPrometheusResourceURL"},
		}, auth), Removed: []Removed{
			{Name: "metricName", Why: "has no effect since KEDA 2.12; remove it"},
			{Name: "cortexOrgID", Why: "has no effect since KEDA 2.15; use customHeaders: X-Scope-OrgID=TENANT"},
		}},
		{Type: CPU, Parameters: usage, Removed: usageRemoved},
		{Type: Memory, Parameters: usage, Removed: usageRemoved},
		{Type: Cron, Parameters: []Parameter{
			{Name: "timezone", Required: true}, {Name: "start", Required: true}, {Name: "end", Required: true},
			{Name: "desiredReplicas", Type: Integer, Required: true},
		}},
		{Type: KubernetesWorkload, Parameters: []Parameter{
			{Name: "podSelector", Required: true}, {Name: "value", Type: Number, Required: true}, {Name: "activationValue", Type: Number},
			{Name: "groupByNode", Type: Bool},
		}},
		{Type: MetricsAPI, Parameters: slices.Concat([]Parameter{
			{Name: "url", Required: true}, {Name: "valueLocation", Required: true}, {Name: "targetValue", Type: Number, Required: true},
			{Name: "activationTargetValue", Type: Number}, {Name: "format", Values: []string{"json", "prometheus", "xml", "yaml"}},
			{Name: "aggregateFromKubeServiceEndpoints", Type: Bool},
			{Name: "aggregationType", Values: []string{"average", "max", "min", "sum"}},
			{Name: "unsafeSsl", Type: Bool}, {Name: "timeout", Type: Duration},
		}, auth)},
		{Type: External, Parameters: external, Open: true},
		{Type: ExternalPush, Parameters: external, Open: true},
	}
})

// SchemaOf returns the schema of a type of triggers, or nil if it is not judged.
func SchemaOf(typ string) *Schema {
	all := schemas()
	i := slices.IndexFunc(all, func(s Schema) bool { return s.Type == typ })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// Names returns the names of the parameters.
func (s *Schema) Names() []string {
	var names []string
	for _, p := range s.Parameters {
		names = append(names, p.Name)
	}
	return names
}

// Value returns a value of the metadata as KEDA reads it. It is empty if it is missing.
func (t *Trigger) Value(key string) string { return strings.TrimSpace(t.Metadata[key]) }

// IsResource reports whether the trigger is on cpu or memory, whose usage the HorizontalPodAutoscaler reads from the resource
// metrics API.
func (t *Trigger) IsResource() bool { return t.Type == CPU || t.Type == Memory }
