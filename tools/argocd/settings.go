package main

import (
	"context"
	"fmt"
	"os"

	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/settings"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"
)

// installation is what a user configures in Argo CD: an Application, and the ConfigMap argocd-cm.
type installation struct {
	application, configMap string
}

func (i *installation) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&i.application, "application", "", "file of the Application")
	cmd.Flags().StringVar(&i.configMap, "argocd-cm", "", "file of the ConfigMap argocd-cm; an empty one if absent")
	_ = cmd.MarkFlagRequired("application")
}

// load reads both files strictly, and argocd-cm as Argo CD's own settings manager does, but without its notes on that.
func (i *installation) load(ctx context.Context) (*v1alpha1.Application, *settings.SettingsManager, error) {
	logrus.SetLevel(logrus.WarnLevel)
	app := &v1alpha1.Application{}
	if err := readStrictly(i.application, app); err != nil {
		return nil, nil, err
	}
	if app.APIVersion != "argoproj.io/v1alpha1" || app.Kind != "Application" {
		return nil, nil, fmt.Errorf("%s: %s of %s is not an Application", i.application, app.Kind, app.APIVersion)
	}
	cm := &corev1.ConfigMap{}
	if i.configMap != "" {
		if err := readStrictly(i.configMap, cm); err != nil {
			return nil, nil, err
		}
	}
	const namespace = "argocd"
	cm.ObjectMeta = metav1.ObjectMeta{
		Name: common.ArgoCDConfigMapName, Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/part-of": "argocd"},
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: common.ArgoCDSecretName, Namespace: namespace}}
	return app, settings.NewSettingsManager(ctx, fake.NewClientset(cm, secret), namespace), nil
}

func readStrictly(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
