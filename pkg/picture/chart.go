package picture

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Chart is values over time in panels below each other, which share the axis of time.
type Chart struct {
	// Title is shown above the panels. Desc says in words what they show; empty for the range of every series.
	Title, Desc string
	// Start is the time at the left edge, in the time zone of the axis; zero for an axis of the time that passed.
	Start time.Time
	// End is the length of the axis.
	End    time.Duration
	Panels []Panel
}

// Panel is a part of a chart with its own axis of values.
type Panel struct {
	Title, Unit string
	Series      []Series
	Lines       []Line
	Bands       []Band
}

// Line is a limit, drawn over the whole time. Its label is followed by the value.
type Line struct {
	Label string
	Value float64
}

// Band is a span of time. Bands of one label have one entry in the legend.
type Band struct {
	From, To time.Duration
	Label    string
}

// The sizes of a chart in pixels, and the most characters of a label.
const (
	panelHeight = 130.0
	labelHeight = 16.0
	swatch      = 22.0
	maxLabel    = 30
	tickWidth   = 84.0
)

// chartDrawing is a chart while it is drawn.
type chartDrawing struct {
	*canvas
	Chart
	options Options
	x       scale
	width   float64
	y       float64
	ticks   []timeTick
	// kinds are the labels of bands, in the order in which they appear.
	kinds []string
}

// Plot draws a chart.
func Plot(c Chart, o Options) []byte {
	d := &chartDrawing{canvas: newCanvas(), Chart: c, options: o, y: margin}
	if d.End <= 0 {
		d.End = time.Second
	}
	var left, right float64
	panels := make([]*panelDrawing, 0, len(c.Panels))
	for i := range c.Panels {
		p := d.panel(&c.Panels[i])
		panels = append(panels, p)
		for v := p.y.low; v <= p.y.high+p.step/2; v += p.step {
			left = max(left, textWidth(number(v), smallSize))
		}
		for _, l := range p.labels {
			right = max(right, textWidth(l.text, smallSize)+2*swatch)
		}
	}
	d.width = max(o.width(), 2*margin+left+right+3*tickWidth)
	d.x = scale{high: float64(d.End), from: margin + left + 8, to: d.width - margin - max(right, tickWidth/2)}
	d.ticks = timeTicks(d.Start, d.End, int((d.x.to-d.x.from)/tickWidth))
	if title := clean(c.Title); title != "" {
		for _, line := range Wrap(title, int((d.width-2*margin)/(15*emWidth))) {
			d.y += 20
			d.text(margin, d.y-5, "h", "start", line)
		}
		d.y += 4
	}
	d.patterns()
	for i, p := range panels {
		if i > 0 {
			d.y += 2 * rowGap
		}
		p.draw()
	}
	d.axis()
	return d.document(o, d.width, d.y+margin, cmp.Or(clean(c.Title), "Chart"), cmp.Or(clean(c.Desc), d.describe()))
}

// describe says in words what a chart shows.
func (d *chartDrawing) describe() string {
	var parts []string
	for _, p := range d.Panels {
		for i := range p.Series {
			s := &p.Series[i]
			text := "no values"
			if low, high, ok := s.bounds(d.End); ok {
				text = strings.TrimSpace(fmt.Sprintf("%s to %s %s", number(low), number(high), p.Unit))
			}
			parts = append(parts, fmt.Sprintf("%s, %s: %s.", p.Title, s.Name, text))
		}
	}
	return "Over " + elapsed(d.End) + ". " + strings.Join(parts, " ")
}

// hatches tell bands apart without color.
var hatches = [...]string{"M0 8L8 0", "M0 0L8 8", "M0 4h8", "M4 0v8", "M0 4h8M4 0v8"}

// patterns defines the hatches of bands.
func (d *chartDrawing) patterns() {
	for i := range min(len(d.kinds), len(hatches)) {
		_, _ = fmt.Fprintf(d, `<pattern id="%s" width="8" height="8" patternUnits="userSpaceOnUse"><path class="hatch" d="%s"/></pattern>`+"\n",
			d.hatch(i), hatches[i])
	}
}

func (d *chartDrawing) hatch(kind int) string {
	return d.options.id(fmt.Sprintf("hatch%d", kind%len(hatches)))
}

// band draws a rectangle with the hatch of a kind of bands.
func (d *chartDrawing) band(kind int, x, y, width, height float64) {
	d.rect(x, y, width, height, `class="band"`)
	d.rect(x, y, width, height, fmt.Sprintf(`fill="url(#%s)"`, d.hatch(kind)))
}

// axis writes the times below the last panel.
func (d *chartDrawing) axis() {
	d.y += smallHeight
	dates := false
	for _, t := range d.ticks {
		x := d.x.at(float64(t.at))
		d.text(x, d.y, "s", "middle", t.text)
		if t.date != "" {
			d.text(x, d.y+smallHeight, "s soft", "middle", t.date)
			dates = true
		}
	}
	if !d.Start.IsZero() {
		zone := "UTC"
		if _, offset := d.Start.Zone(); offset != 0 {
			zone = d.Start.Format("-07:00")
		}
		d.text(d.width-margin, d.y, "s soft", "end", zone)
	}
	if dates {
		d.y += smallHeight
	}
}

// kind returns the number of a kind of bands.
func (d *chartDrawing) kind(label string) int {
	i := slices.Index(d.kinds, label)
	if i < 0 {
		i, d.kinds = len(d.kinds), append(d.kinds, label)
	}
	return i
}

// span is bands that meet, in pixels.
type span struct{ from, to float64 }

// spans joins the bands of a label, so that there are fewer than pixels.
func (d *chartDrawing) spans(bands []Band, label string) []span {
	var out []span
	sorted := slices.Clone(bands)
	slices.SortStableFunc(sorted, func(a, b Band) int { return cmp.Compare(a.From, b.From) })
	for _, b := range sorted {
		from, to := max(b.From, 0), min(b.To, d.End)
		if b.Label != label || from > to {
			continue
		}
		s := span{d.x.at(float64(from)), d.x.at(float64(to))}
		s.to = max(s.to, s.from+1.5)
		if n := len(out); n > 0 && s.from <= out[n-1].to+1 {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// finite keeps numbers that can be drawn.
func finite(lines []Line) []Line {
	return slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return math.IsNaN(l.Value) || math.IsInf(l.Value, 0) })
}
