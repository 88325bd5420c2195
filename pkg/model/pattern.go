package model

import (
	"regexp"
	"sync"
)

// Pattern returns a function that compiles a regular expression on its first call. Otherwise, every start would pay for it.
func Pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
