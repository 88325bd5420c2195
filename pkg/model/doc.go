// Package model contains what every stage shares: places, problems and their IDs, modes, and names of objects. Nothing in it
// reads or writes bytes or knows a wire format. It imports no other package of this module.
package model
