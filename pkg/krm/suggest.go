package krm

import (
	"slices"
	"strings"
)

// Suggest returns the known name that name most likely means, or "". It ignores case and allows one edit for every three
// letters.
func Suggest[T ~string](name T, known []T) string {
	if len(name) > 64 {
		return ""
	}
	lower := strings.ToLower(string(name))
	best, bestCost := "", 1+max(1, len(name)/3)
	for _, k := range slices.Sorted(slices.Values(known)) {
		if cost := distance(lower, strings.ToLower(string(k)), bestCost); cost < bestCost {
			best, bestCost = string(k), cost
		}
	}
	return best
}

// DidYouMean returns `; did you mean "x"?` for the result of Suggest, or "".
func DidYouMean(name string, known []string) string {
	if s := Suggest(name, known); s != "" {
		return `; did you mean "` + s + `"?`
	}
	return ""
}

// distance returns the number of insertions, deletions, replacements, and swaps of neighbors between a and b, but at most
// limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var before, prev []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, prev, row = prev, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := prev[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, prev[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return min(row[len(b)], limit)
}
