// Command argocd is what the tests of this repository require of Argo CD: its repo server and its config management plugin
// server, as Argo CD's own commands, and clients that ask them, and Argo CD's comparison, what the application controller
// would. The whole of Argo CD embeds a web application that must be built first; this program does not require it.
//
//	argocd repo-server FLAGS      argocd-repo-server
//	argocd cmp-server FLAGS       argocd-cmp-server
//	argocd redis                  a Redis server in memory, for the cache of the repo server
//	argocd generate FLAGS         asks a repo server for the manifests of an Application
//	argocd stored                 converts objects to the form in which an API server stores them
//	argocd compare FLAGS          compares manifests with live objects
//
// The servers stop when their standard input ends, so none outlives the process that started it.
package main

import (
	"fmt"
	"io"
	"os"

	cmpserver "github.com/argoproj/argo-cd/v3/cmd/argocd-cmp-server/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/spf13/cobra"
)

func main() {
	repo, cmp := reposerver.NewCommand(), cmpserver.NewCommand()
	repo.Use, cmp.Use = "repo-server", "cmp-server"
	servers := []*cobra.Command{repo, cmp, newRedis()}
	for _, server := range servers {
		server.PreRun = endWithInput
	}
	root := &cobra.Command{Use: "argocd", SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(servers...)
	root.AddCommand(newGenerate(), newStored(), newCompare())
	if err := root.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func endWithInput(cmd *cobra.Command, _ []string) {
	go func() {
		_, _ = io.Copy(io.Discard, cmd.InOrStdin())
		os.Exit(0)
	}()
}
