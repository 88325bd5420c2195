package swagger

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExtensions(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"known ones, and those of others": {
			text: `x-wso2-cors: {}
x-wso2-throttling-tier: gold
x-wso2-owner: me
x-amazon-apigateway: {}
x-wso2: {}
X-Wso2-Mode: sidecar
paths:
  /a:
    x-wso2-request-interceptor: a
    x-throttling-tier: b
    get: {x-wso2-disable-security: true, x-auth-type: None}
`,
			want: []string{
				`warning: api.yaml: x-wso2: line 7: unknown extension "x-wso2" [swagger/extension]`,
				`warning: api.yaml: X-Wso2-Mode: line 8: unknown extension "X-Wso2-Mode"; did you mean "x-wso2-mode"? [swagger/extension]`,
			},
		},
		"misspelled ones": {
			text: `info: {x-wso2-moed: sidecar}
x-wso2-basetpath: /a
x-wso2-basepath: /a
x-wso2-production-endpoint: b
x-wso2-zzz: b
paths:
  x-wso2-corse: {}
  /a:
    x-wso2-transport: http
    get: {x-wso2-sandbox-endpoint: c}
`,
			want: []string{
				`warning: api.yaml: info.x-wso2-moed: line 3: unknown extension "x-wso2-moed"; did you mean "x-wso2-mode"? [swagger/extension]`,
				`warning: api.yaml: x-wso2-basetpath: line 4: unknown extension "x-wso2-basetpath"; did you mean "x-wso2-basePath"? [swagger/extension]`,
				`warning: api.yaml: x-wso2-basepath: line 5: unknown extension "x-wso2-basepath"; did you mean "x-wso2-basePath"? [swagger/extension]`,
				`warning: api.yaml: x-wso2-production-endpoint: line 6: unknown extension "x-wso2-production-endpoint"; did you mean "x-wso2-production-endpoints"? [swagger/extension]`,
				`warning: api.yaml: x-wso2-zzz: line 7: unknown extension "x-wso2-zzz" [swagger/extension]`,
				`warning: api.yaml: paths.x-wso2-corse: line 9: unknown extension "x-wso2-corse"; did you mean "x-wso2-cors"? [swagger/extension]`,
				`warning: api.yaml: paths["/a"].x-wso2-transport: line 11: unknown extension "x-wso2-transport"; did you mean "x-wso2-transports"? [swagger/extension]`,
				`warning: api.yaml: paths["/a"].get.x-wso2-sandbox-endpoint: line 12: unknown extension "x-wso2-sandbox-endpoint"; did you mean "x-wso2-sandbox-endpoints"? [swagger/extension]`,
			},
		},
		"where they have no effect": {
			text: `info: {x-wso2-basePath: /a}
paths:
  x-wso2-mode: sidecar
  /a:
    x-wso2-production-endpoints: {urls: [a]}
    x-wso2-sandbox-endpoints: a
    get: {x-wso2-endpoints: []}
`,
			want: []string{
				"warning: api.yaml: info.x-wso2-basePath: line 3: has no effect in info; set it at the root [swagger/extension]",
				"warning: api.yaml: paths.x-wso2-mode: line 5: has no effect in paths; set it at the root [swagger/extension]",
				`warning: api.yaml: paths["/a"].x-wso2-production-endpoints: line 7: has no effect on a path; set it at the root or on each operation [swagger/extension]`,
				`warning: api.yaml: paths["/a"].x-wso2-sandbox-endpoints: line 8: has no effect on a path; set it at the root or on each operation [swagger/extension]`,
				`warning: api.yaml: paths["/a"].get.x-wso2-endpoints: line 9: has no effect on an operation; set it at the root [swagger/extension]`,
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			facts, problems := read("openapi: 3.0.0\nservers: [{url: 'https://h'}]\n" + tt.text)
			if d := cmp.Diff(oneOperation, strings.Join(facts, "\n")); d != "" {
				t.Errorf("facts (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.want, problems); d != "" {
				t.Errorf("problems (-want +got):\n%s", d)
			}
		})
	}
}
