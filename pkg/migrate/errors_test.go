package migrate

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

const createdWith = "create it with: " + DumpCommand

// TestReadDumpErrors reads what is no dump.
func TestReadDumpErrors(t *testing.T) {
	whole, err := os.ReadFile("testdata/sidecar/dump.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cutOff := string(whole[:strings.LastIndex(string(whole), "kind: List")])
	for name, tc := range map[string]struct{ text, want string }{
		"empty":      {" \n", "error: dump.yaml: is empty; create the dump with: " + DumpCommand + " [migrate/dump]\n"},
		"no object":  {"hello: world\n", "error: dump.yaml: line 1: is not a Kubernetes object: apiVersion or kind is missing; create the dump with: " + DumpCommand + " [migrate/dump]\n"},
		"a table":    {"NAME   AGE\nproducts-api   3d\n", "error: dump.yaml: line 1: is not a Kubernetes object: apiVersion or kind is missing; create the dump with: " + DumpCommand + " [migrate/dump]\n"},
		"cut off":    {cutOff, "error: dump.yaml: line 1: is a truncated list, without \"kind: List\" at its end; dump the cluster again [migrate/dump]\n"},
		"cut amid":   {"apiVersion: v1\nitems:\n- apiVersion: \"v1\n", "error: dump.yaml: line 3: is not valid YAML: found unexpected end of stream [input/syntax]\n"},
		"in a list":  {"apiVersion: v1\nkind: List\nitems:\n- a: b\n", "error: dump.yaml: line 4: is not a Kubernetes object: apiVersion or kind is missing; create the dump with: " + DumpCommand + " [migrate/dump]\n"},
		"not a text": {"a\x00b", "error: dump.yaml: line 1: contains a NUL byte; save it as UTF-8 text [input/encoding]\n"},
	} {
		items, ps := ReadDump(strings.NewReader(tc.text), "dump.yaml")
		if diff := cmp.Diff(tc.want, lines1(ps)); diff != "" || len(items) > 0 {
			t.Errorf("%s: %d items (-want +got):\n%s", name, len(items), diff)
		}
	}
	if _, ps := ReadDump(iotest.ErrReader(errors.New("broken pipe")), "-"); lines1(ps) != "error: -: broken pipe [input/file]\n" {
		t.Error(ps)
	}
}

// edited is the dump of a case with a replacement of every old text.
func edited(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + "/dump.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := string(text)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(s, pairs[i]) {
			t.Fatalf("%s has no %q", name, pairs[i])
		}
		s = strings.ReplaceAll(s, pairs[i], pairs[i+1])
	}
	return s
}

// TestRunProblems changes a dump in one way each. want are the problems that the whole dump does not have.
func TestRunProblems(t *testing.T) {
	known := runCase(t, "private-jet").ps
	for name, tc := range map[string]struct {
		dump, want string
		fails      bool
	}{
		"Recreate": {
			edited(t, "private-jet", "    strategy:\n      rollingUpdate:\n        maxSurge: 25%\n        maxUnavailable: 25%\n      type: RollingUpdate\n", "    strategy:\n      type: Recreate\n"),
			"error: Deployment shop/products-api: spec.strategy: lets all pods terminate before new ones are ready; set it to RollingUpdate with maxUnavailable below 3, and dump the cluster again [migrate/traffic]\n" +
				"error: Deployment shop/products-privatejet: spec.strategy: lets all pods terminate before new ones are ready; set it to RollingUpdate with maxUnavailable below 2, and dump the cluster again [migrate/traffic]\n", true,
		},
		"no pod must stay": {
			edited(t, "private-jet", "maxUnavailable: 25%", "maxUnavailable: 3"),
			"error: Deployment shop/products-api: spec.strategy: lets all pods terminate before new ones are ready; set it to RollingUpdate with maxUnavailable below 3, and dump the cluster again [migrate/traffic]\n" +
				"error: Deployment shop/products-privatejet: spec.strategy: lets all pods terminate before new ones are ready; set it to RollingUpdate with maxUnavailable below 2, and dump the cluster again [migrate/traffic]\n", true,
		},
		"a selector with expressions": {
			edited(t, "private-jet", "    selector:\n      matchLabels:\n        app: products-backend\n", "    selector:\n      matchExpressions:\n      - {key: app, operator: In, values: [products-backend]}\n"),
			"error: Deployment shop/products-privatejet: spec.selector: is {\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[\"products-backend\"]}]} in the cluster, which is immutable and which no annotation can express; remove the API or TargetEndpoint from the dump, and write it manually under another name [migrate/traffic]\n" +
				"error: Service shop/products-privatejet: spec.selector: app=products-backend,krm-fn.dev/workload=products-privatejet does not select the existing pods of Deployment products-privatejet; add the labels to the input, or fix the Service in the cluster, and dump the cluster again [migrate/traffic]\n", true,
		},
		"another address": {
			edited(t, "private-jet", "operatorMode: default", "operatorMode: clusterIP"),
			"warning: Service shop/products-api: spec.type: becomes ClusterIP, so the address 203.0.113.10 is released; move its clients first [migrate/traffic]\n", false,
		},
		"another port": {
			edited(t, "private-jet", "      port: 80\n      targetPort: 8080\n", "      port: 80\n      targetPort: 8081\n"),
			"warning: Deployment shop/products-privatejet: spec.template.spec.containers[products-pj-service].ports[8080]: is removed; make sure that nothing connects to the pods at this port [migrate/pods]\n" +
				"warning: Service shop/products-privatejet: spec.ports: port 80 targets 8081 instead of 8080; some of its requests fail until all pods are replaced [migrate/traffic]\n", false,
		},
		"API that goes": {
			edited(t, "private-jet", "    generation: 4\n", "    generation: 4\n    deletionTimestamp: \"2021-06-14T07:00:00Z\"\n"),
			"error: dump.yaml: API shop/products-api: is being deleted, along with the objects that it owns; wait until it is gone, or restore it, then dump the cluster again [migrate/dump]\n", true,
		},
		"no Deployment and no Service": {
			edited(t, "private-jet", "kind: Deployment", "kind: StatefulSet", "kind: Service\n", "kind: Servlet\n"),
			"error: the dump contains no Deployment, so nothing can be compared; " + createdWith + " [migrate/dump]\n" +
				"error: the dump contains no Service, so nothing can be compared; " + createdWith + " [migrate/dump]\n", true,
		},
		"nothing of the operator": {
			edited(t, "private-jet", "wso2.com/v1alpha1", "example.com/v1"),
			"error: the dump contains no API or TargetEndpoint of wso2.com; " + createdWith + " [migrate/dump]\n", true,
		},
		"nothing that the pods use": {
			edited(t, "private-jet",
				"        imagePullSecrets:\n        - name: docker-registry-credentials\n", "        imagePullSecrets:\n        - name: team-registry\n"+
					"        hostAliases:\n        - {ip: 192.0.2.7, hostnames: [keys.example.com]}\n"+
					"        volumes:\n        - {name: a-vol, configMap: {name: a}}\n",
				"          name: mgwproducts-api\n", "          name: mgwproducts-api\n          env:\n          - {name: A, value: b}\n          envFrom:\n          - configMapRef: {name: e}\n"+
					"          volumeMounts:\n          - {name: a-vol, mountPath: /a}\n"),
			"warning: Deployment shop/products-api: spec.template.spec.containers[mgw].envFrom[{\"configMapRef\":{\"name\":\"e\"}}]: is removed; make sure that the container works without it, or add it to mgw-deployment-configs [migrate/pods]\n" +
				"warning: Deployment shop/products-api: spec.template.spec.containers[mgw].env[A]: is removed; make sure that the container works without it, or add it to spec.environmentVariables of the API [migrate/pods]\n" +
				"warning: Deployment shop/products-api: spec.template.spec.containers[mgw].volumeMounts[/a]: is removed; make sure that the container works without it, or add it to mgw-deployment-configs [migrate/pods]\n" +
				"warning: Deployment shop/products-api: spec.template.spec.hostAliases[keys.example.com]: is removed; make sure that DNS resolves it, or add it to hostAliases of mgw-deployment-configs in namespace wso2-system [migrate/pods]\n" +
				"warning: Deployment shop/products-api: spec.template.spec.imagePullSecrets[team-registry]: is removed; make sure that all images can be pulled, or add it to imagePullSecretNames of docker-registry-config [migrate/pods]\n", false,
		},
		"another container": {
			edited(t, "private-jet", "      minReplicas: 1\n      name: products-pj-service\n", "      minReplicas: 1\n      name: products\n"),
			"warning: Deployment shop/products-privatejet: spec.template.spec.containers[products-pj-service]: is removed; make sure that the pods work without it [migrate/pods]\n", false,
		},
		"another type of a field": {
			edited(t, "private-jet", "    progressDeadlineSeconds: 600\n", "    progressDeadlineSeconds: soon\n"),
			"error: dump.yaml: Deployment shop/products-api: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.progressDeadlineSeconds of type int32 [input/type]\n" +
				"error: dump.yaml: Deployment shop/products-privatejet: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.progressDeadlineSeconds of type int32 [input/type]\n", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			items, ps := ReadDump(strings.NewReader(tc.dump), "dump.yaml")
			out, more := Run(Input{Items: items, Dir: outDir})
			ps.Add(more...)
			var got strings.Builder
			for _, p := range ps {
				if !strings.Contains(lines1(known), p.String()) && p.Severity != "info" {
					got.WriteString(p.String() + "\n")
				}
			}
			if diff := cmp.Diff(tc.want, got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if ps.HasErrors() != tc.fails || tc.fails == (len(out.Files) > 0) {
				t.Errorf("errors: %t, %d files", ps.HasErrors(), len(out.Files))
			}
		})
	}
}

func TestPullPolicy(t *testing.T) {
	for image, want := range map[string]string{
		"nginx": "Always", "nginx:latest": "Always", "nginx:1": "IfNotPresent", "localhost:5000/nginx": "Always",
		"localhost:5000/nginx:1": "IfNotPresent", "nginx@sha256:0": "IfNotPresent",
	} {
		if got := pullPolicy(image); got != want {
			t.Errorf("%s: got %s, want %s", image, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for s, want := range map[string]string{
		"migration/manifests": "migration/manifests", "my files": "'my files'", "it's": `'it'\''s'`, "$(reboot)": "'$(reboot)'", "": "''",
	} {
		if got := Quote(s); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
