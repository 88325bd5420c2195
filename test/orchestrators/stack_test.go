package orchestrators

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/krm-fn/krm-fn/test/schema"
	"github.com/krm-fn/krm-fn/test/tools"
)

// TestStack checks that the monitoring stack completes what krm-fn renders, so the chain is verified from end to end.
func TestStack(t *testing.T) {
	t.Parallel()
	stack := run(t, tools.Root(t), tools.Build(t, "kustomize"), "build", "examples/stack")
	for _, example := range []string{"products-privatejet", "inventory-sidecar"} {
		dir := t.TempDir()
		rendered := run(t, tools.Root(t), krmFn(t), "render", "examples/"+example)
		write(t, dir, map[string]string{"stack.yaml": stack.stdout, "rendered.yaml": rendered.stdout})
		if o := run(t, dir, krmFn(t), "check", "--require-proof", "."); o.code != 0 || o.stdout != "" {
			t.Errorf("krm-fn check of %s with the stack: exit code %d\n%s%s", example, o.code, o.stdout, o.stderr)
		}
	}
	var manifests strings.Builder
	for _, o := range parse(t, stack.stdout) {
		if o.Kind != "APIService" { // no module of schemacheck has the schema of API aggregation
			manifests.WriteString("---\n" + string(o.text) + "\n")
		}
	}
	violations, err := schema.New(t).Check(schema.Newest, []byte(manifests.String()))
	if err != nil || len(violations) > 0 {
		t.Errorf("%v: %q", err, violations)
	}
}

// TestStackIsLeastPrivilege: no ServiceAccount of the stack is allowed to do everything, change anything, or read what can contain
// secrets, and every container is confined.
func TestStackIsLeastPrivilege(t *testing.T) {
	t.Parallel()
	objects := parse(t, run(t, tools.Root(t), tools.Build(t, "kustomize"), "build", "examples/stack").stdout)
	roles := typed[rbacv1.ClusterRole](t, objects, "ClusterRole")
	if len(roles) != 4 {
		t.Errorf("%d ClusterRoles", len(roles))
	}
	for ref, role := range roles {
		for _, rule := range role.Rules {
			for _, verb := range rule.Verbs {
				if !slices.Contains([]string{"get", "list", "watch"}, verb) {
					t.Errorf("ClusterRole %s allows %s", ref, verb)
				}
			}
			for _, resource := range rule.Resources {
				if resource == "*" || resource == "secrets" || resource == "configmaps" || slices.Contains(rule.APIGroups, "*") {
					t.Errorf("ClusterRole %s grants %s of %s", ref, resource, rule.APIGroups)
				}
			}
		}
	}
	for ref, d := range typed[appsv1.Deployment](t, objects, "Deployment") {
		pod := d.Spec.Template.Spec
		if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.SeccompProfile == nil {
			t.Errorf("Deployment %s: securityContext of the pod: %v", ref, s)
		}
		for _, c := range pod.Containers {
			s := c.SecurityContext
			if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || s.ReadOnlyRootFilesystem == nil ||
				!*s.ReadOnlyRootFilesystem || s.Capabilities == nil || !slices.Contains(s.Capabilities.Drop, "ALL") {
				t.Errorf("Deployment %s: securityContext of container %s: %v", ref, c.Name, s)
			}
			if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
				t.Errorf("Deployment %s: resources of container %s: %v", ref, c.Name, c.Resources)
			}
		}
	}
}

// TestStackComponents: with both components, the API server verifies the certificate of each API of the adapter.
func TestStackComponents(t *testing.T) {
	t.Parallel()
	dir := example(t, "stack")
	write(t, dir, map[string]string{"kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- prometheus
- prometheus-adapter
components:
- external-metrics
- cert-manager
`})
	if page := read(t, filepath.Join(tools.Root(t), "docs", "stack.md")); !strings.Contains(page, read(t, filepath.Join(dir, "kustomization.yaml"))) {
		t.Error("docs/stack.md shows another kustomization")
	}
	objects := parse(t, run(t, dir, tools.Build(t, "kustomize"), "build", ".").stdout)
	services := 0
	for _, o := range objects {
		if o.Kind != "APIService" {
			continue
		}
		services++
		if got := o.Metadata.Annotations["cert-manager.io/inject-ca-from"]; got != "custom-metrics/prometheus-adapter" {
			t.Errorf("%s: the authority comes from %q", o, got)
		}
		if strings.Contains(string(o.text), "insecureSkipTLSVerify") {
			t.Errorf("%s is not verified: %s", o, o.text)
		}
	}
	if services != 3 {
		t.Errorf("%d APIServices", services)
	}
	d := typed[appsv1.Deployment](t, objects, "Deployment")[ref{"custom-metrics", "prometheus-adapter"}]
	args := d.Spec.Template.Spec.Containers[0].Args
	if !slices.Contains(args, "--tls-cert-file=/var/run/serving-cert/tls.crt") || slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--cert-dir") }) {
		t.Errorf("arguments of the adapter: %q", args)
	}
	if got := d.Spec.Template.Spec.Volumes[1].Secret; got == nil || got.SecretName != "prometheus-adapter-tls" {
		t.Errorf("volume %v", d.Spec.Template.Spec.Volumes[1])
	}
}
