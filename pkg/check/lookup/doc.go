// Package lookup finds objects by labels and namespaces (Index, ByNamespace), describes what label selectors require, suggests
// names (Suggester), and computes values once (Lazy, Remember). It knows no kinds of objects. Of this module, it imports only
// pkg/model.
package lookup
