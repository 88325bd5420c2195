//go:build !race

package krm

const underRace = false
