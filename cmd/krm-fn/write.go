package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// writeDir writes one file to dir for each rendered object. It writes all files under temporary names before it renames them,
// so a failure leaves the directory unchanged. It removes files of an earlier run that are no longer rendered, and never
// changes other files, even if it requires their names.
func writeDir(dir string, out gen.Output) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return &failure{err}
	}
	ours, err := ownFiles(dir, out.Owner)
	if err != nil {
		return &failure{err}
	}
	pending := map[string]string{}
	defer func() {
		for _, tmp := range pending {
			_ = os.Remove(tmp)
		}
	}()
	for _, it := range out.Rendered {
		name := gen.FileName(it.Place.Object)
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil && !ours[name] {
			return &failure{fmt.Errorf("%s already exists, and this configuration did not render it; "+
				"move it, or choose another directory", filepath.Join(dir, name))}
		}
		text, err := it.AppendTo(nil)
		if err != nil {
			return &failure{err}
		}
		if pending[name], err = writeTemporary(dir, text); err != nil {
			return &failure{err}
		}
	}
	for name, tmp := range pending {
		if err := os.Rename(tmp, filepath.Join(dir, name)); err != nil {
			return &failure{err}
		}
		delete(ours, name)
		delete(pending, name)
	}
	for name := range ours {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return &failure{err}
		}
	}
	return nil
}

func writeTemporary(dir string, text []byte) (string, error) {
	f, err := os.CreateTemp(dir, ".krm-fn-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// ownFiles returns the names of the files in dir that contain a single object that the same function configuration rendered,
// and that have the name of such a file.
func ownFiles(dir, owner string) (map[string]bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	ours := map[string]bool{}
	for _, e := range entries {
		if !e.Type().IsRegular() || filepath.Ext(e.Name()) != ".yaml" {
			continue
		}
		text, err := krm.ReadFile(dir, e.Name())
		if err != nil {
			continue // A file that cannot be read, or is too large, is not ours.
		}
		docs, _ := krm.ParseAll(string(text), model.Place{})
		if len(docs) != 1 {
			continue
		}
		if it := krm.NewItem(docs[0].Root); gen.Owner(it) == owner && gen.FileName(it.Place.Object) == e.Name() {
			ours[e.Name()] = true
		}
	}
	return ours, nil
}
