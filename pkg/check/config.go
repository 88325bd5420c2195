package check

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"

	yaml "go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// ConfigKind is the kind of the functionConfig that runs the checks (krm-fn.dev/v1alpha1).
const ConfigKind = "CheckManifests"

// config is the functionConfig.
type config struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Metadata   *yaml.Node `json:"metadata"`
	Spec       struct {
		// KubernetesVersion is the cluster's version, such as "1.31".
		KubernetesVersion string `json:"kubernetesVersion"`
		// Complete means that the items are all there is.
		Complete bool `json:"complete"`
		// AdapterValuesFiles are values files of the prometheus-adapter Helm chart.
		AdapterValuesFiles []string `json:"adapterValuesFiles"`
		// Samples are metrics pages of workloads.
		Samples []struct {
			Workload string `json:"workload"`
			File     string `json:"file"`
		} `json:"samples"`
	} `json:"spec"`
}

// Configure applies a functionConfig. It reads files with readFile.
func (in *Input) Configure(it *krm.Item, readFile func(string) ([]byte, error)) model.Problems {
	var c config
	ps := krm.Decode(it.Node(), it.Place, &c)
	at := it.Place.Child("spec")
	minor, err := ParseVersion(c.Spec.KubernetesVersion)
	if err != nil {
		ps.Valuef(model.InputValue, at.Child("kubernetesVersion"), c.Spec.KubernetesVersion, "%v", err)
	}
	in.Minor, in.Complete = minor, c.Spec.Complete
	read := func(name string, at model.Place) (Text, bool) {
		text, err := readFile(name)
		if err != nil {
			ps.Errorf(model.InputFile, at, "cannot read %s: %v", name, err)
		}
		return Text{Place: model.Place{File: name}, Text: text}, err == nil
	}
	for i, name := range c.Spec.AdapterValuesFiles {
		if text, ok := read(name, at.Child("adapterValuesFiles").Item(i)); ok {
			in.Rules = append(in.Rules, text)
		}
	}
	for i, s := range c.Spec.Samples {
		at := at.Child("samples").Item(i)
		if s.Workload == "" {
			ps.Errorf(model.InputRequired, at.Child("workload"), "is missing; use NAME, NAMESPACE/NAME, or KIND/NAMESPACE/NAME")
			continue
		}
		if text, ok := read(s.File, at.Child("file")); ok {
			in.Samples = append(in.Samples, Sample{Workload: s.Workload, Text: text})
		}
	}
	return ps
}

var versionPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^v?1\.(\d{1,3})(\.\d+)?$`)
})

// NewestMinor is the newest Kubernetes version that is known, the 37 of 1.37: the version of the API types in use.
const NewestMinor = 37

// ParseVersion returns the minor version in a Kubernetes version, 0 for "".
func ParseVersion(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	m := versionPattern().FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is not a Kubernetes version; use one such as \"1.%d\"", s, NewestMinor)
	}
	minor, err := strconv.Atoi(m[1])
	if err == nil && minor > NewestMinor {
		err = fmt.Errorf("%s is newer than the newest known Kubernetes version, 1.%[2]d; use 1.%[2]d, or a newer krm-fn", s, NewestMinor)
	}
	return minor, err
}
