package main

import (
	"io"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// output is standard output or standard error. It writes nothing that a terminal interprets. It remembers the first error, because
// not everything that writes, such as the help, reports errors.
type output struct {
	to  io.Writer
	err error
}

// Write writes a text, which must end with a whole character.
func (o *output) Write(text []byte) (int, error) {
	if _, err := o.raw([]byte(model.Printable(string(text)))); err != nil {
		return 0, err
	}
	return len(text), nil
}

func (o *output) raw(text []byte) (int, error) {
	n, err := o.to.Write(text)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// manifests writes manifests, whose bytes stay as they are.
type manifests struct{ *output }

func (m manifests) Write(text []byte) (int, error) { return m.raw(text) }
