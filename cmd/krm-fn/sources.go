package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"
)

// sourcesFile is the file in a directory that says which paths its files were rendered from. kubectl and Argo CD only read names
// that end in .yaml, .yml, .json, or .jsonnet.
const sourcesFile = ".krm-fn-sources"

const sourcesComment = "# Written by krm-fn render -o: the files of each source. Keep it with them.\n"

// sources are those of a directory, in order.
type sources []*source

// source are the paths of one call, relative to the directory and in order, and the files that it wrote.
type source struct {
	Paths []string `yaml:"paths"`
	Files []string `yaml:"files"`
}

// sourceOf returns paths relative to dir, as a source has them.
func sourceOf(dir string, paths []string) []string {
	var all []string
	for _, name := range paths {
		rel, err := filepath.Rel(physical(dir), physical(name))
		if err != nil { // Another drive.
			rel = physical(name)
		}
		all = append(all, filepath.ToSlash(rel))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// physical returns an absolute path without symbolic links. The end of the path need not exist.
func physical(name string) string {
	name, err := filepath.Abs(name)
	if err != nil {
		return filepath.Clean(name)
	}
	if resolved, err := filepath.EvalSymlinks(name); err == nil {
		return resolved
	}
	if parent := filepath.Dir(name); parent != name {
		return filepath.Join(physical(parent), filepath.Base(name))
	}
	return name
}

func readSources(dir string) (sources, error) {
	name := filepath.Join(dir, sourcesFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all sources
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := errors.Join(err, decoder.Decode(&all)); err != nil {
		return nil, fmt.Errorf("%s: %w; remove the file", name, err)
	}
	for _, s := range all {
		slices.Sort(s.Files)
	}
	return all, nil
}

// other returns the source of a file, nil if the file has none or if the run on paths includes it: a run takes over the files of
// earlier runs on some of its paths.
func (all sources) other(file string, paths []string) *source {
	for _, s := range all {
		if paths != nil && s.has(file) && !within(s.Paths, paths) {
			return s
		}
	}
	return nil
}

func (s *source) has(file string) bool {
	_, ok := slices.BinarySearch(s.Files, file)
	return ok
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(name string) bool { return !slices.Contains(all, name) })
}

// with returns the record after a run on paths that wrote files, and whether that differs from the record. If no file is left,
// it is nil.
func (all sources) with(paths, files []string) (record []byte, changed bool, err error) {
	if paths == nil {
		return nil, false, nil
	}
	ours := &source{paths, slices.Sorted(slices.Values(files))}
	next := sources{ours}
	for _, s := range all {
		if !within(s.Paths, paths) {
			next = append(next, &source{s.Paths, slices.DeleteFunc(slices.Clone(s.Files), ours.has)})
		}
	}
	next = slices.DeleteFunc(next, func(s *source) bool { return len(s.Files) == 0 })
	slices.SortFunc(next, func(a, b *source) int { return slices.Compare(a.Paths, b.Paths) })
	changed = !slices.EqualFunc(all, next, func(a, b *source) bool {
		return slices.Equal(a.Paths, b.Paths) && slices.Equal(a.Files, b.Files)
	})
	if !changed || len(next) == 0 {
		return nil, changed, nil
	}
	record, err = yaml.Marshal(next)
	return append([]byte(sourcesComment), record...), true, err
}
