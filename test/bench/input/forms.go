package input

import (
	"bufio"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// objects are the templates of an API's objects, in the order of its file.
var objects = []string{"api", "backend", "swagger"}

// shared are the templates of the configurations, each in its own file.
var shared = []string{"controller-config", "hpa-configs"}

// Package writes the set to a directory, one file per API.
func (s Set) Package(dir string) error {
	return s.files(dir, nil)
}

// files writes a package and calls do with the name of every file.
func (s Set) files(dir string, do func(name string)) error {
	if do == nil {
		do = func(string) {}
	}
	for _, name := range shared {
		text, err := render(name, api{})
		if err != nil {
			return err
		}
		if err := write(dir, name+".yaml", text); err != nil {
			return err
		}
		do(name + ".yaml")
	}
	return s.each(func(a api) error {
		var parts []string
		for _, name := range objects {
			text, err := render(name, a)
			if err != nil {
				return err
			}
			parts = append(parts, text)
		}
		do(a.Name + ".yaml")
		return write(dir, a.Name+".yaml", strings.Join(parts, "---\n"))
	})
}

// each calls do with every API of the set.
func (s Set) each(do func(api) error) error {
	for i := range s.APIs {
		a, err := s.api(s.First + i)
		if err != nil {
			return err
		}
		if err := do(a); err != nil {
			return err
		}
	}
	return nil
}

// ResourceList writes the set as kpt passes it to a function: with the file and the position of every item.
func (s Set) ResourceList(w io.Writer) error {
	b := bufio.NewWriter(w)
	config, err := render("config", functionOf(""))
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n%sitems:\n", indent(2, config))
	for _, name := range shared {
		text, err := render(name, api{File: name + ".yaml"})
		if err != nil {
			return err
		}
		writeItem(b, text)
	}
	err = s.each(func(a api) error {
		a.File = a.Name + ".yaml"
		for i, name := range objects {
			a.Position = i
			text, err := render(name, a)
			if err != nil {
				return err
			}
			writeItem(b, text)
		}
		return nil
	})
	return errors.Join(err, b.Flush())
}

// writeItem writes an object as an item of a list; a comment above it stays above it. Errors show when b is flushed.
func writeItem(b *bufio.Writer, object string) {
	above := true
	for line := range strings.Lines(object) {
		switch {
		case above && strings.HasPrefix(line, "#"):
		case above:
			_, _ = b.WriteString("- ")
			above = false
		case line != "\n":
			_, _ = b.WriteString("  ")
		}
		_, _ = b.WriteString(line)
	}
}

// function is what the templates of a function's configuration and callers read.
type function struct {
	// Function is the program; it is empty where nothing is called.
	Function string
	Files    []string
}

func functionOf(program string) function { return function{Function: program} }

// Kustomization writes the set to a directory, with a kustomization that calls a program, by its name on the PATH, as a
// transformer.
func (s Set) Kustomization(dir, program string) error {
	f := functionOf(program)
	if err := s.files(dir, func(name string) { f.Files = append(f.Files, name) }); err != nil {
		return err
	}
	return writeAll(dir, f, map[string]string{"kustomization": "kustomization.yaml", "config": "render-apis.yaml"})
}

// Kpt writes the set to a directory, with a Kptfile that calls a program, by its name on the PATH, as a mutator.
func (s Set) Kpt(dir, program string) error {
	if err := s.files(dir, nil); err != nil {
		return err
	}
	if err := writeAll(dir, functionOf(program), map[string]string{"kptfile": "Kptfile"}); err != nil {
		return err
	}
	return writeAll(dir, functionOf(""), map[string]string{"config": "render-apis.yaml"})
}

func writeAll(dir string, data any, files map[string]string) error {
	for name, file := range files {
		text, err := render(name, data)
		if err != nil {
			return err
		}
		if err := write(dir, file, text); err != nil {
			return err
		}
	}
	return nil
}

//go:embed all:chart
var chart embed.FS

// Chart writes a Helm chart whose templates give the objects that krm-fn renders for the set, and the values of the set.
func (s Set) Chart(dir string) error {
	files, err := fs.Sub(chart, "chart")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, files); err != nil {
		return err
	}
	return s.one(filepath.Join(dir, "values.yaml"), "values", "apis:\n")
}

// one writes a file with a text for every API.
func (s Set) one(file, name, head string) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b := bufio.NewWriter(f)
	_, _ = b.WriteString(head)
	err = s.each(func(a api) error {
		text, err := render(name, a)
		_, _ = b.WriteString(text)
		return err
	})
	return errors.Join(err, b.Flush())
}

// OpenAPI writes only the OpenAPI documents, one file per API.
func (s Set) OpenAPI(dir string) error {
	return s.each(func(a api) error { return write(dir, a.Name+".yaml", a.Document) })
}

// write writes a file in dir, which does not have to exist.
func write(dir, name, text string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
}
