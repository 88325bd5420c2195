package gen

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The members of an adapter configuration.
const (
	podRules      = "rules"
	externalRules = "externalRules"
	resourceRules = "resourceRules"
)

// ruleSet are the rules of one adapter, each once.
type ruleSet struct {
	opts  adapterOptions
	files []*ruleFile
	rules []ruleEntry
	// resources is the file whose resourceRules apply, nil for none.
	resources *ruleFile
}

// ruleEntry is one rule and where it comes from.
type ruleEntry struct {
	config.DiscoveryRule
	// section is the list that contains it.
	section string
	place   model.Place
	// file and index locate a rule from the input; file is nil for a generated rule.
	file  *ruleFile
	index int
}

func (e ruleEntry) written() bool { return e.file != nil && e.file.written }

// addFile adds the rules of a file, except for those that it already has.
func (s *ruleSet) addFile(f *ruleFile, ps *model.Problems) {
	s.files = append(s.files, f)
	for _, l := range []struct {
		section string
		rules   []config.DiscoveryRule
	}{{podRules, f.config.Rules}, {externalRules, f.config.ExternalRules}} {
		list := krm.Get(f.doc.Content[0], l.section)
		for i, r := range l.rules {
			place := f.place.Child(l.section).Item(i).At(list.Content[i].Line)
			s.add(ruleEntry{DiscoveryRule: r, section: l.section, place: place, file: f, index: i}, ps)
		}
	}
	switch {
	case f.config.ResourceRules == nil:
	case s.resources == nil:
		s.resources = f
	case !reflect.DeepEqual(s.resources.config.ResourceRules, f.config.ResourceRules):
		ps.Errorf(model.AdapterRule, f.place.Child(resourceRules),
			"differs from resourceRules in %s; remove one of them", s.resources.place)
	}
}

// dropPolicies removes the rules in hpa-configs, which serve only the HorizontalPodAutoscalers of the run.
func (s *ruleSet) dropPolicies() {
	s.files = slices.DeleteFunc(s.files, func(f *ruleFile) bool { return f.policy })
	s.rules = slices.DeleteFunc(s.rules, func(e ruleEntry) bool { return e.file.policy })
	if s.resources != nil && s.resources.policy {
		s.resources = nil
	}
}

// addNeed adds the rule that serves n, unless a user's rule does.
func (s *ruleSet) addNeed(n hpa.Need, opts adapterOptions, ps *model.Problems) {
	if s.written(n, opts) >= 0 {
		return
	}
	f, more := opts.formulas.For(n)
	ps.Add(more...)
	if more.HasErrors() {
		return
	}
	s.add(ruleEntry{DiscoveryRule: hpa.Rule(n, f, opts.labels), section: sectionOf(n), place: n.Place}, ps)
}

func sectionOf(n hpa.Need) string {
	if n.External {
		return externalRules
	}
	return podRules
}

// add adds e, unless the set already has the same rule, or a user's rule for the same metric. Rules for other gateway kinds become
// one. Any other rule for the same metric from another place is a problem.
func (s *ruleSet) add(e ruleEntry, ps *model.Problems) {
	for i, other := range s.rules {
		switch {
		case other.section != e.section:
		case reflect.DeepEqual(other.DiscoveryRule, e.DiscoveryRule):
			return
		case other.file != nil && other.file == e.file:
		case !other.sameMetric(e):
		case other.written() && !e.written():
			return
		default:
			if union, ok := s.union(other, e); ok {
				s.rules[i] = ruleEntry{DiscoveryRule: union, section: e.section, place: other.place}
				return
			}
			field, here, there := other.difference(e)
			ps.Valuef(model.AdapterRule, e.place, here,
				"the metric %q has the %s %s here, but %s in %s; make both the same, or rename one of the metrics",
				e.Name.As, field, here, there, other.place)
			return
		}
	}
	s.rules = append(s.rules, e)
}

// difference returns the first field in which two rules differ, with its values in the second and in the first rule.
func (e ruleEntry) difference(second ruleEntry) (field, here, there string) {
	for _, f := range []struct{ field, here, there string }{
		{"metricsQuery", second.MetricsQuery, e.MetricsQuery},
		{"seriesQuery", second.SeriesQuery, e.SeriesQuery},
		{"name.matches", second.Name.Matches, e.Name.Matches},
	} {
		if f.here != f.there {
			return f.field, f.here, f.there
		}
	}
	return "resources", strings.Join(second.labels(), ", "), strings.Join(e.labels(), ", ")
}

// labels returns the labels by which the rule identifies objects.
func (e ruleEntry) labels() []string {
	out := slices.Sorted(maps.Keys(e.Resources.Overrides))
	if t := e.Resources.Template; t != "" {
		out = append(out, t)
	}
	return out
}

// encode returns the configuration as YAML, "" if there is none. A single file without additions stays as it is. Otherwise, its
// comments stay, and the comments of other files move with their rules.
func (s *ruleSet) encode() (string, error) {
	if len(s.files) == 1 && !slices.ContainsFunc(s.rules, func(e ruleEntry) bool { return e.file == nil }) {
		return s.files[0].text, nil
	}
	if len(s.rules) == 0 && s.resources == nil {
		return "", nil
	}
	doc := &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	if len(s.files) > 0 {
		doc.HeadComment, doc.FootComment = s.files[0].doc.HeadComment, s.files[0].doc.FootComment
	}
	for _, section := range []string{podRules, externalRules} {
		list, err := s.list(section)
		if err != nil {
			return "", err
		}
		s.addMember(doc.Content[0], section, list)
	}
	if s.resources != nil {
		s.addMember(doc.Content[0], resourceRules, krm.Get(s.resources.doc.Content[0], resourceRules))
	}
	text, err := krm.EncodeNode(doc)
	return string(text), err
}

// addMember adds a member. It reuses the key of the first file, if there is one, for its comments.
func (s *ruleSet) addMember(m *yaml.Node, name string, value *yaml.Node) {
	if value == nil || len(value.Content) == 0 {
		return
	}
	key := &yaml.Node{Kind: yaml.ScalarNode, Value: name}
	if len(s.files) > 0 {
		if k := keyOf(s.files[0].doc, name); k != nil {
			key = k
		}
	}
	m.Content = append(m.Content, key, value)
}

func keyOf(doc *yaml.Node, name string) *yaml.Node {
	root := doc.Content[0]
	for i := 0; i < len(root.Content); i += 2 {
		if root.Content[i].Value == name {
			return root.Content[i]
		}
	}
	return nil
}

// list returns a section: the rules of the files in their order, then the generated rules sorted by metric and series.
func (s *ruleSet) list(section string) (*yaml.Node, error) {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for i, f := range s.files {
		var own []*yaml.Node
		for _, e := range s.rules {
			if e.section == section && e.file == f {
				n := *krm.Get(f.doc.Content[0], section).Content[e.index]
				own = append(own, &n)
			}
		}
		if i > 0 && len(own) > 0 {
			carryComments(f.doc, keyOf(f.doc, section), own)
			f.doc.HeadComment, f.doc.FootComment = "", ""
		}
		list.Content = append(list.Content, own...)
	}
	var generated []ruleEntry
	for _, e := range s.rules {
		if e.section == section && e.file == nil {
			generated = append(generated, e)
		}
	}
	slices.SortStableFunc(generated, func(a, b ruleEntry) int {
		return cmp.Or(strings.Compare(a.Name.As, b.Name.As), strings.Compare(a.SeriesQuery, b.SeriesQuery))
	})
	for _, e := range generated {
		n, err := krm.ToNode(e.DiscoveryRule)
		if err != nil {
			return nil, err
		}
		n = withoutEmpty(n)
		krm.Get(n, "seriesQuery").Style = yaml.SingleQuotedStyle
		list.Content = append(list.Content, n)
	}
	return list, nil
}

// carryComments moves the comments of a document, and of the key of a list, to the rules that go into another document.
func carryComments(doc, key *yaml.Node, rules []*yaml.Node) {
	join := func(comments ...string) string {
		return strings.Join(slices.DeleteFunc(comments, func(c string) bool { return c == "" }), "\n")
	}
	first, last := rules[0], rules[len(rules)-1]
	first.HeadComment = join(doc.HeadComment, key.HeadComment, key.LineComment, first.HeadComment)
	last.FootComment = join(last.FootComment, key.FootComment, doc.FootComment)
}

// withoutEmpty removes the empty values that Go encodes.
func withoutEmpty(n *yaml.Node) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return n
	}
	var content []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		v := withoutEmpty(n.Content[i+1])
		if !krm.IsNull(v) && (v.Value != "" || len(v.Content) > 0) {
			content = append(content, n.Content[i], v)
		}
	}
	n.Content = content
	return n
}
