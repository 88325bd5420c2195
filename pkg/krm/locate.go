package krm

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Sources contains the texts in which problems are located. They are parsed only if there are problems.
type Sources struct {
	// Items contains all items as they were read.
	Items []*Item
	// Configs contains the function configurations that are not in Items.
	Configs []*Item
	// Stream reports whether the items were read from standard input, so that their files belong to an orchestrator.
	Stream bool
	// ReadFile reads a file that is not the source of an item, such as an OpenAPI document. It can be nil.
	ReadFile func(name string) ([]byte, error)
	// Origin returns the place of the input that an object was rendered from, which can be empty. It is nil if nothing is rendered.
	Origin func(o model.Object) (from model.Place, rendered bool)
}

// mostLocated limits the problems that are located, because malicious input can cause any number of them.
const mostLocated = 3000

// Locate sets the Source of all problems without one: the position of the field or, if that is missing, of its nearest parent.
// It parses each text once.
func (s Sources) Locate(ps model.Problems) {
	l := locator{Sources: s, inItems: map[model.Place][]*lost{}}
	for i := range ps[:min(len(ps), mostLocated)] {
		if ps[i].Source.Line == 0 {
			l.add(&ps[i])
		}
	}
	for _, it := range slices.Concat(s.Configs, s.Items) {
		l.item(it, s.Stream)
	}
	for _, it := range s.Items {
		l.list(it)
	}
	if l.ReadFile != nil {
		l.files()
	}
}

// locator contains the problems to locate.
type locator struct {
	Sources
	all []*lost
	// inItems contains the problems of objects, by the place of the object.
	inItems map[model.Place][]*lost
}

// lost is a problem, and the place to search.
type lost struct {
	*model.Problem
	at model.Place
}

func (l *locator) add(p *model.Problem) {
	at := p.Place
	if l.Origin != nil && at.Begin == 0 && at.File == "" {
		if from, rendered := l.Origin(at.Object); rendered {
			at = from
		}
	}
	one := &lost{p, at}
	if one.inItem() {
		l.inItems[whole(at)] = append(l.inItems[whole(at)], one)
	} else if at.Field == "" {
		p.Source = model.Source{File: at.File, Line: int(at.Line)}
		return
	}
	l.all = append(l.all, one)
}

// inItem reports whether the place is in an object.
func (p *lost) inItem() bool { return p.at.Begin > 0 || p.at.Object != (model.Object{}) }

// whole returns the place of the object of p.
func whole(p model.Place) model.Place {
	return model.Place{Object: p.Object, File: p.File, Index: p.Index}
}

// item locates the problems of an item. If several items have the same place, the line where the item begins decides.
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

// list searches the items of a List.
func (l *locator) list(it *Item) {
	if !strings.HasSuffix(it.Place.Object.Kind, "List") {
		return
	}
	n := it.Node()
	if items := Get(n, "items"); items != nil {
		for _, c := range items.Content {
			one := NewItem(c)
			one.Place.File, one.Place.Index = it.Place.File, it.Place.Index
			one.Place.Begin += it.Place.Begin - int32(n.Line)
			l.item(one, l.Stream)
			l.list(one)
		}
	}
}

// files searches the files that are not the source of an item.
func (l *locator) files() {
	names := map[string]bool{}
	for _, p := range l.all {
		if p.Source.Line == 0 && p.at.File != "" {
			names[p.at.File] = true
		}
	}
	for name := range names {
		content, err := l.ReadFile(name)
		if err != nil {
			continue
		}
		docs, _ := parseValues(string(content), model.Place{})
		for _, doc := range docs {
			var p Package
			p.addDocument(doc, name, false, &model.Problems{})
			for _, it := range p.Items {
				l.item(it, false)
			}
			l.document(doc, newInnerText(string(content), doc.Root), name)
		}
	}
}

// document locates the problems of a document in a file that are not in an object.
func (l *locator) document(doc Document, text innerText, name string) {
	for _, p := range l.all {
		if p.at.File == name && p.at.Index == doc.Index && p.Source.Line == 0 && !p.inItem() {
			p.Source.Line, p.Source.Column = text.position(model.Steps(p.at.Field), int(p.at.Line))
			p.Source.File = name
		}
	}
}
