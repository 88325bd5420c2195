package main

import (
	"encoding/json"

	"github.com/argoproj/argo-cd/v3/util/argo/diff"
	"github.com/argoproj/argo-cd/v3/util/argo/normalizers"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A pair is an object in git and the one in the cluster.
type pair struct {
	Target map[string]any `json:"target"`
	Live   map[string]any `json:"live"`
}

// A verdict says whether Argo CD shows an object as OutOfSync, and the two objects whose difference it shows.
type verdict struct {
	OutOfSync bool            `json:"outOfSync"`
	Live      json.RawMessage `json:"live"`
	Predicted json.RawMessage `json:"predicted"`
}

// newCompare reads pairs as a JSON list from standard input, compares each as the application controller does, and prints the
// verdicts as a JSON list.
func newCompare() *cobra.Command {
	var in installation
	cmd := &cobra.Command{
		Use:  "compare",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var pairs []pair
			if err := json.NewDecoder(cmd.InOrStdin()).Decode(&pairs); err != nil {
				return err
			}
			config, err := in.comparison(cmd)
			if err != nil {
				return err
			}
			verdicts := make([]verdict, len(pairs))
			for i, p := range pairs {
				live, target := unstructured.Unstructured{Object: p.Live}, unstructured.Unstructured{Object: p.Target}
				result, err := diff.StateDiff(&live, &target, config)
				if err != nil {
					return err
				}
				verdicts[i] = verdict{result.Modified, result.NormalizedLive, result.PredictedLive}
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(verdicts)
		},
	}
	in.flags(cmd)
	return cmd
}

// comparison is the configuration of a comparison as the application controller creates it, except for the cache and the
// schemas of a cluster, which only server-side apply asks for.
func (i *installation) comparison(cmd *cobra.Command) (diff.DiffConfig, error) {
	app, config, err := i.load(cmd.Context())
	if err != nil {
		return nil, err
	}
	overrides, err := config.GetResourceOverrides()
	if err != nil {
		return nil, err
	}
	options, err := config.GetResourceCompareOptions()
	if err != nil {
		return nil, err
	}
	tracking, err := config.GetTrackingMethod()
	if err != nil {
		return nil, err
	}
	label, err := config.GetAppInstanceLabelKey()
	if err != nil {
		return nil, err
	}
	return diff.NewDiffConfigBuilder().
		WithDiffSettings(app.Spec.IgnoreDifferences, overrides, options.IgnoreAggregatedRoles, normalizers.IgnoreNormalizerOpts{}).
		WithTracking(label, tracking).
		WithNoCache().
		Build()
}
