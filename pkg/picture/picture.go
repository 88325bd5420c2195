// Package picture draws SVG: chains as trees of boxes, and values over time. It gets texts and numbers and returns a document; it
// knows no objects and reads nothing. It imports no other package of this module than pkg/model.
//
// Each picture is an SVG file, and also an element of an HTML page. It loads nothing, has no scripts, links, or style attributes,
// and all pictures have the same style sheet, Style. Its colors follow the color scheme of the reader, and are light in print.
package picture

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Options say how a picture is drawn.
type Options struct {
	// Prefix begins every ID of the picture. Pictures of one page need different ones.
	Prefix string
	// Width is the maximum width in pixels; 0 is 960.
	Width int
}

func (o Options) width() float64 {
	if o.Width == 0 {
		return 960
	}
	return float64(max(o.Width, 320))
}

// id returns an ID of the picture. Characters that mean something in a list of IDs or in a URL become dashes.
func (o Options) id(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, "p"+o.Prefix+"-"+name)
}

// Style is the style sheet of every picture. A program that does not know variables uses the color before each. A policy for the
// content of a page can allow it by its hash.
const Style = `.krm-fn-picture{--bg:#fff;--fg:#1f2328;--soft:#57606a;--line:#848d97;--grid:#d8dee4;--box:#f6f8fa;` +
	`--bad:#b3131b;--bad-bg:#ffefed;--on-bad:#fff;--warn:#7a4d00;--warn-bg:#fff6dd;--band:#b3131b;` +
	`--s1:#0a58a8;--s2:#a34700;--s3:#6035a8;--s4:#57606a;` +
	`font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}` +
	`@media screen and (prefers-color-scheme:dark){.krm-fn-picture{--bg:#0d1117;--fg:#e6edf3;--soft:#9ea7b1;--line:#6e7681;--grid:#2b323b;` +
	`--box:#161b22;--bad:#ff8e86;--bad-bg:#3b1719;--on-bad:#2a0508;--warn:#e6b84f;--warn-bg:#2f2711;--band:#ff8e86;` +
	`--s1:#6cb2ff;--s2:#ffa657;--s3:#c9a6ff;--s4:#9ea7b1}}` +
	`.krm-fn-picture text{fill:#1f2328;fill:var(--fg)}` +
	`.krm-fn-picture .page{fill:#fff;fill:var(--bg)}` +
	`.krm-fn-picture .b{font-weight:700}` +
	`.krm-fn-picture .h{font-weight:700;font-size:15px}` +
	`.krm-fn-picture .s{font-size:11px}` +
	`.krm-fn-picture .soft{fill:#57606a;fill:var(--soft)}` +
	`.krm-fn-picture .bad{fill:#b3131b;fill:var(--bad)}` +
	`.krm-fn-picture .warn{fill:#7a4d00;fill:var(--warn)}` +
	`.krm-fn-picture .on-bad{fill:#fff;fill:var(--on-bad)}` +
	`.krm-fn-picture .box{fill:#f6f8fa;fill:var(--box);stroke:#848d97;stroke:var(--line)}` +
	`.krm-fn-picture .box-bad{fill:#ffefed;fill:var(--bad-bg);stroke:#b3131b;stroke:var(--bad);stroke-width:3}` +
	`.krm-fn-picture .box-warn{fill:#fff6dd;fill:var(--warn-bg);stroke:#7a4d00;stroke:var(--warn);stroke-width:1.5}` +
	`.krm-fn-picture path{fill:none;stroke:#848d97;stroke:var(--line);stroke-width:1.5;stroke-linejoin:round}` +
	`.krm-fn-picture .cut{stroke:#b3131b;stroke:var(--bad);stroke-dasharray:4 3}` +
	`.krm-fn-picture .cross{stroke:#b3131b;stroke:var(--bad);stroke-width:3}` +
	`.krm-fn-picture .grid{stroke:#d8dee4;stroke:var(--grid);stroke-width:1}` +
	`.krm-fn-picture .limit{stroke:#57606a;stroke:var(--soft);stroke-width:1;stroke-dasharray:1 3}` +
	`.krm-fn-picture .lead{stroke-width:.7}` +
	`.krm-fn-picture .band{fill-opacity:.1;stroke:none;fill:#b3131b;fill:var(--band)}` +
	`.krm-fn-picture .hatch{stroke:#b3131b;stroke:var(--band);stroke-opacity:.55;stroke-width:1}` +
	`.krm-fn-picture .series{stroke-width:1.8;stroke-linecap:round}` +
	`.krm-fn-picture .s1{stroke:#0a58a8;stroke:var(--s1)}` +
	`.krm-fn-picture .s2{stroke:#a34700;stroke:var(--s2);stroke-dasharray:7 4}` +
	`.krm-fn-picture .s3{stroke:#6035a8;stroke:var(--s3);stroke-dasharray:2 4}` +
	`.krm-fn-picture .s4{stroke:#57606a;stroke:var(--s4);stroke-dasharray:9 3 2 3;stroke-width:1.2}` +
	`.krm-fn-picture text.s1{fill:#0a58a8;fill:var(--s1);stroke:none}` +
	`.krm-fn-picture text.s2{fill:#a34700;fill:var(--s2);stroke:none}` +
	`.krm-fn-picture text.s3{fill:#6035a8;fill:var(--s3);stroke:none}` +
	`.krm-fn-picture text.s4{fill:#57606a;fill:var(--s4);stroke:none}`

// canvas collects the elements of a picture.
type canvas struct {
	bytes.Buffer
	escape *strings.Replacer
}

func newCanvas() *canvas {
	return &canvas{escape: strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")}
}

// document returns the file with all that was drawn.
func (c *canvas) document(o Options, width, height float64, title, desc string) []byte {
	var b bytes.Buffer
	w, h := num(math.Ceil(width)), num(math.Ceil(height))
	_, _ = fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="krm-fn-picture" width="%s" height="%s" viewBox="0 0 %s %s" `+
		`role="img" aria-labelledby="%s %s">`+"\n", w, h, w, h, o.id("title"), o.id("desc"))
	_, _ = fmt.Fprintf(&b, "<title id=%q>%s</title>\n<desc id=%q>%s</desc>\n<style>%s</style>\n", o.id("title"), c.escape.Replace(clean(title)),
		o.id("desc"), c.escape.Replace(clean(desc)), Style)
	_, _ = fmt.Fprintf(&b, `<rect class="page" width="%s" height="%s" rx="6"/>`+"\n", w, h)
	b.Write(c.Bytes())
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// text writes one line, whose baseline begins at x and y. The anchor is start, middle, or end.
func (c *canvas) text(x, y float64, class, anchor, s string) {
	_, _ = fmt.Fprintf(c, `<text x="%s" y="%s"`, num(x), num(y))
	if class != "" {
		_, _ = fmt.Fprintf(c, ` class="%s"`, class)
	}
	if anchor != "start" {
		_, _ = fmt.Fprintf(c, ` text-anchor="%s"`, anchor)
	}
	_, _ = fmt.Fprintf(c, ">%s</text>\n", c.escape.Replace(s))
}

func (c *canvas) rect(x, y, width, height float64, rest string) {
	_, _ = fmt.Fprintf(c, `<rect x="%s" y="%s" width="%s" height="%s" %s/>`+"\n", num(x), num(y), num(width), num(height), rest)
}

func (c *canvas) path(class, d string) {
	_, _ = fmt.Fprintf(c, `<path class="%s" d="%s"/>`+"\n", class, d)
}

// num writes a number with at most one decimal.
func num(f float64) string {
	const positive = 0.0 // The sum with it has no negative zero.
	return strconv.FormatFloat(math.Round(f*10)/10+positive, 'f', -1, 64)
}
