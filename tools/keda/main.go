// Command keda judges manifests for KEDA with its own code and without a cluster: its types, the validation of its admission
// webhooks, and what its operator does to build triggers.
//
// It reads a stream of YAML documents. The output is a line of JSON for each of KEDA's objects in it, in their order; the other
// objects are those that the webhooks and the operator find in the cluster. Triggers of systems to which KEDA connects at once need
// these systems.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	v1alpha1 "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	"k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// A verdict says what KEDA makes of an object.
type verdict struct {
	Object string `json:"object"` // KIND/NAMESPACE/NAME
	// Schema is why the object does not have the type strictly, Webhook why a webhook rejects it, and Build why the operator cannot
	// build its triggers. Later steps are done only if the earlier ones found nothing.
	Schema  string `json:"schema,omitempty"`
	Webhook string `json:"webhook,omitempty"`
	Build   string `json:"build,omitempty"`
	// Warnings are those of the webhook.
	Warnings []string `json:"warnings,omitempty"`
	// Metrics are those of the HorizontalPodAutoscaler.
	Metrics []metric `json:"metrics,omitempty"`
}

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "keda:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) error {
	if err := v1alpha1.AddToScheme(scheme.Scheme); err != nil {
		return err
	}
	verdicts, objects, others, err := read(in)
	if err != nil {
		return err
	}
	cluster, err := newCluster(slices.Concat(objects, others))
	if err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	for i := range verdicts {
		if verdicts[i].Schema == "" {
			cluster.judge(ctx, objects[i], &verdicts[i])
		}
		if err := lines.Encode(verdicts[i]); err != nil {
			return err
		}
	}
	return nil
}

// read returns a verdict for each of KEDA's objects, the objects themselves, or nil where they cannot be decoded, and the others.
// It ignores objects whose types neither KEDA nor Kubernetes has.
func read(in io.Reader) (verdicts []verdict, objects, others []client.Object, err error) {
	strict := serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, serializer.SerializerOptions{Yaml: true, Strict: true})
	documents := utilyaml.NewYAMLReader(bufio.NewReader(in))
	for {
		document, err := documents.Read()
		if err == io.EOF {
			return verdicts, objects, others, nil
		} else if err != nil {
			return nil, nil, nil, err
		}
		var head struct {
			APIVersion, Kind string
			Metadata         struct{ Namespace, Name string }
		}
		if err := yaml.Unmarshal(document, &head); err != nil {
			return nil, nil, nil, err
		}
		decoded, _, err := strict.Decode(document, nil, nil)
		object, _ := decoded.(client.Object)
		switch {
		case head.APIVersion == v1alpha1.SchemeGroupVersion.String():
			v := verdict{Object: head.Kind + "/" + head.Metadata.Namespace + "/" + head.Metadata.Name}
			if err != nil {
				v.Schema = err.Error()
			}
			verdicts, objects = append(verdicts, v), append(objects, object)
		case runtime.IsNotRegisteredError(err) || head.Kind == "":
		case err != nil:
			return nil, nil, nil, err
		default:
			others = append(others, object)
		}
	}
}
