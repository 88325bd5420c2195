//go:build race

package krm

const underRace = true
