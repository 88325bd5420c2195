package adapter

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Instance is a container that runs prometheus-adapter.
type Instance struct {
	Workload  *chain.Workload
	Container *corev1.Container
	At        model.Place
	// file is the value of --config. known means that the arguments tell whether the flag is set.
	file  string
	known bool
}

// SignsItself reports whether the adapter generates its own certificate.
func (a Instance) SignsItself() bool {
	_, named := FlagValue(a.Args(), "tls-cert-file")
	return a.known && !named
}

// Args returns the command line.
func (a Instance) Args() []string { return slices.Concat(a.Container.Command, a.Container.Args) }

// findAdapters returns the containers that run prometheus-adapter.
func findAdapters(g *chain.Graph) []Instance {
	var out []Instance
	for _, wl := range g.Workloads.All {
		if wl.Template.Whole == nil {
			continue
		}
		for i := range wl.Template.Whole.Spec.Containers {
			c := &wl.Template.Whole.Spec.Containers[i]
			if !IsInstance(c) {
				continue
			}
			args := slices.Concat(c.Command, c.Args)
			file, configured := FlagValue(args, "config")
			at := wl.Item.Place.Child("spec").Child("template").Child("spec").Child("containers").Item(i)
			joined := strings.Join(args, " ")
			known := configured || !strings.Contains(joined, "$") && !slices.Contains(args, "-c")
			out = append(out, Instance{Workload: wl, Container: c, At: at, file: file, known: known})
		}
	}
	return out
}

// IsInstance reports whether a container runs prometheus-adapter.
func IsInstance(c *corev1.Container) bool { return Runs(c.Image, slices.Concat(c.Command, c.Args)) }

// Runs reports whether an image and a command line are those of prometheus-adapter. Either is enough: images are mirrored under
// other names, and only the adapter has both flags.
func Runs(image string, args []string) bool {
	_, config := FlagValue(args, "config")
	_, prometheus := FlagValue(args, "prometheus-url")
	return isAdapterImage(image) || config && prometheus
}

// isAdapterImage reports whether the image has one of the names of the adapter.
func isAdapterImage(image string) bool {
	repository, _, _ := strings.Cut(image, "@")
	name, _, _ := strings.Cut(path.Base(repository), ":")
	names := []string{"prometheus-adapter", "prometheus-adapter-amd64", "prometheus-adapter-arm64"}
	return slices.Contains(names, strings.TrimPrefix(name, "k8s-"))
}

// FlagValue returns the value of --name=VALUE or --name VALUE.
func FlagValue(args []string, name string) (string, bool) {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--"+name+"="); ok {
			return v, true
		}
		if a == "--"+name && i+1 < len(args) {
			return args[i+1], true
		}
	}
	return "", false
}
