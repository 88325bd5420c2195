package picture

import (
	"fmt"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Node is a box of a tree.
type Node struct {
	// Role is what it is for, Text what it is, and At where it is defined, such as "web.yaml:3: spec.ports[0]".
	Role, Text, At string
	// Broken makes the box catch the eye.
	Broken   bool
	Notes    []Note
	Children []*Node
}

// Note is a remark in a box.
type Note struct {
	Severity model.Severity
	// Text is the sentence, At the place that it is about if it is another than that of the box.
	Text, At string
}

// The sizes of a tree in pixels.
const (
	margin      = 14.0
	indent      = 36.0
	maxDepth    = 12 // Deeper boxes are not indented further.
	rowGap      = 10.0
	padding     = 10.0
	fontSize    = 13.0
	smallSize   = 11.0
	lineHeight  = 18.0
	smallHeight = 15.0
	leastBox    = 260.0 // Deep boxes are wider than the picture was meant to be.
)

// Tree draws a tree: one box below the other, each child to the right of its parent.
func Tree(root *Node, o Options) []byte { return Forest(root.Role+": "+root.Text, []*Node{root}, o) }

// Forest draws trees below each other.
func Forest(title string, roots []*Node, o Options) []byte {
	d := &treeDrawing{canvas: newCanvas(), most: o.width(), y: margin}
	var desc []string
	for i, root := range roots {
		if i > 0 {
			d.y += 2 * rowGap
		}
		d.branch(root, 0)
		desc = append(desc, describe(root))
	}
	return d.document(o, d.width+margin, d.y+margin-rowGap, title, strings.Join(desc, " "))
}

// describe says in words what a picture of a tree shows.
func describe(root *Node) string {
	links := 0
	var broken []string
	var walk func(n *Node)
	walk = func(n *Node) {
		links++
		if n.Broken {
			texts := []string{n.Role, n.Text}
			for _, note := range n.Notes {
				if note.Severity == model.Error {
					texts = append(texts, note.Text)
				}
			}
			broken = append(broken, strings.Join(texts, ": "))
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(root)
	s := fmt.Sprintf("%s: %s has a chain of %d links", root.Role, root.Text, links)
	if len(broken) == 0 {
		return s + ". None is broken."
	}
	return s + ". Broken: " + strings.Join(broken, "; ") + "."
}

type treeDrawing struct {
	*canvas
	most, width, y float64
}

// branch draws a box and those below it, and returns the height at which a line meets the box.
func (d *treeDrawing) branch(n *Node, depth int) float64 {
	x := margin + indent*float64(min(depth, maxDepth))
	b := d.layout(n, x)
	at := d.y + padding + lineHeight/2
	d.draw(b, x)
	trunk, from := x+indent/2, d.y
	d.y += rowGap
	for _, c := range n.Children {
		meets := d.branch(c, depth+1)
		to := x + indent
		switch {
		case depth >= maxDepth:
		case c.Broken:
			d.path("edge", fmt.Sprintf("M%s %sV%s", num(trunk), num(from), num(meets)))
			d.path("cut", fmt.Sprintf("M%s %sH%s", num(trunk), num(meets), num(to)))
			d.path("cross", fmt.Sprintf("M%s %sl8 8m0-8l-8 8", num(trunk+indent/4-4), num(meets-4)))
		default:
			d.path("edge", fmt.Sprintf("M%s %sV%sH%s", num(trunk), num(from), num(meets), num(to)))
		}
	}
	return at
}

// boxed is a box with its lines.
type boxed struct {
	node          *Node
	lines         []boxLine
	width, height float64
}

// boxLine is a line of text, at a distance from the left edge of its box and from the top to its baseline.
type boxLine struct {
	x, y        float64
	class, text string
}

// layout breaks the texts of a box into lines.
func (d *treeDrawing) layout(n *Node, x float64) *boxed {
	b := &boxed{node: n, height: padding}
	room := max(d.most-x-margin, leastBox) - 2*padding
	left := padding
	if n.Broken {
		left += badgeWidth + padding
	}
	if role := clean(n.Role); role != "" {
		role = cut(role, 20)
		b.lines = append(b.lines, boxLine{left, padding + fontSize, "b soft", role})
		left += textWidth(role, fontSize) + padding
	}
	b.add("", left, fontSize, room+padding-left, n.Text)
	b.add("s soft", left, smallSize, room+padding-left, n.At)
	for _, note := range n.Notes {
		b.height += padding / 2
		sign, text := "b soft", ""
		switch note.Severity {
		case model.Error:
			sign, text = "b bad", "b"
		case model.Warning:
			sign = "b warn"
		}
		b.lines = append(b.lines, boxLine{padding, b.height + fontSize, sign, cut(clean(string(note.Severity)), 12)})
		from := padding + textWidth("warning", fontSize) + padding
		b.add(text, from, fontSize, room+padding-from, note.Text)
		b.add("s soft", from, smallSize, room+padding-from, note.At)
	}
	for _, l := range b.lines {
		size := fontSize
		if strings.HasPrefix(l.class, "s ") {
			size = smallSize
		}
		b.width = max(b.width, l.x+textWidth(l.text, size)+padding)
	}
	b.height += padding - 2
	return b
}

// add adds a text in lines that fit into the room.
func (b *boxed) add(class string, x, size, room float64, text string) {
	height := lineHeight
	if size == smallSize {
		height = smallHeight
	}
	for _, line := range Wrap(clean(text), int(room/(emWidth*size))) {
		b.lines = append(b.lines, boxLine{x, b.height + size, class, line})
		b.height += height
	}
}

const badgeWidth = 60.0

// draw draws a box at the current height.
func (d *treeDrawing) draw(b *boxed, x float64) {
	class := "box"
	for _, n := range b.node.Notes {
		if n.Severity == model.Warning {
			class = "box-warn"
		}
	}
	if b.node.Broken {
		class = "box-bad"
	}
	d.rect(x, d.y, b.width, b.height, `rx="5" class="`+class+`"`)
	if b.node.Broken {
		d.rect(x+padding, d.y+padding-1, badgeWidth, lineHeight-1, `rx="3" class="bad"`)
		d.text(x+padding+badgeWidth/2, d.y+padding+fontSize-1, "b on-bad", "middle", "BROKEN")
	}
	for _, l := range b.lines {
		d.text(x+l.x, d.y+l.y, l.class, "start", l.text)
	}
	d.width = max(d.width, x+b.width)
	d.y += b.height
}
