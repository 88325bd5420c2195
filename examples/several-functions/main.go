// Command several-functions is a KRM function that holds several: krm-fn, and one of its own. It shows how to embed krm-fn in a
// program that is made with kyaml's framework.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/fn/framework/command"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/krm-fn/krm-fn/pkg/fn"
)

func main() {
	if err := command.Build(framework.ResourceListProcessorFunc(process), command.StandaloneEnabled, false).Execute(); err != nil {
		os.Exit(1)
	}
}

// process runs the function that the functionConfig is for.
func process(rl *framework.ResourceList) error {
	if rl.FunctionConfig.IsNilOrEmpty() {
		return fn.Processor{}.Process(rl)
	}
	switch kind := rl.FunctionConfig.GetKind(); kind {
	case "RenderAPIs", "CheckManifests", "ConfigMap":
		return fn.Processor{}.Process(rl)
	case "Team":
		return label(rl)
	default:
		return fmt.Errorf("functionConfig: kind: is %q; write RenderAPIs, CheckManifests, ConfigMap or Team", kind)
	}
}

// Team is the functionConfig of a function that puts a label on all objects.
type Team struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
}

// label puts the name of the team on all objects, and has krm-fn prove that what scales still scales.
func label(rl *framework.ResourceList) error {
	var team Team
	if err := framework.LoadFunctionConfig(rl.FunctionConfig, &team); err != nil {
		return err
	}
	for _, it := range rl.Items {
		if err := it.PipeE(yaml.SetLabel("team", team.Metadata.Name)); err != nil {
			return err
		}
	}
	judged := framework.ResourceList{Items: rl.Items, FunctionConfig: yaml.MustParse(check)}
	err := fn.Processor{}.Process(&judged)
	rl.Results = append(rl.Results, judged.Results...)
	return err
}

const check = `
apiVersion: krm-fn.dev/v1alpha1
kind: CheckManifests
metadata:
  name: check
`
