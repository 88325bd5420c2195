// Package migrate replaces the operator k8s-api-operator 1.2 with files that krm-fn renders. A dump of the cluster flows in.
// The inputs as files, the manifests that pkg/gen renders from them, what the operator applied, and a report flow out. The
// report lists every difference, and the steps from one to the other without an interruption.
//
// The package does not contact a cluster. To predict the result of kubectl apply, it uses the same three-way merge, from
// k8s.io/apimachinery. Of this module, it imports pkg/gen, pkg/hpa, pkg/krm, pkg/model, and pkg/swagger.
package migrate

import (
	"path"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The directories of the output.
const (
	// InputsDir contains the package to commit.
	InputsDir = "inputs"
	// ManifestsDir contains the manifests that are rendered from the package.
	ManifestsDir = "manifests"
	// BaselineDir contains what the operator applied. kubectl requires it to remove what is no longer rendered.
	BaselineDir = "baseline"
)

// Input is the input of one run.
type Input struct {
	// Items are the objects of the cluster, as returned by ReadDump.
	Items []*krm.Item
	// Kubernetes is the version of the cluster, such as "1.31"; "" means the newest.
	Kubernetes string
	// Dir is the directory that will contain the output files. Messages and commands refer to it.
	Dir string
}

// File is a file of the output.
type File struct {
	// Path is relative to Input.Dir, with slashes.
	Path string
	Text []byte
}

// Output is the result of a run without errors.
type Output struct {
	// Files are sorted by path.
	Files  []File
	Report Report
}

// Run creates the files and the report of a migration. If there are errors among the problems, there is no output.
func Run(in Input) (Output, model.Problems) {
	d, ps := newDump(in.Items)
	ps.Add(d.missing()...)
	inputs := d.inputs(&ps)
	config := d.renderConfig(in.Kubernetes, &ps)
	if ps.HasErrors() {
		return Output{}, ps.Sorted()
	}
	// The first rendering shows which inputs are read, and which selectors differ.
	first, more := gen.Run(gen.Input{Items: inputs, Config: config})
	if more.HasErrors() {
		ps.Add(more...)
		return Output{}, ps.Sorted()
	}
	files := packageFiles(d.selected(inputs, first, &ps), config, &ps)
	rendered, more := render(in.Dir, files)
	ps.Add(more...)
	if ps.HasErrors() {
		return Output{}, ps.Sorted()
	}
	m := migration{dump: d, dir: in.Dir}
	m.compare(rendered.Rendered, &ps)
	files = append(files, m.files(&ps)...)
	if ps.HasErrors() {
		return Output{}, ps.Sorted()
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return Output{Files: files, Report: m.report(files)}, ps.Sorted()
}

// render renders the package from its bytes, as krm-fn render does.
func render(dir string, files []File) (gen.Output, model.Problems) {
	var in gen.Input
	var ps model.Problems
	for _, f := range files {
		n, more := krm.Parse(string(f.Text), model.Place{File: path.Join(dir, f.Path)})
		ps.Add(more...)
		if n == nil {
			continue
		}
		it := krm.NewItem(n)
		it.Place.File = path.Join(dir, f.Path)
		if it.Place.Object.Kind == configKind {
			in.Config = it
			continue
		}
		in.Items = append(in.Items, it)
	}
	if ps.HasErrors() {
		return gen.Output{}, ps
	}
	out, more := gen.Run(in)
	ps.Add(more...)
	return out, ps
}

// files returns the manifests and the baseline.
func (m *migration) files(ps *model.Problems) []File {
	var files []File
	for _, o := range m.objects {
		files = addFile(files, ManifestsDir, o.item, ps)
		if o.baseline == nil {
			continue
		}
		n, err := krm.ToNode(ordered(o.baseline))
		if err != nil {
			ps.Errorf(model.MigrateDump, o.item.Place, "%v", err)
			continue
		}
		files = addFile(files, BaselineDir, krm.NewItem(n), ps)
	}
	return files
}

func addFile(files []File, dir string, it *krm.Item, ps *model.Problems) []File {
	text, err := krm.EncodeNode(it.Node())
	if err != nil {
		ps.Errorf(model.MigrateDump, it.Place, "%v", err)
		return files
	}
	return append(files, File{Path: path.Join(dir, gen.FileName(it.Place.Object)), Text: text})
}
