// Package promexpr analyzes PromQL expressions and relabelings: their selectors and windows, and what becomes of labels. It knows
// no Kubernetes objects, and imports no other package of this module.
package promexpr
