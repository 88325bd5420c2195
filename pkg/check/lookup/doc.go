// Package lookup finds things: objects by labels and namespaces (Index, ByNamespace), what a label selector demands and
// misses, the name that was most likely meant (Suggester), and values that are computed once (Lazy) or shared (Interner).
// It is generic: it knows no kinds of objects, and of this module it imports only pkg/model.
package lookup
