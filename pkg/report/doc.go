// Package report writes one HTML file about what the checks found: what they judged, every scaler with its chain as a picture and
// as a text, and all problems. In: what the checks and simulations return. Out: a file that needs neither a network nor scripts.
//
// The file depends on nothing but the input: there is no clock in it. The package reads no objects and no files.
package report
