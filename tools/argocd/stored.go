package main

import (
	"encoding/json"
	"fmt"

	"github.com/argoproj/gitops-engine/pkg/utils/kube/scheme"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// newStored reads objects as a JSON list from standard input and prints what an API server answers when it has stored them:
// Kubernetes' own code fills in the defaults and converts to the version that is stored and back.
func newStored() *cobra.Command {
	var autoscaling string
	cmd := &cobra.Command{
		Use:  "stored",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var objects []map[string]any
			if err := json.NewDecoder(cmd.InOrStdin()).Decode(&objects); err != nil {
				return err
			}
			for i, fields := range objects {
				obj := &unstructured.Unstructured{Object: fields}
				if !scheme.Scheme.Recognizes(obj.GroupVersionKind()) {
					continue // a custom resource
				}
				storage := obj.GroupVersionKind().GroupVersion()
				if storage.Group == "autoscaling" {
					storage.Version = autoscaling
				}
				kept, err := stored(obj, storage)
				if err != nil {
					return fmt.Errorf("%s %s: %w", obj.GetKind(), obj.GetName(), err)
				}
				objects[i] = kept
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(objects)
		},
	}
	// pkg/apis/autoscaling/install of Kubernetes says which version is stored.
	cmd.Flags().StringVar(&autoscaling, "autoscaling", "v2",
		"the version in which HorizontalPodAutoscalers are stored: v2, or v1 before Kubernetes 1.27")
	return cmd
}

func stored(obj *unstructured.Unstructured, storage schema.GroupVersion) (map[string]any, error) {
	codecs := serializer.NewCodecFactory(scheme.Scheme)
	text, err := obj.MarshalJSON()
	if err != nil {
		return nil, err
	}
	gv := obj.GroupVersionKind().GroupVersion()
	internal := schema.GroupVersion{Group: gv.Group, Version: runtime.APIVersionInternal}
	for _, version := range []schema.GroupVersion{storage, gv} {
		decoded, err := runtime.Decode(codecs.UniversalDecoder(internal), text)
		if err != nil {
			return nil, err
		}
		if text, err = runtime.Encode(codecs.LegacyCodec(version), decoded); err != nil {
			return nil, err
		}
	}
	var fields map[string]any
	err = json.Unmarshal(text, &fields)
	return fields, err
}
