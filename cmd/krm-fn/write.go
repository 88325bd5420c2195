package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/cmd/krm-fn/internal/atomicdir"
	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// writeDir writes one file to dir for each rendered object, all at once or none. It removes files that an earlier run on the same
// source wrote and that are no longer rendered. It never changes other files, even if it requires their names. It returns a
// summary.
func writeDir(dir string, paths []string, out gen.Output) (string, error) {
	w := dirWriter{dir: dir, owner: out.Owner, items: map[string]*krm.Item{}}
	for _, it := range out.Rendered {
		name := gen.FileName(it.Place.Object)
		w.names, w.items[name] = append(w.names, name), it
	}
	// The name of a RenderAPIs tells sources apart. Without one, the owner is always krm-fn, and the paths do.
	if !strings.Contains(out.Owner, "/") {
		w.source = sourceOf(dir, paths)
	}
	if err := atomicdir.Update(dir, w.decide); err != nil {
		return "", &failure{err}
	}
	if w.written+w.removed == 0 {
		return dir + " is up to date\n", nil
	}
	summary := fmt.Sprintf("wrote %s to %s", files(w.written), dir)
	if w.removed > 0 {
		summary += fmt.Sprintf(", removed %d", w.removed)
	}
	return summary + "\n", nil
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

// dirWriter writes what a run rendered to a directory.
type dirWriter struct {
	dir, owner string
	// source are the paths that were rendered; nil if the owner tells them apart.
	source []string
	names  []string
	items  map[string]*krm.Item
	// written and removed count the files.
	written, removed int
}

// decide compares the directory with what was rendered.
func (w *dirWriter) decide() (*atomicdir.Change, error) {
	there, err := entries(w.dir)
	if err != nil {
		return nil, err
	}
	known, err := readSources(w.dir)
	if err != nil {
		return nil, err
	}
	same, err := w.compare(there)
	if err != nil {
		return nil, err
	}
	var change atomicdir.Change
	for _, name := range w.names {
		if err := w.conflict(there[name], same[name], known.other(name, w.source)); err != nil {
			return nil, err
		}
		if !same[name] {
			change.Names = append(change.Names, name)
		}
	}
	for name, e := range there {
		if w.items[name] == nil && known.other(name, w.source) == nil && w.owns(e) {
			change.Remove = append(change.Remove, name)
		}
	}
	w.written, w.removed = len(change.Names), len(change.Remove)
	written := slices.Clone(change.Names)
	record, changed, err := known.with(w.source, w.names)
	switch {
	case err != nil:
		return nil, err
	case changed && record == nil:
		change.Remove = append(change.Remove, sourcesFile)
	case changed:
		change.Names = append(change.Names, sourcesFile)
	case there != nil && w.written+w.removed == 0:
		return nil, nil
	}
	change.Write = func(put func(string, []byte) error) error {
		if record != nil {
			if err := put(sourcesFile, record); err != nil {
				return err
			}
		}
		return w.encode(written, put)
	}
	return &change, nil
}

// entries returns the entries of a directory by name, nil if it does not exist.
func entries(dir string) (map[string]fs.DirEntry, error) {
	all, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	there := map[string]fs.DirEntry{}
	for _, e := range all {
		there[e.Name()] = e
	}
	return there, err
}

// conflict returns an error if the file e is not to be replaced. same means that it has the right content already; other is the
// other source that wrote it, if there is one.
func (w *dirWriter) conflict(e fs.DirEntry, same bool, other *source) error {
	switch {
	case e == nil:
		return nil
	case !same && !w.owns(e):
		return fmt.Errorf("%s already exists, and this configuration did not render it; move it, or choose another directory",
			filepath.Join(w.dir, e.Name()))
	case other != nil:
		return fmt.Errorf("%s was rendered from %s, and %s needs the same name; render both in one call, or choose another directory",
			filepath.Join(w.dir, e.Name()), strings.Join(other.Paths, " and "), strings.Join(w.source, " and "))
	}
	return nil
}

// encode calls put with the texts of files.
func (w *dirWriter) encode(names []string, put func(name string, text []byte) error) error {
	items := make([]*krm.Item, len(names))
	for i, name := range names {
		items[i] = w.items[name]
	}
	i := 0
	return krm.Encode(items, func(_ *krm.Item, text []byte) error {
		i++
		return put(names[i-1], text)
	})
}

// compare returns the files that are there as they were rendered.
func (w *dirWriter) compare(there map[string]fs.DirEntry) (map[string]bool, error) {
	var names []string
	for _, name := range w.names {
		if e := there[name]; e != nil && e.Type().IsRegular() {
			names = append(names, name)
		}
	}
	same := map[string]bool{}
	err := w.encode(names, func(name string, text []byte) error {
		got, err := krm.ReadFile(w.dir, name)
		same[name] = err == nil && bytes.Equal(got, text)
		return nil
	})
	return same, err
}

// owns reports whether a file contains a single object that the same function configuration rendered, and has the name of such a
// file.
func (w *dirWriter) owns(e fs.DirEntry) bool {
	if !e.Type().IsRegular() || filepath.Ext(e.Name()) != ".yaml" {
		return false
	}
	text, err := krm.ReadFile(w.dir, e.Name())
	if err != nil || !bytes.Contains(text, []byte(w.owner)) {
		return false // A file that cannot be read, or is too large, is not ours.
	}
	docs, _ := krm.ParseAll(string(text), model.Place{})
	if len(docs) != 1 {
		return false
	}
	it := krm.NewItem(docs[0].Root)
	return gen.Owner(it) == w.owner && gen.FileName(it.Place.Object) == e.Name()
}
