package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"k8s.io/client-go/openapi"
	"sigs.k8s.io/kubectl-validate/pkg/openapiclient"
	"sigs.k8s.io/kubectl-validate/pkg/openapiclient/groupversion"
)

// sources says where schemas are read from.
type sources struct {
	openAPI map[string]string // Kubernetes minor version to directory
	crds    []string          // directories of CRD files
}

// client returns the schemas of one Kubernetes version and of the CRDs.
func (s sources) client(version string) (openapi.Client, error) {
	var builtin openapi.Client
	if dir, ok := s.openAPI[version]; ok {
		builtin = openAPIDir(dir)
	} else if slices.Contains(openapiclient.HardcodedBuiltinVersions, version) {
		builtin = openapiclient.NewOverlay(
			openapiclient.HardcodedPatchLoader(version),
			openapiclient.NewHardcodedBuiltins(version),
		)
	} else {
		return nil, fmt.Errorf("no schemas of Kubernetes %s; there are those of %s", version, strings.Join(s.versions(), ", "))
	}
	clients := []openapi.Client{builtin}
	for _, dir := range s.crds {
		clients = append(clients, openapiclient.NewLocalCRDFiles(os.DirFS(dir)))
	}
	return openapiclient.NewComposite(clients...), nil
}

func (s sources) versions() []string {
	versions := slices.Clone(openapiclient.HardcodedBuiltinVersions)
	for v := range s.openAPI {
		versions = append(versions, v)
	}
	slices.Sort(versions)
	return slices.Compact(versions)
}

// openAPIDir reads files named like the Kubernetes repository names them in
// api/openapi-spec/v3: apis__apps__v1_openapi.json contains "apis/apps/v1".
type openAPIDir string

func (d openAPIDir) Paths() (map[string]openapi.GroupVersion, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	paths := map[string]openapi.GroupVersion{}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), "_openapi.json"); ok {
			paths[strings.ReplaceAll(name, "__", "/")] = groupversion.NewForFile(os.DirFS(string(d)), e.Name())
		}
	}
	return paths, nil
}
