// Package promexpr says what becomes of labels in PromQL expressions and relabelings. Parsed expressions and sets of labels
// go in; facts about them come out: selectors, windows, whether the result has a label. It knows no Kubernetes objects and
// imports no other package of this module.
package promexpr
