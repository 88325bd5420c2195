package main

import (
	"encoding/json"
	"errors"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/spf13/cobra"
	"google.golang.org/grpc/status"
)

// newGenerate asks a repo server as the application controller does, and prints its response as JSON. An error is the
// message that Argo CD shows to the user.
func newGenerate() *cobra.Command {
	var in installation
	var server, repo, kubeVersion string
	var hardRefresh bool
	cmd := &cobra.Command{
		Use:  "generate",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			app, config, err := in.load(cmd.Context())
			if err != nil {
				return err
			}
			kustomize, err := config.GetKustomizeSettings()
			if err != nil {
				return err
			}
			tracking, err := config.GetTrackingMethod()
			if err != nil {
				return err
			}
			label, err := config.GetAppInstanceLabelKey()
			if err != nil {
				return err
			}
			enabled, err := config.GetEnabledSourceTypes()
			if err != nil {
				return err
			}
			tls := apiclient.TLSConfiguration{DisableTLS: true}
			closer, client, err := apiclient.NewRepoServerClientset(server, 60, tls).NewRepoServerClient()
			if err != nil {
				return err
			}
			defer func() { _ = closer.Close() }()
			source := app.Spec.GetSource()
			source.RepoURL = repo
			response, err := client.GenerateManifest(cmd.Context(), &apiclient.ManifestRequest{
				Repo:               &v1alpha1.Repository{Repo: repo, Type: "git"},
				Revision:           source.TargetRevision,
				AppLabelKey:        label,
				AppName:            app.Name,
				Namespace:          app.Spec.Destination.Namespace,
				ApplicationSource:  &source,
				KustomizeOptions:   kustomize,
				KubeVersion:        kubeVersion,
				TrackingMethod:     tracking,
				EnabledSourceTypes: enabled,
				ProjectName:        app.Spec.Project,
				ProjectSourceRepos: []string{"*"},
				NoCache:            hardRefresh,
			})
			if err != nil {
				return errors.New(status.Convert(err).Message())
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(response)
		},
	}
	in.flags(cmd)
	cmd.Flags().StringVar(&server, "server", "", "address of the repo server")
	cmd.Flags().StringVar(&repo, "repo", "", "URL of the repository, in place of the Application's")
	cmd.Flags().BoolVar(&hardRefresh, "hard-refresh", false, "generate the manifests even if the repo server has them in its cache")
	cmd.Flags().StringVar(&kubeVersion, "kubernetes-version", "v1.34.0", "what the cluster runs")
	return cmd
}
