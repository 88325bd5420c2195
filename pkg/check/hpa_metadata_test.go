package check

import (
	"testing"
)

func TestHPAMetadata(t *testing.T) {
	meta := func(text string) string {
		return "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: " + text + "\nspec: {maxReplicas: 1}\n"
	}
	runCases(t, hpaMetadata, []checkCase{
		{name: "sound", text: meta("{name: web.v2, namespace: shop, labels: {app: web, a/b: }, annotations: {example.com/a: x y}}")},
		{name: "name", want: []string{
			`error: HorizontalPodAutoscaler Web_HPA: metadata.name: "Web_HPA" is not valid: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character [hpa/metadata]`,
		}, text: meta("{name: Web_HPA}")},
		{name: "namespace, label, and annotation", want: []string{
			`error: HorizontalPodAutoscaler Shop/web: metadata.annotations: "a/b/c" is not valid: a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character [hpa/metadata]`,
			`error: HorizontalPodAutoscaler Shop/web: metadata.labels: "a b" is not valid: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character [hpa/metadata]`,
			`error: HorizontalPodAutoscaler Shop/web: metadata.labels: "x y" is not valid: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character [hpa/metadata]`,
			`error: HorizontalPodAutoscaler Shop/web: metadata.namespace: "Shop" is not valid: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character [hpa/metadata]`,
		}, text: meta("{name: web, namespace: Shop, labels: {a b: x, a: x y}, annotations: {a/b/c: x}}")},
		{name: "what cannot be decoded is not judged", text: meta("{name: web, labels: {a: 5}}")},
	})
}
