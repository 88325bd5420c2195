package keda

import "strings"

// targetKey is the key with the target of a type of triggers, and its default, 0 if there is none.
type targetKey struct {
	typ, key  string
	otherwise float64
}

// targetKeys are those of widely used types, whose activation has the same name after "activation" (pkg/scalers, the arguments of
// GetMetricTarget and GetMetricTargetMili). The last key of a type is the present one.
var targetKeys = []targetKey{
	{"apache-kafka", "lagThreshold", 10},
	{"aws-cloudwatch", "targetMetricValue", 0},
	{"aws-sqs-queue", "queueLength", 5},
	{"azure-eventhub", "unprocessedEventThreshold", 64},
	{"azure-queue", "queueLength", 5},
	{"azure-servicebus", "messageCount", 5},
	{Cron, "", 1},
	{"elasticsearch", "targetValue", 0},
	{"gcp-pubsub", "subscriptionSize", 0},
	{"gcp-pubsub", "value", 10},
	{"gcp-stackdriver", "targetValue", 5},
	{"graphite", "threshold", 100},
	{"kafka", "lagThreshold", 10},
	{KubernetesWorkload, "value", 0},
	{"loki", "threshold", 0},
	{MetricsAPI, "targetValue", 0},
	{"mongodb", "queryValue", 0},
	{"mssql", "targetValue", 0},
	{"mysql", "queryValue", 0},
	{"nats-jetstream", "lagThreshold", 10},
	{"nsq", "depthThreshold", 10},
	{"postgresql", "targetQueryValue", 0},
	{Prometheus, "threshold", 0},
	{"pulsar", "msgBacklogThreshold", 10},
	{"rabbitmq", "queueLength", 0},
	{"rabbitmq", "value", 20},
	{"redis", "listLength", 5},
	{"redis-cluster", "listLength", 5},
	{"redis-sentinel", "listLength", 5},
	{"temporal", "targetQueueSize", 5},
}

// Target returns the target of the HorizontalPodAutoscaler for the trigger. It returns false if it is missing, not a number, or
// in a key that is not known.
func (t *Trigger) Target() (float64, bool) {
	for _, k := range targetKeys {
		value := t.Value(k.key)
		switch {
		case k.typ != t.Type:
		case value != "":
			return ParseNumber(value)
		case k.otherwise != 0:
			return k.otherwise, true
		}
	}
	return 0, false
}

// Activation returns the value above which the trigger is active, 0 by default.
func (t *Trigger) Activation() float64 {
	n := 0.0
	for _, k := range targetKeys {
		if k.typ == t.Type && k.key != "" {
			n, _ = ParseNumber(t.Value("activation" + strings.ToUpper(k.key[:1]) + k.key[1:]))
		}
	}
	return n
}
