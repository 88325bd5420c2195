package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/cmd/krm-fn/internal/atomicdir"
	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/migrate"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/scaffold"
)

func newInit() *cobra.Command {
	var r scaffold.Request
	var flavor, certificate string
	cmd := &cobra.Command{
		Use:   "init NAME --from-file FILE [--backend-image IMAGE]",
		Short: "Create a package for an API from its OpenAPI document",
		Long: `init writes the inputs of the API NAME to a new package: the OpenAPI document, the backends that it calls, and the
scaling policy. It asks no questions and overwrites no files. Its last line is the command that renders the package.

The gateway is HAProxy, configured from the document. If clients need tokens, set their issuer with --issuer and
--issuer-certificate. With --image or --registry, the gateway is a WSO2 micro-gateway, whose image contains the API.

The document is copied byte for byte. If it calls no backend, init adds x-wso2-production-endpoints with the backend
NAME-backend. If it calls several, set an image for each: --backend-image products=IMAGE --backend-image stock=IMAGE`,
		Example: `  # a package for kustomize in the directory products
  krm-fn init products -f swagger.yaml --namespace shop \
    --backend-image registry.example.com/shop/products-service:1.0.0 \
    --issuer https://issuer.example.com --issuer-certificate issuer.pem

  # for kpt, with a micro-gateway whose image is named after the API and its version
  krm-fn init products -f swagger.yaml --registry registry.example.com/shop \
    --backend-image registry.example.com/shop/products-service:1.0.0 --flavor kpt`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("give one name for the API, not %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r.Name, r.Flavor = args[0], scaffold.Flavor(flavor)
			if !slices.Contains(scaffold.Flavors, flavor) {
				return fmt.Errorf("--flavor: %q is not one of %s", flavor, strings.Join(scaffold.Flavors, ", "))
			}
			if r.Dir == "" {
				r.Dir = r.Name
			}
			pkg, ps := makePackage(&r, certificate)
			if err := report(cmd.ErrOrStderr(), ps); err != nil {
				return err
			}
			if err := writeNew(r.Dir, pkg.Files); err != nil {
				return &failure{err}
			}
			_, err := fmt.Fprint(cmd.OutOrStdout(), summary(r.Dir, pkg))
			return err
		},
	}
	f := cmd.Flags()
	f.StringVarP(&r.Source, "from-file", "f", "", "OpenAPI 3 or Swagger 2.0 document, in YAML or JSON")
	f.StringVar(&r.Issuer, "issuer", "", "issuer of the tokens of clients, the claim iss")
	f.StringVar(&certificate, "issuer-certificate", "", "file with the certificate or public key of the issuer, in PEM")
	f.StringVar(&r.Image, "image", "", "image of a WSO2 micro-gateway that contains the API")
	f.StringVar(&r.Registry, "registry", "",
		"registry of such an image NAME:VERSION, instead of --image; VERSION is info.version of the document")
	f.StringArrayVar(&r.BackendImages, "backend-image", nil,
		"[BACKEND=]IMAGE: image of a backend that the document calls (repeatable)")
	f.Int32Var(&r.BackendPort, "backend-port", 8080, "port on which the containers of the backends listen")
	f.StringVar(&r.BackendProtocol, "backend-protocol", "http", "http or https")
	f.StringVarP(&r.Namespace, "namespace", "n", "", "namespace of the API and its backends")
	f.StringVar(&r.Mode, "mode", "", "privateJet or sidecar (default: the mode of the document, or privateJet)")
	f.StringVar(&r.KubernetesVersion, "kubernetes-version", "", kubernetesUsage)
	f.StringVar(&r.Autoscaler, "autoscaler", "",
		"kind that scales the pods: "+strings.Join(gen.Autoscalers(), " or ")+" (default: the first)")
	f.StringVar(&flavor, "flavor", string(scaffold.Kustomize),
		"tool that renders the package: "+strings.Join(scaffold.Flavors, ", "))
	f.StringVarP(&r.Dir, "output", "o", "", "directory of the package (default: NAME)")
	complete(cmd, "autoscaler", gen.Autoscalers())
	complete(cmd, "flavor", scaffold.Flavors)
	complete(cmd, "mode", []string{string(model.PrivateJet), string(model.Sidecar)})
	complete(cmd, "backend-protocol", []string{"http", "https"})
	_ = cmd.MarkFlagRequired("from-file")
	cmd.MarkFlagsMutuallyExclusive("image", "registry")
	cmd.MarkFlagsMutuallyExclusive("issuer", "image")
	cmd.MarkFlagsMutuallyExclusive("issuer", "registry")
	cmd.MarkFlagsRequiredTogether("issuer", "issuer-certificate")
	return cmd
}

// makePackage reads the document and the certificate, and creates the package. It reports files that already exist.
func makePackage(r *scaffold.Request, certificate string) (scaffold.Package, model.Problems) {
	var ps model.Problems
	if certificate != "" {
		var err error
		if r.Certificate, err = krm.ReadNamed(certificate); err != nil {
			ps.Errorf(model.InputFile, model.Place{File: filepath.ToSlash(certificate)}, "%v", err)
		}
	}
	text, err := krm.ReadNamed(r.Source)
	if err != nil {
		ps.Errorf(model.InputFile, model.Place{File: filepath.ToSlash(r.Source)}, "%v", err)
	}
	r.Document, r.Source, r.Dir = text, filepath.ToSlash(r.Source), filepath.ToSlash(filepath.Clean(r.Dir))
	pkg, more := scaffold.Build(*r)
	ps.Add(more...)
	for _, f := range pkg.Files {
		file := filepath.Join(r.Dir, f.Name)
		if _, err := os.Lstat(file); err == nil {
			at := model.Place{File: filepath.ToSlash(file)}
			ps.Errorf(model.OutputConflict, at, "already exists; choose another directory with --output")
		}
	}
	return pkg, located(ps, krm.Sources{ReadFile: func(file string) ([]byte, error) {
		if file != r.Source {
			return nil, fs.ErrNotExist
		}
		return text, nil
	}})
}

// writeNew creates the files: all or none.
func writeNew(dir string, files []scaffold.File) error {
	return atomicdir.Update(dir, func() (*atomicdir.Change, error) {
		for _, f := range files {
			if _, err := os.Lstat(filepath.Join(dir, f.Name)); err == nil {
				return nil, fmt.Errorf("%s already exists; choose another directory with --output", filepath.Join(dir, f.Name))
			}
		}
		return &atomicdir.Change{Write: func(put func(string, []byte) error) error {
			for _, f := range files {
				if err := put(f.Name, f.Text); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	})
}

// summary lists the files, followed by the next command to run.
func summary(dir string, pkg scaffold.Package) string {
	var text strings.Builder
	for i, f := range pkg.Files {
		text.WriteString(filepath.ToSlash(filepath.Join(dir, f.Name)))
		if i == len(pkg.Files)-1 && pkg.Added != "" {
			text.WriteString(" (x-wso2-production-endpoints added: it calls " + pkg.Added + ")")
		}
		text.WriteString("\n")
	}
	words := make([]string, len(pkg.Command))
	for i, w := range pkg.Command {
		words[i] = migrate.Quote(w)
	}
	text.WriteString("\nRender the manifests:\n\n  " + strings.Join(words, " ") + "\n")
	return text.String()
}
