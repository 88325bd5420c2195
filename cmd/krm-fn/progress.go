package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progress tells a person who watches how far a long command is. Without a terminal, and within the first second, it writes
// nothing.
type progress struct {
	to      io.Writer
	all, at int
	next    time.Time
	shown   bool
	mu      sync.Mutex
}

func newProgress(to io.Writer, all int) *progress {
	p := &progress{all: all, next: time.Now().Add(time.Second)}
	if o, ok := to.(*output); ok {
		if f, ok := o.to.(*os.File); ok && isTerminal(f) {
			p.to = f // The output replaces control characters.
		}
	}
	return p
}

// step counts a part that is done. Parts can be done at the same time.
func (p *progress) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at++
	if p.to == nil || time.Now().Before(p.next) {
		return
	}
	p.next = time.Now().Add(200 * time.Millisecond)
	p.shown = true
	_, _ = fmt.Fprintf(p.to, "\r%d of %d", p.at, p.all)
}

// end removes what was shown.
func (p *progress) end() {
	if p.shown {
		_, _ = fmt.Fprint(p.to, "\r\x1b[K")
	}
}
