package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/keda"
)

// complete lets shells complete the values of a flag.
func complete(cmd *cobra.Command, flag string, values []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// scalerPrefixes are the short names of the kinds that explain shows.
var scalerPrefixes = map[string]string{"HorizontalPodAutoscaler": "hpa/", keda.ScaledObjectKind: "so/", keda.ScaledJobKind: "sj/"}

// completeScaler completes the first argument to the scalers in the current directory, and others to files.
func completeScaler(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	items, _ := readItems([]string{"."}, strings.NewReader(""))
	var names []cobra.Completion
	for _, it := range items {
		if prefix := scalerPrefixes[it.Place.Object.Kind]; prefix != "" {
			names = append(names, prefix+it.Ref().String())
		}
	}
	slices.Sort(names)
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}
