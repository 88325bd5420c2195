package migrate

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Report describes the changes and steps of a migration.
type Report struct {
	// Inputs are the paths of the files of the package.
	Inputs []string `json:"inputs"`
	// Objects are the rendered objects, in the order of rendering, followed by the leftovers of the operator.
	Objects []Object `json:"objects"`
	Steps   []Step   `json:"steps"`
}

// Object describes what happens to one object of the cluster.
type Object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
	// Action is create, update, none, or leave: the object is new, changed, unchanged, or no longer rendered.
	Action string `json:"action"`
	// NewPods reports whether a Deployment replaces its pods.
	NewPods bool `json:"newPods,omitempty"`
	// Changes are made by kubectl apply. They exclude defaults of the API server, and labels and annotations of krm-fn.
	Changes []Change `json:"changes,omitempty"`
	// Kept are fields that someone set in the cluster and that are not rendered. They remain there, but are not in the files.
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
	for _, it := range m.leftovers {
		r.Objects = append(r.Objects, reported(it.Place.Object, Leave))
	}
	r.Steps = m.plan()
	return r
}

func reported(o model.Object, action string) Object {
	return Object{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, Action: action}
}

// WriteText writes the report as plain text.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Inputs to commit:\n")
	for _, name := range r.Inputs {
		fmt.Fprintf(&b, "  %s\n", name)
	}
	for _, section := range []struct{ action, title string }{
		{Update, "Changes that kubectl apply makes:"},
		{Create, "New:"},
		{None, "Unchanged:"},
		{Leave, "No longer rendered, and left unchanged:"},
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
	b.WriteString("\nSteps:\n" + StepsText(r.Steps))
	_, err := io.WriteString(w, b.String())
	return err
}

// StepsText returns numbered steps as plain text.
func StepsText(steps []Step) string {
	var b strings.Builder
	for i, s := range steps {
		fmt.Fprintf(&b, "\n%d. %s\n   %s\n", i+1, s.Title, s.Why)
		for j, c := range s.Commands {
			if j == 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "     %s\n", c)
		}
	}
	return b.String()
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

// arrow returns both values, or their sizes if they are long texts, such as adapter rules.
func (c Change) arrow() string {
	if isText(c.From) && isText(c.To) {
		return fmt.Sprintf("text of %d lines -> text of %d lines", lines(c.From), lines(c.To))
	}
	return line(c.From) + " -> " + line(c.To)
}

func isText(s string) bool { return strings.HasPrefix(s, `"`) && strings.Contains(s, `\n`) }

func lines(s string) int { return strings.Count(strings.TrimSuffix(s, `\n"`), `\n`) + 1 }

// line shortens a value to what fits on a screen.
func line(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
