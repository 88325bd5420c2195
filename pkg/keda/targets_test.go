package keda

import (
	"slices"
	"testing"
)

func TestTarget(t *testing.T) {
	for _, k := range targetKeys {
		if !slices.Contains(Types, k.typ) {
			t.Errorf("%s is not a type", k.typ)
		}
	}
	with := func(typ string, pairs ...string) *Trigger {
		metadata := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			metadata[pairs[i]] = pairs[i+1]
		}
		return &Trigger{Type: typ, Metadata: metadata}
	}
	for name, c := range map[string]struct {
		trigger            *Trigger
		target, activation float64
		known              bool
	}{
		"a key":             {with(Prometheus, "threshold", " 0.5 ", "activationThreshold", "2"), 0.5, 2, true},
		"no number":         {with(Prometheus, "threshold", "5k", "activationThreshold", "5k"), 0, 0, false},
		"missing":           {with(Prometheus), 0, 0, false},
		"a default":         {with("kafka", "activationLagThreshold", "-1"), 10, -1, true},
		"another key":       {with("kafka", "threshold", "5"), 10, 0, true},
		"no key at all":     {with(Cron, "desiredReplicas", "5"), 1, 0, true},
		"the present key":   {with("rabbitmq", "value", "7", "activationValue", "1"), 7, 1, true},
		"the earlier key":   {with("rabbitmq", "queueLength", "6", "activationValue", "1"), 6, 1, true},
		"neither":           {with("rabbitmq"), 20, 0, true},
		"a type unknown":    {with("solr", "targetQueryValue", "5"), 0, 0, false},
		"cpu has no target": {with(CPU, "value", "5"), 0, 0, false},
	} {
		target, known := c.trigger.Target()
		if activation := c.trigger.Activation(); target != c.target || known != c.known || activation != c.activation {
			t.Errorf("%s: got %v, %v, active above %v", name, target, known, activation)
		}
	}
}
