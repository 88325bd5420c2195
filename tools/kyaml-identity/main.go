// Command kyaml-identity is a KRM function that changes nothing, made with the framework of kyaml as most functions are.
// Its cost is that of a function that only reads a ResourceList and writes it.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/kio"
)

func main() {
	identity := framework.ResourceListProcessorFunc(func(*framework.ResourceList) error { return nil })
	if err := framework.Execute(identity, &kio.ByteReadWriter{KeepReaderAnnotations: true}); err != nil {
		fmt.Fprintln(os.Stderr, "kyaml-identity:", err)
		os.Exit(1)
	}
}
