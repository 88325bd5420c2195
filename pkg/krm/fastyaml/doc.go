// Package fastyaml reads and writes YAML as most people and tools write manifests, in a fraction of the time that the
// libraries take. Texts and typed objects come in, nodes and texts go out. It imports no other package of this module.
//
// Both fast paths return exactly the result of the library, or give up. For each, a fuzz test compares the two:
//
//   - [Parse] reads block mappings and lists, scalars on one line, literal blocks, and short collections in flow style on
//     one line. It leaves to go.yaml.in/yaml/v3 anchors, aliases, tags, and merge keys; folded blocks, escapes, and strings
//     over several lines; explicit keys, directives, and byte order marks; carriage returns and tabs; deep nesting; and
//     invalid text.
//   - [Emit] writes typed objects as [Encode] writes the result of [ToNode]. It walks the Go values and uses the library only
//     once for each string that is not a plain word. It leaves to the library long or unusual keys, fractions and long
//     numbers, bytes, text marshalers, values that marshal themselves as objects or lists, and options of struct tags that
//     no Kubernetes type needs.
//
// Seconds of CPU for the function at 1,000 APIs: 0.57 with both, 1.30 without Parse, 3.5 without Emit. Two more fast paths
// are in other packages: lists that are read in sections (pkg/krm; 0.81 without), and the check of OpenAPI documents that are
// surely valid (pkg/swagger; 0.98 without). Without all four, it is 5.1.
//
// Emit walks the values itself, because encoding/json first finds out how to encode every type that an object can reach.
// Measured with json.Marshal and a scan of its text in place of the walk, which saves about 50 lines (user and system time
// of the command, medians of two times 15 runs in turn): 1 API takes 0.100 s instead of 0.087 s (+15 %), and 1,000 APIs take
// 0.887 s instead of 0.823 s (+8 %). The limit for such a simplification is 5 %, so the walk stays.
package fastyaml
