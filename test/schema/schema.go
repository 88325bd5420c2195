// Package schema checks manifests by the OpenAPI schema of a Kubernetes
// version, strictly and without a cluster.
//
// In: manifests as YAML bytes and a minor version. Out: one line per violation.
// Validation is done by kubectl-validate, which runs the API server's own validation
// code; it is a separate program (tools/schemacheck), so that the Kubernetes
// libraries that it requires never meet those of the product. The schemas come from the
// Kubernetes, prometheus-operator, Gateway API, and KEDA modules. The package
// imports none of the product's packages.
//
// An OpenAPI schema does not say everything that the API server checks: not the
// words that a field such as a Service's type allows, not the syntax of a
// quantity, not what one field means for another.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// The versions to render for in tests. 1.23 is the first that serves
// autoscaling/v2; there are schemas of 1.24 to 1.30, too.
const (
	Oldest = "1.23"
	Newest = "1.37"
)

var (
	kubernetes = tools.Module{
		Path:    "k8s.io/kubernetes",
		Version: "v1.37.2",
		Sum:     "h1:A2VDEiObzkYqFTKhSsn0ZEb0RlLEXpHWj93gi2HqEwE=",
	}
	// The version that the product is built with.
	gatewayAPI = tools.Module{
		Path:    "sigs.k8s.io/gateway-api",
		Version: "v1.6.3",
		Sum:     "h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=",
	}
	// This version is older than that of the API types that the product is
	// built with: newer versions of this module cannot be had. A v1 API only
	// grows, so a newer schema also accepts what this one does.
	prometheusOperator = tools.Module{
		Path:    "github.com/prometheus-operator/prometheus-operator",
		Version: "v0.85.0",
		Sum:     "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
	}
)

// A Validator checks manifests. It is safe for concurrent use.
type Validator struct {
	mu        sync.Mutex
	checker   *exec.Cmd
	stdin     io.Closer
	requests  *json.Encoder
	responses *json.Decoder
	stderr    bytes.Buffer
}

var shared struct {
	sync.Mutex
	*Validator
}

// New returns the test process's only Validator: the first call builds the
// checker, if need be, and starts it. The checker ends with the process,
// because its standard input does.
func New(t testing.TB) *Validator {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.Validator == nil {
		v, err := start(
			tools.Build(t, "schemacheck"),
			"-crds", filepath.Join(prometheusOperator.Dir(t), "example", "prometheus-operator-crd"),
			"-crds", filepath.Join(gatewayAPI.Dir(t), "config", "crd", "standard"),
			"-crds", filepath.Join(tools.KEDA.Dir(t), "config", "crd", "bases"),
			"-schemas", Newest+"="+filepath.Join(kubernetes.Dir(t), "api", "openapi-spec", "v3"),
		)
		if err != nil {
			t.Fatal(err)
		}
		shared.Validator = v
	}
	return shared.Validator
}

func start(binary string, args ...string) (*Validator, error) {
	cmd := exec.Command(binary, args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	v := &Validator{checker: cmd, stdin: stdin, requests: json.NewEncoder(stdin), responses: json.NewDecoder(stdout)}
	cmd.Stderr = &v.stderr
	return v, cmd.Start()
}

// Check returns the violations of the schema of a Kubernetes minor version,
// such as "1.30", in a stream of any number of YAML documents. Each is one line,
// "KIND NAMESPACE/NAME: FIELD: MESSAGE", in the order of the documents and
// sorted within one. An API version that this Kubernetes does not serve is a
// violation; a Kubernetes version without a schema is an error.
func (v *Validator) Check(version string, manifests []byte) ([]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	request := struct {
		Version   string `json:"version"`
		Manifests string `json:"manifests"`
	}{version, string(manifests)}
	if err := v.requests.Encode(request); err != nil {
		return nil, v.ended()
	}
	var response struct {
		Violations []string `json:"violations"`
		Error      string   `json:"error"`
	}
	if err := v.responses.Decode(&response); err != nil {
		return nil, v.ended()
	}
	if response.Error != "" {
		return nil, errors.New(response.Error)
	}
	return response.Violations, nil
}

// ended ends a checker that does not answer as it should, and says why.
func (v *Validator) ended() error {
	_ = v.stdin.Close()
	err := v.checker.Wait()
	return fmt.Errorf("no answer from the schema checker: %w: %s", err, bytes.TrimSpace(v.stderr.Bytes()))
}
