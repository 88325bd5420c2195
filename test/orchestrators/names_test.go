package orchestrators

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// renamings are changes of names and labels by a kustomization. VALUE differs from kustomization to kustomization.
var renamings = []struct{ name, fields string }{
	{"nothing", ""},
	{"namePrefix", "namePrefix: VALUE-\n"},
	{"nameSuffix", "nameSuffix: -VALUE\n"},
	{"namespace", "namespace: VALUE\n"},
	{"commonLabels", "commonLabels: {team: VALUE}\n"},
	{"commonLabels app", "commonLabels: {app: VALUE}\n"},
	{"labels", "labels: [{pairs: {team: VALUE}}]\n"},
	{"labels app", "labels: [{pairs: {app: VALUE}}]\n"},
	{"labels with templates", "labels: [{pairs: {team: VALUE}, includeTemplates: true}]\n"},
	{"labels with selectors", "labels: [{pairs: {team: VALUE}, includeSelectors: true}]\n"},
	{"labels app with selectors", "labels: [{pairs: {app: VALUE}, includeSelectors: true}]\n"},
	{"all at once", "namePrefix: VALUE-\nnameSuffix: -VALUE\nnamespace: VALUE\n" +
		"commonAnnotations: {note: VALUE}\nlabels: [{pairs: {team: VALUE}, includeSelectors: true}]\n"},
}

// TestNamesInTheSameKustomization checks that krm-fn renders valid manifests regardless of the names and labels that a
// kustomization changes, although documents, annotations and metrics refer to objects by the names that they have in their files.
func TestNamesInTheSameKustomization(t *testing.T) {
	t.Parallel()
	for _, r := range renamings {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			dir := folderOf(t, filepath.Join("testdata", "shop"))
			appendTo(t, filepath.Join(dir, "kustomization.yaml"), strings.ReplaceAll(r.fields, "VALUE", "in"))
			sound(t, mustBuild(t, dir, "."))
		})
	}
}

// TestNamesInAnOuterKustomization shows what happens to rendered manifests when another kustomization renames and labels them.
// testdata/names.txt lists what kustomize does not carry over; docs/kustomize.md says how to fix it.
func TestNamesInAnOuterKustomization(t *testing.T) {
	t.Parallel()
	type outcome struct{ title, lines string }
	outcomes := make([]outcome, 2*len(renamings))
	t.Run("build", func(t *testing.T) {
		for i, r := range renamings {
			for j, both := range []bool{false, true} {
				title, inner := "outer "+r.name, ""
				if both {
					title, inner = "inner and outer "+r.name, strings.ReplaceAll(r.fields, "VALUE", "in")
				}
				t.Run(title, func(t *testing.T) {
					t.Parallel()
					dir := shopWithOuter(t, inner, strings.ReplaceAll(r.fields, "VALUE", "out"))
					objects := mustBuild(t, dir, "outer")
					for _, s := range leftovers(objects) {
						t.Errorf("must not be in the output: %s", s)
					}
					valid(t, objects)
					lines := breaks(t, objects)
					if r.name == "all at once" {
						lines = append(names(objects), lines...)
					}
					if len(lines) == 0 {
						lines = []string{"sound"}
					}
					outcomes[2*i+j] = outcome{title, strings.Join(lines, "\n  ")}
				})
			}
		}
	})
	var text strings.Builder
	for _, o := range outcomes {
		fmt.Fprintf(&text, "%s:\n  %s\n", o.title, o.lines)
	}
	golden(t, "names.txt", text.String())
}

// shopWithOuter copies testdata/shop to the directory inner, adds fields to its kustomization, and puts a kustomization over it.
func shopWithOuter(t *testing.T, inner, outer string) string {
	t.Helper()
	dir := filepath.Dir(folderOf(t, filepath.Join("testdata", "shop")))
	appendTo(t, filepath.Join(dir, "shop", "kustomization.yaml"), inner)
	write(t, dir, map[string]string{"outer/kustomization.yaml": "resources: [../shop]\n" + outer})
	return dir
}
