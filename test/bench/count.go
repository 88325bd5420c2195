package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

// counts has the number of objects of each kind.
type counts map[string]int

func (c counts) String() string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, fmt.Sprintf("%d %s", c[kind], kind))
	}
	return strings.Join(parts, ", ")
}

// plus adds up.
func (c counts) plus(more counts) counts {
	sum := maps.Clone(c)
	for kind, n := range more {
		sum[kind] += n
	}
	return sum
}

// inputs are the objects of a set.
func inputs(s input.Set) counts {
	return counts{"API": s.APIs, "TargetEndpoint": s.APIs, "ConfigMap": s.APIs + 2}
}

// rendered are the objects that are rendered from a set.
func rendered(s input.Set) counts {
	return counts{
		"Deployment": 2 * s.APIs, "Service": 3 * s.APIs, "HorizontalPodAutoscaler": 2 * s.APIs, "ServiceMonitor": s.APIs,
		"ConfigMap": input.SharedObjects,
	}
}

// config is the functionConfig, which is an object of a ResourceList and of a package.
var config = counts{"RenderAPIs": 1}

// inDocuments counts the objects of a stream of YAML documents, inItems those of a ResourceList.
func inDocuments(file string) (counts, error) { return countFile(file, "kind: ") }
func inItems(file string) (counts, error)     { return countFile(file, "  kind: ") }

// scored counts the Deployments that kube-score graded. Each of its lines names a check's grade, an object, and a kind.
func scored(file string) (c counts, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	seen := map[string]bool{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) > 2 && strings.TrimSuffix(words[2], ":") == "apps/v1/Deployment" {
			seen[words[1]] = true
		}
	}
	return counts{"Deployment": len(seen)}, lines.Err()
}

// inFolder counts the objects of all YAML files in a directory and below it.
func inFolder(dir string) (counts, error) {
	sum := counts{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		c, err := inDocuments(path)
		sum = sum.plus(c)
		return err
	})
	return sum, err
}

// countFile counts lines that begin with the text before a kind. Indentation distinguishes an object from what is inside it.
func countFile(file, before string) (c counts, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return countLines(f, before)
}

func countLines(r io.Reader, before string) (counts, error) {
	c := counts{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if kind, ok := strings.CutPrefix(lines.Text(), before); ok {
			c[kind]++
		}
	}
	return c, lines.Err()
}

// listOf converts a stream of YAML documents to a ResourceList.
func listOf(w io.Writer, documents io.Reader) error {
	b := bufio.NewWriter(w)
	_, _ = b.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n")
	lines := bufio.NewScanner(documents)
	first := true
	for lines.Scan() {
		line := lines.Text()
		switch {
		case line == "---":
			first = true
			continue
		case first:
			_, _ = b.WriteString("- ")
			first = false
		default:
			_, _ = b.WriteString("  ")
		}
		_, _ = b.WriteString(line + "\n")
	}
	return errors.Join(lines.Err(), b.Flush())
}
