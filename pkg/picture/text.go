package picture

import (
	"cmp"
	"strings"
	"unicode"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// maxText is the maximum number of bytes of a text in a picture.
const maxText = 2000

// clean returns a text in one line, as it is shown. What a viewer might interpret becomes an escape, and what XML does not allow
// (https://www.w3.org/TR/xml/#charsets) a replacement character.
func clean(s string) string {
	s = model.Printable(model.Shorten(s, maxText))
	s = strings.Map(func(r rune) rune {
		if r == '\ufffe' || r == '\uffff' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// The widths of a character in em, of the fonts in Style: the widest is SF Mono.
const emWidth = 0.618

// textWidth returns the width of a line in pixels. The conversion of the product keeps it from being fused with a sum, which would
// give other bytes on other processors (https://go.dev/ref/spec#Floating_point_operators).
func textWidth(s string, size float64) float64 { return float64(float64(cells(s)) * emWidth * size) }

// cells returns the width of a line in characters.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += cellsOf(r)
	}
	return n
}

// wide are the characters of East Asian scripts, and emoji, that are as wide as two of others, roughly
// (https://www.unicode.org/reports/tr11/).
var wide = [...][2]rune{
	{0x1100, 0x115f},
	{0x2e80, 0xa4cf},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x1f000, 0x1faff},
	{0x20000, 0x3fffd},
}

func cellsOf(r rune) int {
	if r < wide[0][0] {
		return 1
	}
	for _, w := range wide {
		if r >= w[0] && r <= w[1] {
			return 2
		}
	}
	return 1
}

// Wrap breaks a text into lines of limited length: at spaces, else within a long word.
func Wrap(s string, most int) []string {
	most = max(most, 8)
	var lines []string
	line, used := "", 0
	flush := func() {
		if line != "" {
			lines, line, used = append(lines, line), "", 0
		}
	}
	for word := range strings.FieldsSeq(s) {
		n := cells(word)
		switch {
		case used > 0 && used+1+n <= most:
			line, used = line+" "+word, used+1+n
			continue
		case used > 0 && (n <= most || used > most/2):
			flush()
		case used > 0:
			// What is left of the line takes the begin of the long word.
			head, rest := split(word, most-used-1)
			line, word = line+" "+head, rest
			flush()
		}
		for n = cells(word); n > most; n = cells(word) {
			line, word = split(word, most)
			flush()
		}
		line, used = word, n
	}
	flush()
	return lines
}

// split cuts a word that is longer than most characters: after a sign if there is one in the last two thirds, else within a name.
func split(word string, most int) (head, rest string) {
	n, end, sign, dash := 0, 0, 0, 0
	for i, r := range word {
		if n += cellsOf(r); n > most {
			break
		}
		end = i + len(string(r))
		switch {
		case n*3 <= most:
		case strings.ContainsRune(",/|&){};", r):
			sign = end
		case strings.ContainsRune("_.-", r):
			dash = end
		}
	}
	end = cmp.Or(sign, dash, end)
	return word[:end], word[end:]
}

// cut shortens a line to at most limit characters. What stays is the begin and, because names often differ there, the end.
func cut(s string, limit int) string {
	if cells(s) <= limit {
		return s
	}
	runes := []rune(s)
	head, tail := (limit+1)/2, limit/2-1
	from, to := 0, len(runes)
	for from < to && head >= cellsOf(runes[from]) {
		head -= cellsOf(runes[from])
		from++
	}
	for to > from && tail >= cellsOf(runes[to-1]) {
		tail -= cellsOf(runes[to-1])
		to--
	}
	return string(runes[:from]) + "…" + string(runes[to:])
}
