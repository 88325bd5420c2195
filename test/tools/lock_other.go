//go:build !unix

package tools

// Lock does nothing where there is no flock: parallel processes then build the
// same binary twice, and the last rename wins.
func Lock(string) (unlock func(), err error) {
	return func() {}, nil
}
