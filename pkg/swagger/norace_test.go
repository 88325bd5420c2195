//go:build !race

package swagger

const underRace = false
