package migrate

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Report says what a migration changes, and how it is done.
type Report struct {
	// Inputs are the paths of the files of the package.
	Inputs []string `json:"inputs"`
	// Objects are all that is rendered, in the order of rendering, and then what is left of the operator.
	Objects []Object `json:"objects"`
	Steps   []Step   `json:"steps"`
}

// Object is what becomes of one object of the cluster.
type Object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
	// Action is create, update, none or leave: the object is new, changes, stays as it is, or is no longer rendered.
	Action string `json:"action"`
	// NewPods tells that a Deployment replaces its pods.
	NewPods bool `json:"newPods,omitempty"`
	// Changes are made by kubectl apply; defaults of the API server, and our own labels and annotations, are not among them.
	Changes []Change `json:"changes,omitempty"`
	// Kept are fields that somebody set in the cluster and that are not rendered. They stay there, but are not in the files.
	Kept []Change `json:"kept,omitempty"`
}

// The actions.
const (
	Create = "create"
	Update = "update"
	None   = "none"
	Leave  = "leave"
)

func (m *migration) report(files []File) Report {
	var r Report
	for _, f := range files {
		if strings.HasPrefix(f.Path, InputsDir+"/") {
			r.Inputs = append(r.Inputs, path.Join(m.dir, f.Path))
		}
	}
	for _, o := range m.objects {
		action := Update
		switch {
		case o.live == nil:
			action = Create
		case len(o.changes) == 0:
			action = None
		}
		r.Objects = append(r.Objects, reported(o.item.Place.Object, action))
		last := &r.Objects[len(r.Objects)-1]
		last.NewPods, last.Changes, last.Kept = o.replacesPods, o.changes, o.kept
	}
	for _, it := range m.left {
		r.Objects = append(r.Objects, reported(it.Place.Object, Leave))
	}
	r.Steps = m.plan()
	return r
}

func reported(o model.Object, action string) Object {
	return Object{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, Action: action}
}

// WriteText writes the report for people.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Inputs, to be committed:\n")
	for _, name := range r.Inputs {
		fmt.Fprintf(&b, "  %s\n", name)
	}
	for _, section := range []struct{ action, title string }{
		{Update, "Changes, by kubectl apply:"}, {Create, "New:"}, {None, "Unchanged:"}, {Leave, "No longer rendered, and left alone:"},
	} {
		if !slices.ContainsFunc(r.Objects, func(o Object) bool { return o.Action == section.action }) {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", section.title)
		for _, o := range r.Objects {
			if o.Action == section.action {
				o.write(&b)
			}
		}
	}
	b.WriteString("\nSteps:\n")
	for i, s := range r.Steps {
		fmt.Fprintf(&b, "\n%d. %s\n   %s\n\n", i+1, s.Title, s.Why)
		for _, c := range s.Commands {
			fmt.Fprintf(&b, "     %s\n", c)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (o Object) write(b *strings.Builder) {
	b.WriteString("  " + model.Object{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}.String())
	if o.NewPods {
		b.WriteString(", with new pods")
	}
	b.WriteString("\n")
	for _, c := range o.Changes {
		switch c.Op {
		case "add":
			fmt.Fprintf(b, "    + %s: %s\n", c.Field, line(c.To))
		case "remove":
			fmt.Fprintf(b, "    - %s: %s\n", c.Field, line(c.From))
		default:
			fmt.Fprintf(b, "    ~ %s: %s\n", c.Field, c.arrow())
		}
	}
	for _, c := range o.Kept {
		fmt.Fprintf(b, "    kept, but not in the files: %s: %s\n", c.Field, line(c.To))
	}
}

// arrow shows both values, or of texts, such as rules of the adapter, their size.
func (c Change) arrow() string {
	if isText(c.From) && isText(c.To) {
		return fmt.Sprintf("a text of %d lines -> one of %d lines", lines(c.From), lines(c.To))
	}
	return line(c.From) + " -> " + line(c.To)
}

func isText(s string) bool { return strings.HasPrefix(s, `"`) && strings.Contains(s, `\n`) }

func lines(s string) int { return strings.Count(strings.TrimSuffix(s, `\n"`), `\n`) + 1 }

// line is a value in one line, which is cut where it is longer than a screen.
func line(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
