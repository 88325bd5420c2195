package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The exit codes.
const (
	exitOK = 0
	// exitProblems means that the input has errors, or that reading the input or writing the output failed.
	exitProblems = 1
	// exitUsage means that the command line is wrong.
	exitUsage = 2
)

// kubernetesUsage describes the flag --kubernetes-version.
const kubernetesUsage = "Kubernetes version of the cluster, such as 1.31 (default: the newest)"

// errProblems ends a command whose problems are already printed.
var errProblems = errors.New("the input has errors")

// Env contains what the command gets from the system.
type Env struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Dir is the directory of the files that a KRM function is allowed to read.
	Dir string
}

// Run runs the command and returns its exit code.
func Run(ctx context.Context, env Env) int {
	stdout, stderr := &output{to: env.Stdout}, &output{to: env.Stderr}
	cmd := newRoot(env.Dir, manifests{stdout})
	cmd.SetArgs(append([]string{}, env.Args...))
	cmd.SetIn(env.Stdin)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	if stdout.err != nil {
		err = &failure{fmt.Errorf("standard output: %w", stdout.err)}
	}
	var failed *failure
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errProblems):
		return exitProblems
	case errors.As(err, &failed):
		_, _ = fmt.Fprintf(stderr, "error: %v\n", failed.err)
		return exitProblems
	}
	_, _ = fmt.Fprintf(stderr, "error: %v\nRun 'krm-fn --help' for usage.\n", err)
	return exitUsage
}

// failure is an error of the system, such as a full disk, as opposed to a wrong command line.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }

func newRoot(dir string, stdout manifests) *cobra.Command {
	var printVersion bool
	cmd := &cobra.Command{
		Use:   "krm-fn",
		Short: "Render autoscaled, managed APIs into Kubernetes manifests",
		Long: `krm-fn renders APIs, TargetEndpoints, and hpa-configs into Deployments, Services, ServiceMonitors,
and HorizontalPodAutoscalers, without a controller in the cluster.

Without arguments, it is a KRM function: it reads a ResourceList from standard input and writes one
to standard output. kustomize and kpt call it that way. For files, use krm-fn render.

The exit code is 0 if there are no errors (there can be warnings), 1 if the input has errors or cannot be read, or the
output cannot be written, and 2 if the command line is wrong.`,
		Example: `  # render the manifests of a directory
  krm-fn render examples/products-privatejet

  # as a KRM function
  krm-fn < resource-list.yaml`,
		Args:          subcommandOnly,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if printVersion {
				return writeVersion(cmd.OutOrStdout())
			}
			if f, ok := cmd.InOrStdin().(*os.File); ok && isTerminal(f) {
				return cmd.Help()
			}
			return runFunction(dir, cmd.InOrStdin(), stdout, cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&printVersion, "version", false, "print the version, like krm-fn version")
	cmd.AddCommand(newInit(), newRender(stdout), newPostRender(stdout), newAutoscale(stdout))
	cmd.AddCommand(newCheck(), newExplain(), newSimulate(), newReport(), newMigrate(), newVersion())
	return cmd
}

// subcommandOnly rejects arguments that are not a subcommand.
func subcommandOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	names := []string{"completion", "help"}
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return fmt.Errorf("unknown command %q%s", args[0], krm.DidYouMean(args[0], names))
}

// paths requires at least one argument.
func paths(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("name %s", what)
		}
		return nil
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// located sorts and limits problems, and sets their positions.
func located(ps model.Problems, in krm.Sources) model.Problems {
	ps = ps.Sorted().Limited()
	in.Locate(ps)
	return ps
}

// report prints problems, one per line. It returns errProblems if there are errors among them.
func report(stderr io.Writer, ps model.Problems) error {
	_ = writeText(stderr, ps)
	if ps.HasErrors() {
		return errProblems
	}
	return nil
}

// runFunction is the KRM function: a ResourceList in, a ResourceList out. The output is complete even if there are errors, because
// kpt reads the results from it.
func runFunction(root string, stdin io.Reader, stdout, stderr io.Writer) error {
	list, ps := krm.ReadList(stdin)
	if ps.HasErrors() {
		return report(stderr, located(ps, krm.Sources{}))
	}
	items, sources, more := gen.Function(list, root)
	ps.Add(more...)
	ps = located(ps, sources)
	if err := writeList(stdout, list, items, ps); err != nil {
		return err
	}
	return report(stderr, ps)
}

func writeList(stdout io.Writer, list *krm.List, items []*krm.Item, ps model.Problems) error {
	results, err := krm.Results(ps)
	if err != nil {
		return &failure{err}
	}
	if err := list.Write(stdout, items, results); err != nil {
		return &failure{err}
	}
	return nil
}
