package check

var (
	scrapeNone       = ruleMissing
	scrapePort       = ruleMissing
	scrapeUnselected = ruleMissing
)
