// Command corpus runs krm-fn on every YAML and JSON file below a directory, and on every directory that contains some, and prints
// what it said of each, the worst first. It finds inputs on which krm-fn panics, is slow, or is wrong. It fails if a run panics,
// or exceeds its limits.
//
// In: a directory of files of any origin. Out: a table, and totals. Every run is a process of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/krm-fn/krm-fn/test/gateway"
	"github.com/krm-fn/krm-fn/test/tools"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "corpus:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var l limits
	flags := flag.NewFlagSet("corpus", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&l.time, "limit", 30*time.Second, "time limit of one run")
	flags.IntVar(&l.memory, "memory", 4096, "limit of the address space of one run in MiB, where the shell can set one")
	program := flags.String("krm-fn", "", "binary to run instead of building this one")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("name one directory")
	}
	inputs, err := find(flags.Arg(0))
	if err != nil {
		return err
	}
	if *program == "" {
		root, err := tools.FindRoot()
		if err != nil {
			return err
		}
		if *program, err = tools.ProgramKrmFn(root); err != nil {
			return err
		}
	}
	work, err := os.MkdirTemp("", "krm-fn-corpus-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.WriteFile(filepath.Join(work, "issuer.pem"), []byte(issuer), 0o600); err != nil {
		return err
	}
	var all []verdict
	for _, in := range inputs {
		for _, command := range commands {
			if command.args(in, work) == nil {
				continue
			}
			v, err := l.run(ctx, *program, command.args(in, work))
			if err != nil {
				return err
			}
			v.input, v.command = in, command.name
			if command.name == "gateway" && v.state == passed {
				v.rejected = rejection(ctx, *program, work)
			}
			all = append(all, v)
			if err := os.RemoveAll(filepath.Join(work, "package")); err != nil {
				return err
			}
		}
	}
	return report(stdout, all)
}

// An input is a file, or a directory that directly contains files.
type input struct {
	path string
	dir  bool
	// note is the tool that the directory is for.
	note string
}

// find returns the inputs below dir, in order. It skips hidden directories, as krm-fn does.
func find(dir string) ([]input, error) {
	dirs := map[string]string{}
	var all []input
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != dir && d.Name()[0] == '.' {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
			return nil
		}
		parent := filepath.Dir(name)
		switch d.Name() {
		case "kustomization.yaml", "kustomization.yml":
			dirs[parent] = "kustomization"
		case "Chart.yaml":
			dirs[parent] = "chart"
		default:
			dirs[parent] += "" // Other files do not change the note.
		}
		all = append(all, input{path: name})
		return nil
	})
	for name, note := range dirs {
		all = append(all, input{path: name, dir: true, note: note})
	}
	slices.SortFunc(all, func(a, b input) int { return strings.Compare(a.path, b.path) })
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s contains no .yaml, .yml, or .json file", dir)
	}
	return all, err
}

// commands are run on each input. args returns nil if the command is not for the input.
var commands = []struct {
	name string
	args func(in input, work string) []string
}{
	{"check", func(in input, _ string) []string { return []string{"check", in.path} }},
	{"render", func(in input, _ string) []string { return []string{"render", in.path} }},
	{"init", func(in input, work string) []string {
		if in.dir {
			return nil
		}
		return []string{
			"init", "corpus", "-f", in.path, "--image", "corpus:v1", "--backend-image", "backend:v1", "-o", filepath.Join(work, "package"),
		}
	}},
	// What init writes without an image is for HAProxy, which judges the result if it is installed.
	{"gateway", func(in input, work string) []string {
		if in.dir {
			return nil
		}
		return []string{
			"init", "corpus", "-f", in.path, "--flavor", "plain", "--backend-image", "backend:v1", "-o", filepath.Join(work, "package"),
			"--issuer", "https://issuer.example.com", "--issuer-certificate", filepath.Join(work, "issuer.pem"),
		}
	}},
}

// issuer is a public key.
const issuer = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEomwcHXB91a10afZDHX4j4sHV80M
SR9Ix3cUGh4jv/+hMwGKOOuG+dsorpL4xN3WlUs3xm2bUiiBNHKEoqTdqg==
-----END PUBLIC KEY-----
`

// rejection returns what HAProxy has against the gateway of the package in work; "" for nothing, or without HAProxy.
func rejection(ctx context.Context, program, work string) string {
	haproxy := gateway.Program()
	if haproxy == "" {
		return ""
	}
	manifests, err := exec.CommandContext(ctx, program, "render", filepath.Join(work, "package")).Output()
	if err != nil {
		return err.Error()
	}
	all, err := gateway.Configurations(string(manifests))
	for _, files := range all {
		err = errors.Join(err, gateway.Check(haproxy, filepath.Join(work, "package", "gateway"), files))
	}
	if err != nil {
		return strings.Join(strings.Fields(err.Error()), " ")
	}
	return ""
}
