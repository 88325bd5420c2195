package model

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Severity says what a problem does to a run. Its values are those of a KRM function result
// (https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md).
type Severity string

const (
	// Error stops the run: nothing is rendered and the exit code is 1.
	Error Severity = "error"
	// Warning is something that is most likely not meant; the manifests are rendered.
	Warning Severity = "warning"
	// Info says aloud what is left out or assumed.
	Info Severity = "info"
)

// Object identifies a Kubernetes object, or an input of ours, by its type and name.
type Object struct {
	APIVersion, Kind, Namespace, Name string
}

// String gives "Kind namespace/name", or "Kind name" for an object without a namespace.
func (o Object) String() string {
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + o.Name
	}
	return strings.TrimSpace(o.Kind + " " + name)
}

// Place is where something is written: an object, the file that holds it and a field in it.
type Place struct {
	Object Object
	// File is the slash-separated path of the file as the orchestrator gave it, "" if it gave none.
	File string
	// Index is the number of the document in File, from 0.
	Index int
	// Field is a path such as spec.ports[0].name; "" means the whole object.
	Field string
	// Line is the line in the text that Field holds or, without a Field, in File, from 1; 0 if unknown.
	Line int
}

// Child is the place of the member name of the object at p.
func (p Place) Child(name string) Place {
	if strings.ContainsAny(name, ".[]/ ") || name == "" {
		name = fmt.Sprintf("[%q]", name)
		p.Field += name
		return p
	}
	if p.Field != "" {
		p.Field += "."
	}
	p.Field += name
	return p
}

// Item is the place of element i of the list at p.
func (p Place) Item(i int) Place {
	p.Field += fmt.Sprintf("[%d]", i)
	return p
}

// At is p at another line.
func (p Place) At(line int) Place {
	p.Line = line
	return p
}

// String gives the place as the start of a message: "FILE: Kind namespace/name: field: line N".
func (p Place) String() string {
	var parts []string
	if p.File != "" {
		parts = append(parts, p.File)
	}
	if s := p.Object.String(); s != "" {
		parts = append(parts, s)
	}
	if p.Field != "" {
		parts = append(parts, p.Field)
	}
	if p.Line > 0 {
		parts = append(parts, fmt.Sprintf("line %d", p.Line))
	}
	return strings.Join(parts, ": ")
}

// Problem is one finding about the input or the output.
type Problem struct {
	ID       ID
	Severity Severity
	Place    Place
	// Value is the current value of the field as it is written, "" if there is none to show.
	Value string
	// Message says what is wrong and what to write instead.
	Message string
	// Suggestion is the value to write instead, where there is exactly one.
	Suggestion string
}

// String gives the problem in one line, as it is printed on stderr.
func (p Problem) String() string {
	place := p.Place.String()
	if place != "" {
		place += ": "
	}
	return cut(fmt.Sprintf("%s: %s%s", p.Severity, place, p.Message), maxLine) + fmt.Sprintf(" [%s]", p.ID)
}

// maxLine is how many bytes of a problem are printed: names and values of the input stand in it.
const maxLine = 2000

// cut keeps a text in one line and shortens it to most bytes.
func cut(s string, most int) string {
	s = oneLine(s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// Problems collects the findings of a stage.
type Problems []Problem

// Errorf adds an error.
func (ps *Problems) Errorf(id ID, at Place, format string, args ...any) {
	ps.add(id, Error, at, format, args...)
}

// Valuef adds an error about a value, which it records as the current one.
func (ps *Problems) Valuef(id ID, at Place, value, format string, args ...any) {
	*ps = append(*ps, Problem{ID: id, Severity: Error, Place: at, Value: value, Message: fmt.Sprintf(format, args...)})
}

// Warnf adds a warning.
func (ps *Problems) Warnf(id ID, at Place, format string, args ...any) {
	ps.add(id, Warning, at, format, args...)
}

// Infof adds an info.
func (ps *Problems) Infof(id ID, at Place, format string, args ...any) {
	ps.add(id, Info, at, format, args...)
}

// Add appends what another stage found.
func (ps *Problems) Add(more ...Problem) { *ps = append(*ps, more...) }

func (ps *Problems) add(id ID, s Severity, at Place, format string, args ...any) {
	*ps = append(*ps, Problem{ID: id, Severity: s, Place: at, Message: fmt.Sprintf(format, args...)})
}

// HasErrors tells whether any of the problems is an error.
func (ps Problems) HasErrors() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == Error })
}

// Sorted gives the problems once each, in an order that depends on nothing but their content: by severity (errors
// first), file, object, field and message.
func (ps Problems) Sorted() Problems {
	out := slices.Clone(ps)
	slices.SortStableFunc(out, compare)
	return slices.Compact(out)
}

func compare(a, b Problem) int {
	return cmp.Or(
		cmp.Compare(rank(a.Severity), rank(b.Severity)),
		cmp.Compare(a.Place.File, b.Place.File),
		cmp.Compare(a.Place.Index, b.Place.Index),
		cmp.Compare(a.Place.Object.Kind, b.Place.Object.Kind),
		cmp.Compare(a.Place.Object.Namespace, b.Place.Object.Namespace),
		cmp.Compare(a.Place.Object.Name, b.Place.Object.Name),
		cmp.Compare(a.Place.Object.APIVersion, b.Place.Object.APIVersion),
		cmp.Compare(textOf(a.Place.Field), textOf(b.Place.Field)),
		cmp.Compare(a.Place.Line, b.Place.Line),
		cmp.Compare(a.Place.Field, b.Place.Field),
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Message, b.Message),
		cmp.Compare(a.Value, b.Value),
		cmp.Compare(a.Suggestion, b.Suggestion),
	)
}

var dataKey = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^data(\.[^.\[]*|\["[^"]*"\])`)
})

// textOf is the key of a ConfigMap that holds the text in which field lies, "" if there is none. Lines count in that text.
func textOf(field string) string { return dataKey().FindString(field) }

func rank(s Severity) int { return slices.Index([]Severity{Error, Warning, Info}, s) }

// oneLine keeps hostile input from forging further lines, terminal commands or the direction of writing in a message.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, s)
}
