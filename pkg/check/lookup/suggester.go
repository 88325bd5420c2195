package lookup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Suggester is a list of names of which one may be meant by another. It finds what krm.Suggest finds, but looks only at
// names that begin like the one that is asked for.
type Suggester struct {
	// words are in the order of their lower case, names in their own.
	words []word
	Names []string
	// rows are the distances between the beginnings of a name and those of a word, a row for each length of the latter.
	rows [][]int
}

type word struct{ lower, name string }

// longest is the length of names that krm.Suggest compares.
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

// Suggest gives the name that was most likely meant, or "". Of several that are equally near it is the first.
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

// DidYouMean asks for the nearest name, as krm.DidYouMean does.
func (l *Suggester) DidYouMean(name string) string {
	if s := l.Suggest(name); s != "" {
		return `; did you mean "` + s + `"?`
	}
	return ""
}

// Around lists the names, or those that sort next to one and how many others there are, so that a message stays short.
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

// search looks for the names that are at most limit edits away.
type search struct {
	*Suggester
	query string
	limit int
	best  string
	found bool
}

// walk looks at the words from lo to hi, which begin with the same depth bytes; least is the least distance between
// these and any beginning of the query.
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
		end := s.end(lo, hi, depth)
		// A swap of neighbours may still lead back to the row before.
		if next := s.row(lo, depth+1); next <= s.limit || least < s.limit {
			s.walk(lo, end, depth+1, next)
		}
		lo = end
	}
}

// end is where the words from lo on, up to hi, no longer have the byte that the first of them has at depth.
func (s *search) end(lo, hi, depth int) int {
	c := s.words[lo].lower[depth]
	if s.words[hi-1].lower[depth] == c {
		return hi
	}
	for lo+1 < hi {
		if middle := (lo + hi) / 2; s.words[middle].lower[depth] == c {
			lo = middle
		} else {
			hi = middle
		}
	}
	return hi
}

// row computes the row for the first depth bytes of word i and gives the least number in it.
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
