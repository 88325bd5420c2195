package tools

// KEDA is the version of KEDA whose objects the product knows; tools/keda has its programs.
var KEDA = Module{
	Path:    "github.com/kedacore/keda/v2",
	Version: "v2.21.0",
	Sum:     "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
}
