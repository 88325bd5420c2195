// Command yaml-nodes parses every file of a directory into nodes with yaml.v3, one after the other, and prints how many
// nodes there are. It is the least that a program costs that finds every syntax error in these files with that parser.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "yaml-nodes:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("got %d arguments; name one directory", len(args))
	}
	files, err := os.ReadDir(args[0])
	if err != nil {
		return err
	}
	nodes := 0
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(args[0], file.Name()))
		if err != nil {
			return err
		}
		var document yaml.Node
		if err := yaml.Unmarshal(text, &document); err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
		nodes += count(&document)
	}
	_, err = fmt.Fprintln(stdout, nodes)
	return err
}

func count(n *yaml.Node) int {
	sum := 1
	for _, child := range n.Content {
		sum += count(child)
	}
	return sum
}
