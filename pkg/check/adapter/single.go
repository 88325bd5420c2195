package adapter

import (
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Single compiles one rule, which is all of its configuration, as the adapter does. It reports what the adapter or Prometheus
// rejects. The rule builds queries only if its Namer is set.
func Single(r adapterconfig.DiscoveryRule, external bool, at model.Place, k *Kinds) (*Rule, model.Problems) {
	rule := &Rule{DiscoveryRule: r, Config: &Config{}, At: at}
	if external {
		rule.Config.external = []*Rule{rule}
	} else {
		rule.Config.custom = []*Rule{rule}
	}
	compile(rule, k)
	return rule, rule.Config.Problems
}
