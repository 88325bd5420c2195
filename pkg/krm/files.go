package krm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Package is a directory, or a single file, of Kubernetes resources.
type Package struct {
	// Root is the directory as the user named it.
	Root string
	// Items contains the resources in the order of their files.
	Items []*Item
}

// notResources contains files of other tools that look like resources.
var notResources = []string{"kustomization.yaml", "kustomization.yml", "Kustomization", "Kptfile", "Chart.yaml"}

// ReadPackage reads the resources of a file, or of all YAML and JSON files of a directory and its subdirectories. It skips
// hidden files and directories, and symbolic links. In a directory, it also skips a document that is not a resource, such as
// an OpenAPI document, and adds an info.
func ReadPackage(name string) (Package, model.Problems) {
	var ps model.Problems
	info, err := os.Stat(name)
	if err != nil {
		ps.Errorf(model.InputFile, model.Place{File: name}, "%v", reason(err))
		return Package{}, ps
	}
	p := Package{Root: name}
	if !info.IsDir() {
		p.Root = filepath.Dir(name)
		p.readFile(filepath.Base(name), true, &ps)
		return p, ps
	}
	var files []string
	err = fs.WalkDir(os.DirFS(name), ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			ps.Errorf(model.InputFile, model.Place{File: path.Join(filepath.ToSlash(name), file)}, "%v", reason(err))
		case d.IsDir() && file != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".") || slices.Contains(notResources, d.Name()):
		case slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(file)):
			files = append(files, file)
		}
		return nil
	})
	if err != nil {
		ps.Errorf(model.InputFile, model.Place{File: name}, "%v", reason(err))
	}
	parts, problems := make([]Package, len(files)), make([]model.Problems, len(files))
	Parallel(len(files), func(i int) {
		parts[i].Root = name
		parts[i].readFile(files[i], false, &problems[i])
	})
	for i, part := range parts {
		p.Items = append(p.Items, part.Items...)
		ps.Add(problems[i]...)
	}
	return p, ps
}

// ReadStream reads the resources of a stream of YAML documents, such as the output of helm template. Messages call it name.
func ReadStream(r io.Reader, name string) (Package, model.Problems) {
	p := Package{Root: "."}
	text, ps := ReadText(r, model.Place{File: name})
	if len(ps) > 0 {
		return p, ps
	}
	p.readText(text, name, true, &ps)
	return p, ps
}

// ReadText reads a stream to its end. It rejects more than MaxStream bytes, with little more than that in memory.
func ReadText(r io.Reader, at model.Place) (string, model.Problems) {
	var ps model.Problems
	var all strings.Builder
	var pieces [][]byte
	size := 0
	for done := false; !done; {
		piece := make([]byte, 1<<20)
		n, err := io.ReadFull(r, piece)
		pieces, size, done = append(pieces, piece[:n]), size+n, err != nil
		switch {
		case size > MaxStream:
			ps.Errorf(model.InputLimit, at, tooLarge, MaxStream>>20)
			return "", ps
		case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			ps.Errorf(model.InputFile, at, "%v", reason(err))
			return "", ps
		}
	}
	all.Grow(size)
	for i, piece := range pieces {
		_, _ = all.Write(piece)
		pieces[i] = nil
	}
	return all.String(), nil
}

func (p *Package) readFile(name string, must bool, ps *model.Problems) {
	shown := path.Join(filepath.ToSlash(p.Root), name)
	text, err := readBelow(p.Root, name, MaxStream)
	if err != nil {
		ps.Errorf(model.InputFile, model.Place{File: shown}, "%v", reason(err))
		return
	}
	p.readText(string(text), shown, must, ps)
}

func (p *Package) readText(text, shown string, must bool, ps *model.Problems) {
	docs, more := parseValues(text, model.Place{File: shown})
	ps.Add(more...)
	for _, doc := range docs {
		p.addDocument(doc, shown, must, ps)
	}
}

func (p *Package) addDocument(doc Document, shown string, must bool, ps *model.Problems) {
	it := identify(doc.Root)
	it.Place.File, it.Place.Index = shown, doc.Index
	if items := Get(doc.Root, "items"); strings.HasSuffix(it.Place.Object.Kind, "List") && items != nil {
		for _, n := range items.Content {
			p.addDocument(Document{Root: n, Index: doc.Index}, shown, must, ps)
		}
		return
	}
	switch {
	case it.Place.Object.APIVersion != "" && it.Place.Object.Kind != "":
		if doc.Text != "" {
			p.Items = append(p.Items, newItem(it, documentBody{text: doc.Text}))
		} else {
			p.Items = append(p.Items, newItem(it, nodeBody{doc.Root}))
		}
	case must:
		ps.Errorf(model.InputFile, model.Place{File: shown}.At(doc.Root.Line),
			"is not a Kubernetes resource: apiVersion or kind is missing")
	default:
		ps.Infof(model.InputFile, model.Place{File: shown}, "contains a document that is not a Kubernetes resource; it is ignored")
	}
}

// ReadFile reads a file below the directory root. Neither ".." nor a symbolic link can leave it. It rejects a file that is not
// regular or too large.
func ReadFile(root, name string) ([]byte, error) { return readBelow(root, name, MaxText) }

func readBelow(root, name string, most int) ([]byte, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return readBounded(r.Stat, r.Open, filepath.FromSlash(name), most)
}

// ReadNamed reads a file that the user names, wherever it is. It rejects a file that is not regular or too large.
func ReadNamed(name string) ([]byte, error) { return ReadUpTo(name, MaxText) }

// ReadUpTo is ReadNamed for a file of at most a number of bytes.
func ReadUpTo(name string, most int) ([]byte, error) {
	return readBounded(os.Stat, os.Open, name, most)
}

// ReadPackageFile reads a file of a package like ReadFile. The directory of the package, an absolute path, must be in root.
func ReadPackageFile(root, dir, name string) ([]byte, error) {
	within, err := below(root, dir)
	if err != nil {
		return nil, fmt.Errorf("the package is not in the working directory; run the command in %s", filepath.Dir(dir))
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	p, err := r.OpenRoot(within)
	if err != nil {
		return nil, outside(reason(err))
	}
	defer func() { _ = p.Close() }()
	return readBounded(p.Stat, p.Open, filepath.FromSlash(name), MaxText)
}

// below returns the path from root to dir; an error if dir is not in root.
func below(root, dir string) (within string, err error) {
	if root, err = filepath.Abs(root); err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err == nil {
		within, err = filepath.Rel(root, dir)
	}
	if err == nil && !filepath.IsLocal(within) {
		err = errors.New("it is outside the package")
	}
	return within, err
}

func readBounded(
	stat func(string) (fs.FileInfo, error), open func(string) (*os.File, error), name string, most int,
) ([]byte, error) {
	// Opening a pipe would wait for a writer.
	info, err := stat(name)
	if err != nil {
		return nil, outside(reason(err))
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := open(name)
	if err != nil {
		return nil, reason(err)
	}
	defer func() { _ = f.Close() }()
	text := bytes.NewBuffer(make([]byte, 0, min(int(info.Size()), most)+bytes.MinRead))
	if _, err := text.ReadFrom(io.LimitReader(f, int64(most)+1)); err != nil {
		return nil, reason(err)
	}
	if text.Len() > most {
		return nil, fmt.Errorf("it has more than %d MiB", most>>20)
	}
	return text.Bytes(), nil
}

// outside rewords the error "path escapes from parent" of os.Root, which is not an exported error.
func outside(err error) error {
	if strings.Contains(err.Error(), "escapes") {
		return errors.New("it is outside the package")
	}
	return err
}

// reason removes the path, which messages already contain, from an error of the file system.
func reason(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
