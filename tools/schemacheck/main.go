// Command schemacheck checks Kubernetes manifests by the OpenAPI schema of one
// Kubernetes version, with the API server's own validation code as packaged by
// kubectl-validate.
//
// It is a server on its standard streams, so a test suite pays for loading
// the schemas once: each line of standard input is a JSON request, each line of
// standard output the JSON response to it, in order. It ends with its input.
// It never asks a cluster or the network. Kubernetes versions 1.23 to 1.30 are
// embedded in kubectl-validate; any other one is read from a directory laid out
// like api/openapi-spec/v3 of the Kubernetes repository.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// A request is one stream of YAML documents to validate.
type request struct {
	Version   string `json:"version"` // Kubernetes minor version, such as "1.37"
	Manifests string `json:"manifests"`
}

// A response lists the violations in the order of the documents, or says why
// the documents could not be checked.
type response struct {
	Violations []string `json:"violations"`
	Error      string   `json:"error,omitempty"`
}

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "schemacheck:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("schemacheck", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	src := sources{openAPI: map[string]string{}}
	flags.Func("crds", "directory of CustomResourceDefinition files (repeatable)", func(s string) error {
		src.crds = append(src.crds, s)
		return nil
	})
	flags.Func("schemas", "VERSION=DIR: OpenAPI v3 files of a Kubernetes version (repeatable)", func(s string) error {
		version, dir, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("write VERSION=DIR")
		}
		src.openAPI[version] = dir
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	return serve(&checker{sources: src, byVersion: map[string]*validatorFor{}}, in, out)
}

func serve(c *checker, in io.Reader, out io.Writer) error {
	w := bufio.NewWriter(out)
	requests, responses := json.NewDecoder(in), json.NewEncoder(w)
	for {
		var req request
		if err := requests.Decode(&req); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("request: %w", err)
		}
		resp := response{Violations: []string{}}
		violations, err := c.check(req.Version, []byte(req.Manifests))
		if err != nil {
			resp.Error = err.Error()
		} else {
			resp.Violations = append(resp.Violations, violations...)
		}
		if err := responses.Encode(resp); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
}
