package tokeda

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/migrate"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// plan returns the steps. After each of them, every workload has a scaler, or keeps its replicas until the next step.
func (c *converter) plan() []migrate.Step {
	if len(c.report.Converted) == 0 {
		return nil
	}
	dir, rollback := migrate.Quote(path.Join(c.Dir, ScaledObjectsDir)), migrate.Quote(path.Join(c.Dir, RollbackDir))
	steps := slices.Concat(c.install(), []migrate.Step{
		{
			Title: "Let KEDA validate the ScaledObjects.",
			Why:   "This changes nothing.",
			Commands: []string{
				"kubectl apply --dry-run=server -f " + dir,
			},
		},
		{
			Title: "Apply them.",
			Why: "KEDA takes over the HorizontalPodAutoscalers: each keeps its name, bounds, and behavior, and gets the metrics of KEDA. The " +
				"replicas do not change. To roll back, delete a ScaledObject with --cascade=orphan, and apply its file in " + rollback + ".",
			Commands: []string{"kubectl apply -f " + dir},
		},
		{
			Title:    "Wait until they read their metrics.",
			Why:      "A ScaledObject can be ready although its HorizontalPodAutoscaler has no metric, so both are checked.",
			Commands: c.waits(),
		},
		{
			Title: "Replace the HorizontalPodAutoscalers in your files and charts by the ScaledObjects.",
			Why: "Do this after the takeover, in one change. If a program deletes a HorizontalPodAutoscaler that left its files, KEDA " +
				"creates it again, and the replicas stay. Remove spec.replicas of the workloads, too.",
		},
	})
	return append(steps, c.retire())
}

// install returns the step that installs KEDA, and the one before it if the adapter serves external metrics.
func (c *converter) install() []migrate.Step {
	install := migrate.Step{
		Title: "Install KEDA with its webhooks, or check that it runs.",
		Why:   "It serves external.metrics.k8s.io, which the adapter does not serve in this input. HorizontalPodAutoscalers on other metrics go on.",
		Commands: []string{
			"kubectl -n keda wait --for=condition=Available deployment --all --timeout=5m",
			"kubectl wait --for=condition=Available apiservice v1beta1.external.metrics.k8s.io --timeout=2m",
		},
	}
	services := c.graph.APIs.Of(chain.ExternalMetrics)
	ours := slices.ContainsFunc(services, func(a *chain.APIService) bool { return !a.IsOther() })
	if !c.external && !ours && len(c.setup.External.Rules) == 0 {
		return []migrate.Step{install}
	}
	install.Why = "Only one program can serve external.metrics.k8s.io. From now on it is KEDA, and these HorizontalPodAutoscalers keep their " +
		"replicas until their ScaledObjects are applied: " + names(append(paused(c.report.Converted), paused(c.report.Kept)...)) +
		". Do the next steps at once, at a time when the load is steady."
	return []migrate.Step{{
		Title: "Take external.metrics.k8s.io from the adapter.",
		Why: "KEDA's chart refuses to install while the APIService of another release is there. If the adapter comes from its chart, remove " +
			"rules.external from its values instead.",
		Commands: []string{"kubectl delete apiservice v1beta1.external.metrics.k8s.io"},
	}, install}
}

func paused(all []Scaler) []Scaler {
	return slices.DeleteFunc(slices.Clone(all), func(s Scaler) bool { return !s.Paused })
}

func names(all []Scaler) string {
	if len(all) == 0 {
		return "none"
	}
	list := make([]string, len(all))
	for i, s := range all {
		list[i] = model.Ref{Namespace: s.Namespace, Name: s.Name}.String()
	}
	return strings.Join(list, ", ")
}

func (c *converter) waits() []string {
	var out []string
	for _, s := range c.report.Converted {
		ns := "kubectl -n " + migrate.Quote(model.NamespaceOf(s.Namespace))
		name := migrate.Quote(s.Name)
		out = append(out, ns+" wait --for=condition=Ready scaledobject "+name+" --timeout=2m",
			ns+" wait --for=condition=ScalingActive hpa "+name+" --timeout=2m")
	}
	return out
}

// retire returns the step that removes the rules, or the adapter.
func (c *converter) retire() migrate.Step {
	s := migrate.Step{
		Title: "Remove the adapter.",
		Why:   "Nothing in the input reads a metric through it any more. Check that this holds for the whole cluster.",
		Commands: []string{
			`kubectl get hpa --all-namespaces -o jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name}{" "}{.spec.metrics[*].type}{"\n"}{end}'`,
		},
	}
	if slices.ContainsFunc(c.graph.APIs.Of(chain.ResourceMetrics), func(a *chain.APIService) bool {
		return !a.IsOther() && strings.Contains(a.Service.Name, "adapter")
	}) {
		s.Why += " It also serves metrics.k8s.io, for CPU and memory: install metrics-server first."
	}
	if len(c.report.Kept) > 0 {
		s.Title = "Keep the adapter, and remove the rules that nothing reads."
		s.Why = "These HorizontalPodAutoscalers still need it: " + names(c.report.Kept) + "."
		if stuck := paused(c.report.Kept); len(stuck) > 0 {
			s.Why += " Of them, these have no external metrics while KEDA serves the API, and do not scale down: " + names(stuck) + "."
		}
	}
	return s
}

// WriteText writes the report as plain text.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, section := range []struct {
		title string
		list  []Scaler
	}{{"ScaledObjects for:", r.Converted}, {"These stay with the adapter:", r.Kept}} {
		if len(section.list) == 0 {
			continue
		}
		fmt.Fprintln(&b, section.title)
		for _, s := range section.list {
			fmt.Fprintf(&b, "  %s\n", model.Object{Kind: "HorizontalPodAutoscaler", Namespace: s.Namespace, Name: s.Name})
			for _, reason := range s.Reasons {
				fmt.Fprintf(&b, "    %s\n", reason)
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("Steps:\n")
	b.WriteString(migrate.StepsText(r.Steps))
	_, err := io.WriteString(w, b.String())
	return err
}
