package swagger

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestBasePath(t *testing.T) {
	const v3, v2 = "openapi: 3.0.0\n", "swagger: 2.0\nhost: h\n"
	const at = "api.yaml: x-wso2-basePath: line 2: "
	tests := map[string]struct {
		text, want, problem string
	}{
		"plain":                  {v3 + "x-wso2-basePath: /a/b-c_d.e~f\n", "/a/b-c_d.e~f", ""},
		"the root":               {v3 + "x-wso2-basePath: /\n", "/", ""},
		"a slash at the end":     {v3 + "x-wso2-basePath: /a/\n", "/a", ""},
		"the version, twice":     {v3 + "x-wso2-basePath: /{version}/a-{version}\ninfo: {version: 1.0}\n", "/1.0/a-1.0", ""},
		"beats servers":          {v3 + "x-wso2-basePath: /a\nservers: [{url: 'http://h/b'}]\n", "/a", ""},
		"beats basePath":         {v2 + "x-wso2-basePath: /a\nbasePath: /b\n", "/a", ""},
		"basePath":               {v2 + "basePath: /b/{version}\ninfo: {version: v3}\n", "/b/v3", ""},
		"basePath in OpenAPI 3":  {v3 + "basePath: /b\n", "", ""},
		"servers in Swagger":     {v2 + "servers: [{url: 'http://h/b'}]\n", "", ""},
		"a server":               {v3 + "servers: [{url: 'https://h:80/b/c/?d#e'}, {url: /x}]\n", "/b/c", ""},
		"a relative server":      {v3 + "servers: [{url: /b}]\n", "/b", ""},
		"a server without path":  {v3 + "servers: [{url: 'https://h'}]\n", "", ""},
		"a server with a slash":  {v3 + "servers: [{url: //h/}]\n", "/", ""},
		"a server with defaults": {v3 + "servers: [{url: 'https://{h}/{b}/c', variables: {h: {default: x}, b: {default: y}}}]\n", "/y/c", ""},
		"no servers":             {v3 + "servers: []\n", "", ""},
		"a server without url":   {v3 + "servers: [{}]\n", "", ""},

		"empty":            {v3 + "x-wso2-basePath:\n", "", "error: " + at + "is empty; use a path such as /petstore/{version}"},
		"no slash":         {v3 + "x-wso2-basePath: a\n", "", "error: " + at + `"a" does not begin with a slash; use "/a"`},
		"nothing like it":  {v3 + "x-wso2-basePath: a b\n", "", "error: " + at + `"a b" does not begin with a slash`},
		"a blank":          {v3 + "x-wso2-basePath: /a b\n", "", "error: " + at + `"/a b" contains " ", which a path cannot have`},
		"a query":          {v3 + "x-wso2-basePath: /a?b\n", "", "error: " + at + `"/a?b" contains "?", which a path cannot have`},
		"an open brace":    {v3 + "x-wso2-basePath: /a{\n", "", "error: " + at + `"/a{" contains "{", which a path cannot have`},
		"another template": {v3 + "x-wso2-basePath: '/a/{Version}'\n", "", "error: " + at + `"/a/{Version}" contains {Version}, which nothing replaces; only {version} is replaced`},
		"two slashes":      {v3 + "x-wso2-basePath: /a//b\n", "", "error: " + at + `"/a//b" contains "//", which a route cannot have`},
		"only slashes":     {v3 + "x-wso2-basePath: //\n", "", "error: " + at + `"//" contains "//", which a route cannot have`},
		"dots":             {v3 + "x-wso2-basePath: /a/..\n", "", "error: " + at + `"/a/.." contains "/../", which a route cannot have`},
		"a hidden slash":   {v3 + "x-wso2-basePath: /a%2Fb\n", "", "error: " + at + `"/a%2Fb" contains "%2F", which a route cannot have`},
		"a bad escape":     {v3 + "x-wso2-basePath: /a%2\n", "", "error: " + at + `"/a%2" contains a "%" that is not followed by two hexadecimal digits`},
		"a number":         {v3 + "x-wso2-basePath: 5\n", "", "error: " + at + `is a number (5); use a string in quotes: "5"`},
		"no version":       {v3 + "x-wso2-basePath: '/a/{version}'\n", "", "error: " + at + "uses {version}, but info.version is missing; add it"},
		"a bad version":    {v3 + "x-wso2-basePath: '/a/{version}'\ninfo: {version: 1 beta}\n", "", "error: " + at + `"/a/1 beta" contains " ", which a path cannot have`},
		"too long":         {v3 + "x-wso2-basePath: /" + strings.Repeat("a", 1000) + "\n", "", "error: " + at + "is longer than 1000 characters"},
		"too long a version": {
			v3 + "x-wso2-basePath: '/" + strings.Repeat("{version}", 90) + "'\ninfo: {version: " + strings.Repeat("a", 100) + "}\n", "",
			"error: " + at + "is longer than 1000 characters",
		},

		"basePath without a slash": {v2 + "basePath: b\n", "", `warning: api.yaml: basePath: line 3: "b" does not begin with a slash; it is not used`},
		"a server like none":       {v3 + "servers: [{url: 'http://h/{a}/b'}]\n", "", `warning: api.yaml: servers[0].url: line 2: "/{a}/b" contains {a}, which nothing replaces; only {version} is replaced; it is not used`},
		"a server that is a number": {
			v3 + "servers: [{url: 5}]\n", "",
			`warning: api.yaml: servers[0].url: line 2: "5" does not begin with a slash; it is not used`,
		},
		"a long server": {v3 + "servers: [{url: '/" + strings.Repeat("a", 1000) + "'}]\n", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			doc, ps := Read(tt.text, testPlace)
			if doc == nil {
				t.Fatal("no document")
			}
			if doc.BasePath != tt.want {
				t.Errorf("base path is %q, want %q", doc.BasePath, tt.want)
			}
			var got []string
			for _, p := range ps {
				if s := p.String(); s != needsOperation {
					got = append(got, s)
				}
			}
			want := tt.problem
			switch {
			case strings.Contains(want, "is a number"):
				want += " [input/type]"
			case want != "":
				want += " [swagger/base-path]"
			}
			if strings.Join(got, "\n") != want {
				t.Errorf("problems are\n%s\nwant\n%s", strings.Join(got, "\n"), want)
			}
		})
	}
}

func TestServers(t *testing.T) {
	for text, want := range map[string][]string{
		"openapi: 3.0.0\nservers: [{url: 'https://{h}/v1', variables: {h: {default: x}}}, {url: /v2}, {url: 'https://x/v1'}, {url: //y}]\n": {"https://x/v1", "//y"},
		"openapi: 3.0.0\nservers: [{url: 'https://x'}]\nx-wso2-production-endpoints: https://y\n":                                           nil,
		"openapi: 3.0.0\nservers: [{url: 'https://x'}]\nx-wso2-sandbox-endpoints: https://y\n":                                              {"https://x"},
		"openapi: 3.0.0\npaths: {/a: {servers: [{url: 'https://a'}], get: {servers: [{url: 'https://b'}]}, put: {servers: {}}}}\n":          {"https://a", "https://b"},
		"openapi: 3.0.0\npaths: {/a: {get: {servers: [{url: 'https://b'}], x-wso2-production-endpoints: https://y}}}\n":                     nil,
		"swagger: '2.0'\nhost: h\nbasePath: /v1\nschemes: [https, http]\n":                                                                  {"https://h/v1", "http://h/v1"},
		"swagger: '2.0'\nhost: h:80\nschemes: []\n":                                                                                         {"//h:80"},
		"swagger: '2.0'\nhost: h\nx-wso2-production-endpoints: https://y\n":                                                                 nil,
		"swagger: '2.0'\nservers: [{url: 'https://x'}]\n":                                                                                   nil,
	} {
		doc, _ := Read(text, model.Place{File: "api.yaml"})
		if doc == nil {
			t.Fatalf("%s is no document", text)
		}
		doc.Release()
		if diff := cmp.Diff(want, doc.Servers); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
