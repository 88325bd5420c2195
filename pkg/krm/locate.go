package krm

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Sources are the texts in which problems are located. They are parsed only where there are problems.
type Sources struct {
	// Items are all that was read, as it was read.
	Items []*Item
	// Configs are the function configurations, if they are not among the items.
	Configs []*Item
	// Stream means that the items were read from standard input, and that their files are those of an orchestrator.
	Stream bool
	// ReadFile reads a file that no item comes from, such as an OpenAPI document; nil for none.
	ReadFile func(name string) ([]byte, error)
	// Origin returns the place of the input that an object was rendered from, which may be empty; nil where nothing is rendered.
	Origin func(o model.Object) (from model.Place, rendered bool)
}

// mostLocated bounds the problems that are located, since hostile input causes any number.
const mostLocated = 3000

// Locate sets the Source of all problems that have none yet: the position of the field or, where that is missing, of the
// nearest one that holds it. Each text is parsed once.
func (s Sources) Locate(ps model.Problems) {
	l := locator{Sources: s, inItems: map[model.Place][]*lost{}, inFiles: map[string][]*lost{}}
	for i := range ps[:min(len(ps), mostLocated)] {
		if ps[i].Source.Line == 0 {
			l.add(&ps[i])
		}
	}
	if len(l.inItems) > 0 {
		for _, it := range s.Configs {
			l.item(it, s.Stream)
		}
		for _, it := range s.Items {
			l.item(it, s.Stream)
		}
		l.lists()
	}
	l.files()
}

// locator has the problems that are to be located.
type locator struct {
	Sources
	all []*lost
	// inItems has those of objects, by the place of the object. inFiles has the others, by file.
	inItems map[model.Place][]*lost
	inFiles map[string][]*lost
}

// lost is a problem, and the place where it is looked for.
type lost struct {
	*model.Problem
	at model.Place
}

func (l *locator) add(p *model.Problem) {
	at := p.Place
	if l.Origin != nil && at.Begin == 0 && at.File == "" {
		if from, rendered := l.Origin(at.Object); rendered {
			if at = from; from == (model.Place{}) {
				return
			}
		}
	}
	one := &lost{p, at}
	switch {
	case at.Begin > 0 || at.Object != (model.Object{}):
		l.all = append(l.all, one)
		l.inItems[whole(at)] = append(l.inItems[whole(at)], one)
	case at.Field == "":
		p.Source = model.Source{File: at.File, Line: int(at.Line)}
	case at.File != "":
		l.inFiles[at.File] = append(l.inFiles[at.File], one)
	}
}

// whole is the place of the object of p.
func whole(p model.Place) model.Place {
	return model.Place{Object: p.Object, File: p.File, Index: p.Index}
}

// item locates the problems of an item. Where several look the same, those are its own that know the line at which it begins.
func (l *locator) item(it *Item, stream bool) {
	var t *locatedText
	for _, p := range l.inItems[whole(it.Place)] {
		if p.Source.Line > 0 && p.at.Begin != it.Place.Begin {
			continue
		}
		if t == nil {
			t = newLocatedText(it)
		}
		p.Source = t.source(p.at)
		p.Source.File, p.Source.Stream = it.Place.File, stream
	}
}

// remain are the problems of objects that were not found.
func (l *locator) remain() []*lost {
	return slices.DeleteFunc(slices.Clone(l.all), func(p *lost) bool { return p.Source.Line > 0 })
}

// lists looks into the Lists among the items.
func (l *locator) lists() {
	if len(l.remain()) == 0 {
		return
	}
	for _, it := range l.Items {
		l.list(it)
	}
}

func (l *locator) list(it *Item) {
	if !strings.HasSuffix(it.Place.Object.Kind, "List") {
		return
	}
	n := it.Node()
	items := Get(n, "items")
	if items == nil {
		return
	}
	for _, c := range items.Content {
		one := NewItem(c)
		one.Place.File, one.Place.Index = it.Place.File, it.Place.Index
		one.Place.Begin += it.Place.Begin - int32(n.Line)
		l.item(one, l.Stream)
		l.list(one)
	}
}

// files looks into the files that no item comes from.
func (l *locator) files() {
	if l.ReadFile == nil {
		return
	}
	for _, p := range l.remain() {
		if p.at.File != "" && l.inFiles[p.at.File] == nil {
			l.inFiles[p.at.File] = []*lost{}
		}
	}
	for name, ps := range l.inFiles {
		content, err := l.ReadFile(name)
		if err != nil {
			continue
		}
		docs, _ := parseValues(string(content), model.Place{})
		text := innerText{text: string(content)}
		for _, doc := range docs {
			var p Package
			p.addDocument(doc, name, false, &model.Problems{})
			for _, it := range p.Items {
				l.item(it, false)
			}
			text.root = doc.Root
			for _, p := range ps {
				if p.at.Index == doc.Index {
					p.Source.Line, p.Source.Column = text.position(model.Steps(p.at.Field), int(p.at.Line))
					p.Source.File = name
				}
			}
		}
	}
}
