package report

import (
	"fmt"
	"io"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/picture"
)

// Report is what the file says.
type Report struct {
	Title   string
	Summary check.Summary
	// Problems are all problems, sorted and located. The file shows no more of them than people read.
	Problems model.Problems
	// Chains are those of all scalers, located, in the order of the input.
	Chains      []*check.Link
	Simulations []Simulation
}

// Simulation is what one scaler does under a load.
type Simulation struct {
	Scaler string
	// Sentences say what happens.
	Sentences []string
	Chart     picture.Chart
	Table     Table
}

// Table has a name for each column, and rows of as many cells.
type Table struct {
	Head []string
	Rows [][]string
}

// Write writes the file.
func (r *Report) Write(w io.Writer) error {
	t, err := pages()
	if err != nil {
		return err
	}
	return t.Execute(w, newPage(r))
}

// Node returns a link, and all below it, as boxes of a picture.
func Node(l *check.Link) *picture.Node {
	n := &picture.Node{Role: l.Role, Text: l.What, At: l.Where(), Broken: l.Broken()}
	for _, p := range l.Problems {
		n.Notes = append(n.Notes, picture.Note{Severity: p.Severity, Text: fmt.Sprintf("%s [%s]", p.Message, p.ID), At: p.Where()})
	}
	for _, c := range l.Links {
		n.Children = append(n.Children, Node(c))
	}
	return n
}
