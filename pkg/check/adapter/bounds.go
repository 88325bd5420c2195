package adapter

import (
	"fmt"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// The limits of what the checks parse and execute. The adapter itself has none, so a longer text can be valid.
const (
	maxQuery  = 4 << 10
	maxNaming = 1 << 10
	// maxRanges is how deep loops of a template are nested.
	maxRanges = 3
)

// exceeds reports a rule that could take the checks any amount of time or memory.
func (r *Rule) exceeds() bool {
	before := len(r.Config.Problems)
	r.Config.bounded(r.SeriesQuery, r.Field("seriesQuery"), maxQuery)
	r.Config.boundedTemplate(r.MetricsQuery, r.Field("metricsQuery"), maxQuery)
	r.Config.boundedTemplate(r.Resources.Template, r.Field("resources", "template"), maxNaming)
	r.Config.bounded(r.Name.Matches, r.Field("name", "matches"), maxNaming)
	r.Config.bounded(r.Name.As, r.Field("name", "as"), maxNaming)
	for _, f := range r.SeriesFilters {
		r.Config.bounded(f.Is+f.IsNot, r.Field("seriesFilters"), maxNaming)
	}
	return len(r.Config.Problems) > before
}

func (s *Config) bounded(text string, at model.Place, most int) {
	if len(text) > most {
		s.Problems.Errorf(model.RuleQuery, at, "has %d bytes, but krm-fn checks at most %d; shorten it", len(text), most)
	}
}

func (s *Config) boundedTemplate(text string, at model.Place, most int) {
	s.bounded(text, at, most)
	if len(text) > most || !slices.ContainsFunc([]string{"range", "define", "template", "block", "print"}, func(word string) bool {
		return strings.Contains(text, word)
	}) {
		return
	}
	t, err := template.New("").Delims("<<", ">>").Parse(text)
	if err != nil || t.Tree == nil {
		return // The adapter's own code reports it.
	}
	why := unbounded(t.Root, 0)
	if len(t.Templates()) > 1 {
		why = "defines templates"
	}
	if strings.Contains(text, "print") && strings.Contains(text, "$") {
		why = "prints variables"
	}
	if why != "" {
		s.Problems.Errorf(model.RuleQuery, at, "%s, which krm-fn does not execute; write the query without it", why)
	}
}

// unbounded returns what keeps the output of a template from being proportional to its text, or "".
func unbounded(n parse.Node, ranges int) string {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return ""
		}
		for _, c := range n.Nodes {
			if why := unbounded(c, ranges); why != "" {
				return why
			}
		}
	case *parse.IfNode:
		return unboundedBranch(&n.BranchNode, ranges)
	case *parse.WithNode:
		return unboundedBranch(&n.BranchNode, ranges)
	case *parse.RangeNode:
		over := n.Pipe.Cmds[0].Args[0]
		if _, field := over.(*parse.FieldNode); len(n.Pipe.Cmds) > 1 || !field {
			return fmt.Sprintf("ranges over %s, not over a field", n.Pipe.Cmds[0])
		}
		if ranges == maxRanges {
			return "nests ranges"
		}
		return unboundedBranch(&n.BranchNode, ranges+1)
	case *parse.TemplateNode:
		return "calls templates"
	}
	return ""
}

func unboundedBranch(b *parse.BranchNode, ranges int) string {
	if why := unbounded(b.List, ranges); why != "" || b.ElseList == nil {
		return why
	}
	return unbounded(b.ElseList, ranges)
}
