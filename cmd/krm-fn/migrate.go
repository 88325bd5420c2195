package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/migrate"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// reports are the formats of the report of a migration.
var reports = map[string]func(io.Writer, migrate.Report, model.Problems) error{
	"text": func(w io.Writer, r migrate.Report, _ model.Problems) error { return r.WriteText(w) },
	"json": func(w io.Writer, r migrate.Report, ps model.Problems) error {
		return encode(w, struct {
			migrate.Report
			Problems []jsonProblem `json:"problems"`
		}{r, jsonProblems(ps)})
	},
}

func newMigrate() *cobra.Command {
	var dir, format, kubernetes string
	cmd := &cobra.Command{
		Use:   "migrate -o DIR DUMP|-",
		Short: "Move off the WSO2 API operator without an interruption",
		Long: `migrate reads a dump of a cluster that runs the WSO2 API operator 1.2, and writes a package that renders the same
APIs and backends. It prints the changes, and the steps of the migration. It does not contact a cluster.

The directory DIR must be new or empty. It will contain ` + migrate.InputsDir + `, the package to commit; ` + migrate.ManifestsDir +
			`, the manifests that are
rendered from it; and ` + migrate.BaselineDir + `, what the operator applied, which the steps require.`,
		Example: `  ` + strings.ReplaceAll(migrate.DumpCommand, " --all", " \\\n    --all") + ` > dump.yaml
  krm-fn migrate -o migration dump.yaml`,
		Args: oneDump,
		RunE: func(cmd *cobra.Command, args []string) error {
			write, ok := reports[format]
			if !ok {
				return fmt.Errorf("--format: %q is not one of %s", format, strings.Join(sortedNames(reports), ", "))
			}
			if dir == "" {
				return errors.New("--output: name the directory to write")
			}
			if err := checkFree(dir); err != nil {
				return &failure{err}
			}
			items, ps := readDump(args[0], cmd.InOrStdin())
			var out migrate.Output
			if !ps.HasErrors() {
				var more model.Problems
				out, more = migrate.Run(migrate.Input{Items: items, Kubernetes: kubernetes, Dir: filepath.ToSlash(dir)})
				ps.Add(more...)
			}
			ps = located(ps, krm.Sources{Items: items})
			if err := report(cmd.ErrOrStderr(), ps); err != nil {
				return err
			}
			if err := writeAll(dir, out.Files); err != nil {
				return &failure{err}
			}
			return write(cmd.OutOrStdout(), out.Report, ps)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "the directory to write; it must be new or empty")
	cmd.Flags().StringVar(&format, "format", "text", "format of the report: "+strings.Join(sortedNames(reports), ", "))
	complete(cmd, "format", sortedNames(reports))
	cmd.Flags().StringVar(&kubernetes, "kubernetes-version", "", kubernetesUsage)
	cmd.AddCommand(newMigrateKEDA())
	return cmd
}

func oneDump(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("name one dump of the cluster, or - for standard input")
	}
	return nil
}

func readDump(name string, stdin io.Reader) ([]*krm.Item, model.Problems) {
	if name == "-" {
		return migrate.ReadDump(stdin, name)
	}
	f, err := os.Open(name)
	if err != nil {
		var ps model.Problems
		ps.Errorf(model.InputFile, model.Place{File: name}, "%v", errors.Unwrap(err))
		return nil, ps
	}
	defer func() { _ = f.Close() }()
	return migrate.ReadDump(f, name)
}

// checkFree returns an error unless the directory is missing or empty.
func checkFree(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty; choose a new directory", dir)
	}
	return nil
}
