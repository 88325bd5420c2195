package httproute

import (
	"regexp"
	"strings"
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// The rules of HTTPPathMatch and HTTPPathModifier in config/crd/standard.
var (
	validPath = regexp.MustCompile(`^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$`)
	invalid   = []string{"//", "/./", "/../", "%2f", "%2F", "#"}
)

func checkPath(t *testing.T, path string) {
	t.Helper()
	if len(path) > 1024 || !strings.HasPrefix(path, "/") || !validPath.MatchString(path) || strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..") {
		t.Errorf("%q is not a valid path", path)
	}
	for _, s := range invalid {
		if strings.Contains(path, s) {
			t.Errorf("%q contains %q", path, s)
		}
	}
}

// FuzzRules checks that every path becomes a problem, or a rule that an API server accepts and whose match is that of the template.
func FuzzRules(f *testing.F) {
	for _, path := range []string{"/", "/a/{b}", "/a b/{c}.json", "/{", "/a/./b", "/..", "/%2F", "/é/%zz", "/{a}{b}", "/a/{b}/c/{d}", "x", "/a?b"} {
		f.Add(path, "", "")
		f.Add(path, "/v1", "/api")
	}
	f.Fuzz(func(t *testing.T, path, base, target string) {
		// Base paths, and the paths of URLs, are valid.
		for _, s := range []string{base, target} {
			if s != "" && (!strings.HasPrefix(s, "/") || strings.HasSuffix(s, "/") || !validPath.MatchString(s) || pathProblem("", s) != "") {
				return
			}
		}
		if len(base)+len(target) > 100 {
			return
		}
		rules, ps := New([]API{{BasePath: base, Operations: operations(at(a, target), "GET "+path)}}, true)
		if ps.HasErrors() != (len(rules.All) == 0) {
			t.Fatalf("%d rules, and the problems %v", len(rules.All), ps)
		}
		for _, r := range rules.All {
			for _, m := range r.Matches {
				if *m.Path.Type != gatewayv1.PathMatchRegularExpression {
					checkPath(t, *m.Path.Value)
					continue
				}
				re, err := regexp.Compile(*m.Path.Value)
				instance := encode(parameter().ReplaceAllString(base+path, "x"))
				if err != nil || !re.MatchString(instance) || re.MatchString(instance+"/y") {
					t.Errorf("%s: %v; it should match %s, and nothing below it", *m.Path.Value, err, instance)
				}
			}
			for _, filter := range r.Filters {
				if p := filter.URLRewrite.Path; p.ReplaceFullPath != nil {
					checkPath(t, *p.ReplaceFullPath)
				} else {
					checkPath(t, *p.ReplacePrefixMatch)
				}
			}
		}
	})
}
