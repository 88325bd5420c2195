// Package ci runs .ci/run with a make that does nothing, and compares the workflows with the Makefile.
package ci
