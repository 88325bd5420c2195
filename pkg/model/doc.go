// Package model holds what every stage shares: the resolved facts about APIs and backends, and the problems that were
// found, each with the place where it was written. Nothing here reads or writes bytes, and nothing knows a wire format;
// the package imports no other package of this module.
package model
