package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// complete lets shells complete the values of a flag.
func complete(cmd *cobra.Command, flag string, values []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// completeScaler completes the first argument to the HorizontalPodAutoscalers in the current directory, and others to files.
func completeScaler(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	items, _ := readItems([]string{"."}, strings.NewReader(""))
	var names []cobra.Completion
	for _, it := range items {
		if it.Place.Object.Kind == "HorizontalPodAutoscaler" {
			names = append(names, "hpa/"+it.Ref().String())
		}
	}
	slices.Sort(names)
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}
