package picture

import (
	"cmp"
	"math"
	"slices"
)

// panelDrawing is a panel while it is drawn.
type panelDrawing struct {
	*chartDrawing
	*Panel
	y      scale
	step   float64
	height float64
	lines  []Line
	labels []endLabel
	kinds  []int
}

// endLabel is the name of a line, at its right end.
type endLabel struct {
	text, class string
	// at is the height of the end, y that of the label.
	at, y float64
}

// panel measures a panel.
func (d *chartDrawing) panel(p *Panel) *panelDrawing {
	out := &panelDrawing{chartDrawing: d, Panel: p, lines: finite(p.Lines)}
	low, high := math.Inf(1), math.Inf(-1)
	for i := range p.Series {
		if l, h, ok := p.Series[i].bounds(d.End); ok {
			low, high = min(low, l), max(high, h)
		}
	}
	if low > high {
		low, high = 0, 0
	}
	// A limit that is far off would flatten the series.
	const far = 3
	size := max(high, -low)
	for _, l := range out.lines {
		if size == 0 || math.Abs(l.Value) <= far*size {
			low, high = min(low, l.Value), max(high, l.Value)
		}
	}
	out.height = max(panelHeight, labelHeight*float64(len(p.Series)+len(p.Lines)))
	out.y, out.step = niceScale(min(low, 0), max(high, 0), int(out.height/32))
	for i := range p.Series {
		out.labels = append(out.labels, endLabel{text: cut(clean(p.Series[i].Name), maxLabel), class: p.Series[i].Style.class()})
	}
	for _, l := range out.lines {
		text := cut(clean(l.Label), maxLabel) + " " + number(l.Value)
		switch {
		case l.Value > out.y.high:
			text += " ↑"
		case l.Value < out.y.low:
			text += " ↓"
		}
		out.labels = append(out.labels, endLabel{text: text, class: "limit"})
	}
	for _, b := range p.Bands {
		if kind := d.kind(b.Label); !slices.Contains(out.kinds, kind) {
			out.kinds = append(out.kinds, kind)
		}
	}
	return out
}

func (p *panelDrawing) draw() {
	d := p.chartDrawing
	p.head()
	p.y.from, p.y.to = d.y+p.height, d.y
	for _, kind := range p.kinds {
		for _, s := range d.spans(p.Bands, d.kinds[kind]) {
			d.band(kind, s.from, d.y, s.to-s.from, p.height)
		}
	}
	for _, t := range d.ticks {
		x := num(d.x.at(float64(t.at)))
		d.path("grid", "M"+x+" "+num(p.y.to)+"V"+num(p.y.from))
	}
	for i := range int(math.Round((p.y.high-p.y.low)/p.step)) + 1 {
		v := p.y.low + float64(float64(i)*p.step)
		if math.Abs(v) < p.step/2 {
			v = 0 // The sum of steps is not exact.
		}
		y := p.y.at(v)
		d.path("grid", "M"+num(d.x.from)+" "+num(y)+"H"+num(d.x.to))
		d.text(d.x.from-6, y+4, "s soft", "end", number(v))
	}
	for i := range p.Series {
		path, last := p.Series[i].line(d.x, p.y, d.End)
		if path == "" {
			p.labels[i].text, last = cut(p.labels[i].text, maxLabel-9)+" (no data)", p.y.from
		} else {
			d.path("series "+p.Series[i].Style.class(), path)
		}
		p.labels[i].at = last
	}
	for i, l := range p.lines {
		at := min(max(p.y.at(l.Value), p.y.to), p.y.from)
		if l.Value <= p.y.high && l.Value >= p.y.low {
			d.path("limit", "M"+num(d.x.from)+" "+num(at)+"H"+num(d.x.to))
		}
		p.labels[len(p.Series)+i].at = at
	}
	p.names()
	d.y += p.height
}

// head writes the title of the panel, and which hatches its bands have.
func (p *panelDrawing) head() {
	d := p.chartDrawing
	x := margin
	put := func(class, text string, kind int) {
		before := 0.0
		if kind >= 0 {
			before = swatch + 6
		}
		text = cut(clean(text), int((d.width-2*margin-swatch)/(emWidth*fontSize)))
		width := before + textWidth(text, fontSize) + padding
		if x > margin && x+width > d.width {
			x, d.y = margin, d.y+lineHeight
		}
		if kind >= 0 {
			d.band(kind, x, d.y+1, swatch, fontSize)
		}
		d.text(x+before, d.y+fontSize-1, class, "start", text)
		x += width
	}
	put("b", p.Title, -1)
	put("soft", p.Unit, -1)
	for _, kind := range p.kinds {
		x += padding
		put("", d.kinds[kind], kind)
	}
	d.y += lineHeight + 6
}

// names writes the labels at the right ends, below each other if the ends are close.
func (p *panelDrawing) names() {
	d := p.chartDrawing
	slices.SortStableFunc(p.labels, func(a, b endLabel) int { return cmp.Compare(a.at, b.at) })
	top := p.y.to + labelHeight/2 - 4
	for i := range p.labels {
		p.labels[i].y = max(p.labels[i].at, top)
		top = p.labels[i].y + labelHeight
	}
	bottom := p.y.from
	for i := range slices.Backward(p.labels) {
		p.labels[i].y = min(p.labels[i].y, bottom)
		bottom = p.labels[i].y - labelHeight
	}
	for _, l := range p.labels {
		x := d.x.to + 3
		if math.Abs(l.y-l.at) > 1 {
			d.path("lead", "M"+num(x)+" "+num(l.at)+"L"+num(x+8)+" "+num(l.y))
		}
		class := "series " + l.class
		if l.class == "limit" {
			class = l.class
		}
		d.path(class, "M"+num(x+9)+" "+num(l.y)+"h"+num(swatch))
		text := l.class
		if text == "limit" {
			text = "soft"
		}
		d.text(x+swatch+13, l.y+4, "s "+text, "start", l.text)
	}
}
