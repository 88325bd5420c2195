package lookup

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Suggester suggests one of many names for a misspelled one. Its results are those of krm.Suggest. It walks the sorted names as
// a trie, so that it skips names whose beginning already differs too much.
type Suggester struct {
	// Names are sorted and distinct; words are sorted by their lower case.
	Names []string
	words []word
	// rows is the table of edit distances: rows[i][j] is the distance of the first i bytes of a word and the first j of the query.
	rows [][]int
}

type word struct{ lower, name string }

// longest is the length of the longest name for which krm.Suggest suggests another.
const longest = 64

// NewSuggester returns a Suggester of names.
func NewSuggester(names []string) *Suggester {
	l := &Suggester{Names: Distinct(slices.Clone(names))}
	for _, name := range l.Names {
		l.words = append(l.words, word{strings.ToLower(name), name})
	}
	slices.SortFunc(l.words, func(a, b word) int { return cmp.Or(cmp.Compare(a.lower, b.lower), cmp.Compare(a.name, b.name)) })
	return l
}

// Suggest returns the name that was most likely meant, or "". Of equally near names, it returns the first.
func (l *Suggester) Suggest(name string) string {
	if len(name) > longest {
		return ""
	}
	s := search{Suggester: l, query: strings.ToLower(name)}
	most := max(1, len(s.query)/3)
	for len(l.rows) < len(s.query)+most+2 {
		l.rows = append(l.rows, make([]int, 4*longest))
	}
	for j := range len(s.query) + 1 {
		l.rows[0][j] = j
	}
	for ; !s.found && s.limit <= most; s.limit++ {
		s.walk(0, len(l.words), 0, 0)
	}
	return s.best
}

// DidYouMean returns `; did you mean "x"?` for the result of Suggest, or "".
func (l *Suggester) DidYouMean(name string) string {
	if s := l.Suggest(name); s != "" {
		return `; did you mean "` + s + `"?`
	}
	return ""
}

// Around lists up to five names that sort next to name, and the number of the others.
func (l *Suggester) Around(name string) string {
	const most = 5
	at, _ := slices.BinarySearch(l.Names, name)
	from := max(0, min(at-most/2, len(l.Names)-most))
	to := min(from+most, len(l.Names))
	list := strings.Join(l.Names[from:to], ", ")
	if more := len(l.Names) - (to - from); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

// search is a search for the first name that is at most limit edits away from query.
type search struct {
	*Suggester
	query string
	limit int
	best  string
	found bool
}

// walk visits words[lo:hi], which share their first depth bytes. least is the smallest distance of these bytes and any beginning
// of the query.
func (s *search) walk(lo, hi, depth, least int) {
	for ; lo < hi && len(s.words[lo].lower) == depth; lo++ {
		if name := s.words[lo].name; s.rows[depth][len(s.query)] <= s.limit && (!s.found || name < s.best) {
			s.best, s.found = name, true
		}
	}
	if depth > len(s.query)+s.limit {
		return
	}
	for lo < hi {
		c := s.words[lo].lower[depth]
		end := lo + sort.Search(hi-lo, func(i int) bool { return s.words[lo+i].lower[depth] != c })
		// A swap of neighbours may still lead back to the row before.
		if next := s.row(lo, depth+1); next <= s.limit || least < s.limit {
			s.walk(lo, end, depth+1, next)
		}
		lo = end
	}
}

// row computes the row of the first depth bytes of word i, and returns its smallest distance.
func (s *search) row(i, depth int) int {
	w, row, prev := s.words[i].lower, s.rows[depth], s.rows[depth-1]
	row[0] = depth
	least := depth
	for j := 1; j <= len(s.query); j++ {
		replace := prev[j-1]
		if w[depth-1] != s.query[j-1] {
			replace++
		}
		row[j] = min(replace, prev[j]+1, row[j-1]+1)
		if depth > 1 && j > 1 && w[depth-1] == s.query[j-2] && w[depth-2] == s.query[j-1] {
			row[j] = min(row[j], s.rows[depth-2][j-2]+1)
		}
		least = min(least, row[j])
	}
	return least
}
