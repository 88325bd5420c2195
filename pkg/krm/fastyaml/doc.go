// Package fastyaml reads and writes YAML as most people and tools write manifests, in a fraction of the time that the
// libraries take. Texts and typed objects come in, nodes and texts go out. It imports no other package of this module.
//
// Both of its short cuts give the very result of the library or give up, and a fuzz test next to each compares the two:
//
//   - [Parse] reads block mappings and lists, scalars on one line, literal blocks, and short collections in flow style on
//     one line. It leaves to go.yaml.in/yaml/v3 anchors, aliases, tags and merge keys; folded blocks, escapes and strings
//     over several lines; explicit keys, directives and byte order marks; carriage returns and tabs; deep nesting; and
//     whatever is not valid.
//   - [Emit] writes typed objects as [Encode] writes what [ToNode] makes of them. It walks the Go values and asks the
//     library once for each string that is not a plain word. It leaves to the library long or unusual keys, fractions and
//     long numbers, bytes, text marshalers and options of struct tags that no Kubernetes type needs.
//
// What they are worth, in seconds of CPU for the function at 1,000 APIs: 0.57 with both, 1.30 without Parse, 3.5 without
// Emit. Two more short cuts live with their callers: lists that are read in sections (pkg/krm; 0.81 without) and the check
// of OpenAPI documents that are surely valid (pkg/swagger; 0.98 without). Without all four it is 5.1.
package fastyaml
