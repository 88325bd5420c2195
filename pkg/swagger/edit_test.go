package swagger

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddition(t *testing.T) {
	const block = "x-wso2-production-endpoints:\n  urls:\n  - pets\n"
	for name, tc := range map[string]struct{ text, before, added string }{
		"before paths": {"openapi: 3.0.3\ninfo: {title: a, version: v1}\npaths: {}\n", "paths:", block},
		"above the comments of paths": {
			"# Pets.\nopenapi: 3.0.3 # new\n\n# What there is.\n# All of it.\npaths:\n  /a:\n    get: {}\n# the end", "# What there is.", block,
		},
		"below a text with a #":      {"swagger: \"2.0\"\nx-about: |\n  a\n  # no comment\npaths: {}\n", "paths:", block},
		"below a comment of another": {"openapi: 3.0.3\ninfo:\n  title: a\n  # of info\npaths: {}\n", "paths:", block},
		"without paths":              {"# top\n---\nopenapi: 3.1.0\ninfo: {title: a, version: v1}\n...\n", "openapi:", block},
		"indented": {
			"  openapi: 3.0.3\n  paths: {}\n", "  paths:", "  x-wso2-production-endpoints:\n    urls:\n    - pets\n",
		},
		"of Windows":             {"openapi: 3.0.3\r\npaths: {}\r\n", "paths:", strings.ReplaceAll(block, "\n", "\r\n")},
		"with a byte order mark": {"\xef\xbb\xbfopenapi: 3.0.3\npaths: {}\n", "paths:", block},
		"quoted key":             {"openapi: 3.0.3\n\"paths\": {}\n", "\"paths\"", block},
		"JSON":                   {`{"openapi": "3.0.3", "paths": {}}`, `"openapi"`, `"x-wso2-production-endpoints": {"urls": ["pets"]}, `},
		"JSON in lines": {
			"{\n  \"openapi\": \"3.0.3\",\n  \"paths\": {}\n}\n", `"openapi"`, "\"x-wso2-production-endpoints\": {\"urls\": [\"pets\"]},\n  ",
		},
		"flow style": {"{openapi: 3.0.3, # why not\n paths: {}}", "openapi", `"x-wso2-production-endpoints": {"urls": ["pets"]}, `},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Addition{Target: "pets"}.AddTo([]byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			i := strings.Index(tc.text, tc.before)
			if diff := cmp.Diff(tc.text[:i]+tc.added+tc.text[i:], string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			doc, ps := Read(string(got), testPlace)
			if ps.HasErrors() || len(doc.Endpoints) != 1 || doc.Endpoints[0].Target.Name != "pets" {
				t.Errorf("endpoints %v, problems %v", doc, ps)
			}
		})
	}
}

func TestAdditionQuotesNames(t *testing.T) {
	got, err := Addition{Target: "true"}.AddTo([]byte("openapi: 3.0.3\npaths: {}\n"))
	if want := "openapi: 3.0.3\nx-wso2-production-endpoints:\n  urls:\n  - \"true\"\npaths: {}\n"; err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestAdditionWhereItCannot(t *testing.T) {
	const (
		layout = "its layout does not allow an automatic edit; add x-wso2-production-endpoints: {urls: [pets]} at its root"
		has    = "it has x-wso2-production-endpoints"
	)
	for name, tc := range map[string]struct{ text, want string }{
		"no YAML":           {"openapi: [", layout},
		"a list":            {"- openapi: 3.0.3\n", layout},
		"no document":       {"info: {title: a}\n", layout},
		"an explicit key":   {"openapi: 3.0.3\n? paths\n: {}\n", layout},
		"below a directive": {"%YAML 1.2\n--- {openapi: 3.0.3, paths: {}}\n", layout},
		"has one":           {"openapi: 3.0.3\nx-wso2-production-endpoints: {urls: [cats]}\npaths: {}\n", has},
		"has one, in JSON":  {`{"openapi": "3.0.3", "x-wso2-production-endpoints": "cats"}`, has},
	} {
		if got, err := (Addition{Target: "pets"}).AddTo([]byte(tc.text)); err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestAdditionPublic(t *testing.T) {
	for text, want := range map[string]string{
		"openapi: 3.0.3\npaths: {}\n": "openapi: 3.0.3\nx-wso2-production-endpoints:\n  urls:\n  - pets\nx-wso2-disable-security: true # " +
			"everyone can call the API; without this line, clients need a token\npaths: {}\n",
		`{"openapi": "3.0.3", "paths": {}}`: `{"x-wso2-production-endpoints": {"urls": ["pets"]}, "x-wso2-disable-security": true, ` +
			`"openapi": "3.0.3", "paths": {}}`,
	} {
		got, err := Addition{Target: "pets", Public: true}.AddTo([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	for text, want := range map[string]string{
		"openapi: 3.0.3\nx-wso2-disable-security: false\npaths: {}\n": "it has x-wso2-disable-security",
		"openapi: 3.0.3\n? paths\n: {}\n": "its layout does not allow an automatic edit; add " +
			"x-wso2-production-endpoints: {urls: [pets]} and x-wso2-disable-security: true at its root",
	} {
		if got, err := (Addition{Target: "pets", Public: true}).AddTo([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%v\n%s", err, got)
		}
	}
}
