package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

// A program is a row of the tables.
type program struct {
	name string
	// least and most say for how many APIs it is measured; most 0 means any number.
	least, most int
	// setUp writes its input below dir and returns how to run it.
	setUp func(l *lab, dir string, set input.Set) (trial, error)
}

// A trial is how a program is run on one input.
type trial struct {
	args []string
	// dir is the working directory, if that matters; stdin is a file.
	dir, stdin string
	// env adds to the environment.
	env []string
	// fresh makes the input again, for a program that changes it.
	fresh func() error
	// count counts the objects that the program wrote, given the file of its standard output.
	count func(stdout string) (counts, error)
	want  counts
	// exit is the exit code of success.
	exit int
}

// Rows that bars refer to.
const (
	render   = "`krm-fn render`"
	fn       = "`krm-fn` as a KRM function"
	check    = "`krm-fn check` on the manifests"
	helm     = "`helm template`, a chart of the same objects; reads no OpenAPI"
	identity = "kyaml framework, identity function on the inputs"
	nodes    = "yaml.v3, merely parsing the OpenAPI documents into nodes"
	render1  = render + ", one core"
	fn1      = fn + ", one core"
)

// manyAPIs limits the programs that take minutes for more; partAPIs is the size of the parts of a split kustomization.
const (
	manyAPIs = 1000
	partAPIs = 100
)

// programs are measured, by the OpenAPI documents with which they are.
var programs = map[input.Documents][]program{input.Small: smallPrograms, input.Big: bigPrograms}

var smallPrograms = []program{
	{name: render, setUp: setUpRender},
	{name: fn, setUp: setUpFunction},
	{name: helm, most: manyAPIs, setUp: setUpHelm},
	{name: identity, most: manyAPIs, setUp: setUpIdentity},
	{name: "kyaml framework, identity function on the outputs", most: manyAPIs, setUp: setUpIdentityOnOutputs},
	{name: "`kustomize build`, identity function", most: manyAPIs, setUp: kustomize(identityName, inputs)},
	{name: "`kustomize build`, `krm-fn`", most: manyAPIs, setUp: kustomize(krmFnName, rendered)},
	{
		name:  "`kustomize build`, `krm-fn`, a kustomization for every 100 APIs",
		least: partAPIs + 1, most: manyAPIs, setUp: setUpParts,
	},
	{name: "`kpt fn render`, identity function", most: manyAPIs, setUp: kpt(identityName, packaged(inputs))},
	{name: "`kpt fn render`, `krm-fn`", most: manyAPIs, setUp: kpt(krmFnName, packaged(inputs, rendered))},
	{name: check, setUp: setUpCheck},
	{name: "`kube-score score` on the manifests", most: manyAPIs, setUp: setUpKubeScore},
}

var bigPrograms = []program{
	{name: nodes, setUp: setUpNodes},
	{name: render, setUp: setUpRender},
	{name: fn, setUp: setUpFunction},
	{name: render1, setUp: oneCore(setUpRender)},
	{name: fn1, setUp: oneCore(setUpFunction)},
}

// The programs' names on the PATH.
const (
	krmFnName    = "krm-fn"
	identityName = "kyaml-identity"
)

func setUpRender(l *lab, dir string, set input.Set) (trial, error) {
	return trial{args: []string{l.path[krmFnName], "render", dir}, count: inDocuments, want: rendered(set)}, set.Package(dir)
}

func setUpFunction(l *lab, dir string, set input.Set) (trial, error) {
	list, err := writeList(dir, set)
	want := inputs(set).plus(rendered(set)).plus(config)
	return trial{args: []string{l.path[krmFnName]}, stdin: list, count: inItems, want: want}, err
}

func setUpIdentity(l *lab, dir string, set input.Set) (trial, error) {
	list, err := writeList(dir, set)
	return trial{args: []string{l.path[identityName]}, stdin: list, count: inItems, want: inputs(set).plus(config)}, err
}

func setUpHelm(l *lab, dir string, set input.Set) (trial, error) {
	t := trial{args: []string{l.path["helm"], "template", "apis", dir}, count: inDocuments, want: rendered(set)}
	return t, set.Chart(dir)
}

func setUpNodes(l *lab, dir string, set input.Set) (trial, error) {
	// What it prints is the number of nodes: it writes no object.
	count := func(string) (counts, error) { return counts{}, nil }
	return trial{args: []string{l.path["yaml-nodes"], dir}, count: count, want: counts{}}, set.OpenAPI(dir)
}

// setUpIdentityOnOutputs is set up by krm-fn: what it renders is the list that the function reads and writes.
func setUpIdentityOnOutputs(l *lab, dir string, set input.Set) (t trial, err error) {
	manifests, err := l.manifests(dir, set)
	if err != nil {
		return trial{}, err
	}
	in, err := os.Open(manifests)
	if err != nil {
		return trial{}, err
	}
	defer in.Close()
	list := filepath.Join(dir, "list.yaml")
	out, err := os.Create(list)
	if err != nil {
		return trial{}, err
	}
	t = trial{args: []string{l.path[identityName]}, stdin: list, count: inItems, want: rendered(set)}
	return t, errors.Join(listOf(out, in), out.Close())
}

func writeList(dir string, set input.Set) (string, error) {
	file := filepath.Join(dir, "list.yaml")
	f, err := os.Create(file)
	if err != nil {
		return "", err
	}
	return file, errors.Join(set.ResourceList(f), f.Close())
}

// setUpCheck checks what krm-fn renders. It prints nothing: the exit code says that every chain is complete.
func setUpCheck(l *lab, dir string, set input.Set) (trial, error) {
	manifests, err := l.manifests(dir, set)
	count := func(string) (counts, error) { return counts{}, nil }
	return trial{args: []string{l.path[krmFnName], "check", "-"}, stdin: manifests, count: count, want: counts{}}, err
}

// setUpKubeScore grades the same manifests. The exit code is 1, because kube-score recommends more than a chain needs.
func setUpKubeScore(l *lab, dir string, set input.Set) (trial, error) {
	manifests, err := l.manifests(dir, set)
	return trial{
		args: []string{l.path["kube-score"], "score", "-o", "ci", "-"}, stdin: manifests, exit: 1,
		count: scored, want: counts{"Deployment": 2 * set.APIs},
	}, err
}

// manifests renders the set to a file.
func (l *lab) manifests(dir string, set input.Set) (string, error) {
	source, err := setUpRender(l, filepath.Join(dir, "package"), set)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "manifests.yaml")
	return file, l.do(source, file)
}

// kustomize runs kustomize build with a program as its transformer.
func kustomize(function string, want func(input.Set) counts) func(*lab, string, input.Set) (trial, error) {
	return func(l *lab, dir string, set input.Set) (trial, error) {
		t := trial{args: append(buildCommand(l), dir), count: inDocuments, want: want(set)}
		return t, set.Kustomization(dir, function)
	}
}

func buildCommand(l *lab) []string {
	return []string{l.path["kustomize"], "build", "--enable-alpha-plugins", "--enable-exec"}
}

// setUpParts splits the set, and builds one part after the other. Every part has the rules of its own metrics.
func setUpParts(l *lab, dir string, set input.Set) (trial, error) {
	t := trial{count: inDocuments, want: counts{}}
	var script []string
	for first := 0; first < set.APIs; first += partAPIs {
		part := input.Set{First: set.First + first, APIs: min(partAPIs, set.APIs-first), Documents: set.Documents}
		folder := filepath.Join(dir, fmt.Sprintf("part-%05d", first))
		if err := part.Kustomization(folder, krmFnName); err != nil {
			return trial{}, err
		}
		t.want = t.want.plus(rendered(part))
		script = append(script, `"$@" `+filepath.Base(folder))
	}
	t.dir = dir
	t.args = append([]string{"sh", "-c", strings.Join(script, " && "), "sh"}, buildCommand(l)...)
	return t, nil
}

// kpt runs kpt fn render with a program as its mutator. The package is written again for every run: kpt writes to it.
func kpt(function string, want func(input.Set) counts) func(*lab, string, input.Set) (trial, error) {
	return func(l *lab, dir string, set input.Set) (trial, error) {
		work := filepath.Join(dir, "package")
		return trial{
			args: []string{l.path["kpt"], "fn", "render", "--allow-exec", work},
			fresh: func() error {
				if err := os.RemoveAll(work); err != nil {
					return err
				}
				return set.Kpt(work, function)
			},
			count: func(string) (counts, error) { return inFolder(work) },
			want:  want(set),
		}, nil
	}
}

// packaged is what a kpt package contains: its functionConfig, and what these count.
func packaged(of ...func(input.Set) counts) func(input.Set) counts {
	return func(s input.Set) counts {
		sum := config
		for _, count := range of {
			sum = sum.plus(count(s))
		}
		return sum
	}
}

// oneCore keeps a program to one core.
func oneCore(setUp func(*lab, string, input.Set) (trial, error)) func(*lab, string, input.Set) (trial, error) {
	return func(l *lab, dir string, set input.Set) (trial, error) {
		t, err := setUp(l, dir, set)
		t.env = append(t.env, "GOMAXPROCS=1")
		return t, err
	}
}
