package keda

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// A Verdict says what KEDA makes of an object.
type Verdict struct {
	Object string // KIND/NAMESPACE/NAME
	// Schema is why the object does not have its type strictly, Webhook why the admission webhook rejects it, and Build why the
	// operator cannot build its triggers. A later step is done only if the earlier ones found nothing.
	Schema, Webhook, Build string
	// Warnings are those of the webhook.
	Warnings []string
	// Metrics are those of the HorizontalPodAutoscaler that the operator makes.
	Metrics []Metric
}

// A Metric has a target such as "AverageValue 10".
type Metric struct{ Type, Name, Target string }

// Judge skips the test if KRM_FN_KEDA is not set. It returns a verdict for each of KEDA's objects in a stream of YAML documents.
func Judge(t *testing.T, manifests string) []Verdict {
	t.Helper()
	if os.Getenv("KRM_FN_KEDA") == "" {
		t.Skip("KRM_FN_KEDA is not set")
	}
	verdicts, err := judge(tools.Build(t, "keda-judge"), manifests)
	if err != nil {
		t.Fatal(err)
	}
	return verdicts
}

func judge(program, manifests string) ([]Verdict, error) {
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "KEDA_CLUSTER_OBJECT_NAMESPACE=keda") // The namespace of the credentials for all namespaces.
	cmd.Stdin = strings.NewReader(manifests)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	var verdicts []Verdict
	for lines := json.NewDecoder(bytes.NewReader(out)); ; {
		var v Verdict
		if err := lines.Decode(&v); errors.Is(err, io.EOF) {
			return verdicts, nil
		} else if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, v)
	}
}
