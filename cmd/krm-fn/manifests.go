package main

import (
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// readItems reads the resources of files and directories, and of standard input if a path is "-". What cannot be read is reported,
// and is no reason not to check the rest.
func readItems(paths []string, stdin io.Reader) ([]*krm.Item, model.Problems) {
	var items []*krm.Item
	var ps model.Problems
	for _, name := range paths {
		var p krm.Package
		var more model.Problems
		if name == "-" {
			p, more = krm.ReadStream(stdin, "-")
		} else {
			p, more = krm.ReadPackage(name)
		}
		ps.Add(unread(more, len(paths) > 1)...)
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			p.Items = withoutPatches(name, p.Items, &ps)
		}
		items = append(items, p.Items...)
	}
	return items, ps
}

// unread explains the errors of files that could not be read. A file that does not look like a manifest is only mentioned if it was
// found in a directory, or, with several paths, possibly by a wildcard of the shell.
func unread(ps model.Problems, several bool) model.Problems {
	var out model.Problems
	var last string
	for _, p := range ps {
		file := p.Place.File
		if p.Severity != model.Error || file == "" {
			out.Add(p)
			continue
		}
		if file == last {
			continue // One error tells that the file is not checked.
		}
		last = file
		content, err := krm.ReadFile(filepath.Dir(file), filepath.Base(file))
		text := string(content)
		isManifest := strings.Contains(text, "apiVersion") && strings.Contains(text, "kind")
		switch {
		case err != nil:
		case strings.Contains(text, "{{") && p.ID != model.InputFile:
			p.Message = "is a template, so it is not checked; render it first, such as with helm template"
		case !isManifest && (p.ID != model.InputFile || several):
			p.Severity, p.Message = model.Info, "is not a Kubernetes manifest; it is ignored"
		default:
			p.Message += "; the file is not checked"
		}
		out.Add(p)
	}
	return out
}

// kustomizationFiles are the names that kustomize recognizes.
var kustomizationFiles = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// kustomization has the fields that refer to patches.
type kustomization struct {
	Patches               []struct{ Path string }
	PatchesJSON6902       []struct{ Path string } `yaml:"patchesJson6902"`
	PatchesStrategicMerge []string                `yaml:"patchesStrategicMerge"`
}

// withoutPatches removes the items that kustomizations below a directory use as patches, because these are incomplete objects, and
// says how to check what a kustomization builds.
func withoutPatches(root string, items []*krm.Item, ps *model.Problems) []*krm.Item {
	patches, found, seen := map[string]bool{}, map[string]string{}, map[string]bool{}
	root = path.Clean(filepath.ToSlash(root))
	for _, it := range items {
		for dir := path.Dir(it.Place.File); !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			if dir == root || root == "." || strings.HasPrefix(dir, root+"/") {
				readKustomization(dir, found, patches)
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(found)) {
		inner := false
		for up := dir; up != path.Dir(up) && !inner; {
			up = path.Dir(up)
			_, inner = found[up]
		}
		if !inner {
			ps.Infof(model.InputFile, model.Place{File: found[dir]},
				"is not applied, so its files are checked as they are; to check the result, run: kustomize build %s | krm-fn check -", dir)
		}
	}
	return slices.DeleteFunc(items, func(it *krm.Item) bool { return patches[it.Place.File] })
}

// readKustomization adds the kustomization of a directory to found, and its patches to patches.
func readKustomization(dir string, found map[string]string, patches map[string]bool) {
	for _, name := range kustomizationFiles {
		text, err := krm.ReadFile(filepath.FromSlash(dir), name)
		if err != nil {
			continue
		}
		found[dir] = path.Join(dir, name)
		var k kustomization
		if yaml.Unmarshal(text, &k) != nil {
			continue // kustomize reports it.
		}
		files := k.PatchesStrategicMerge
		for _, p := range slices.Concat(k.Patches, k.PatchesJSON6902) {
			files = append(files, p.Path)
		}
		for _, file := range files {
			patches[path.Join(dir, file)] = true
		}
	}
}
