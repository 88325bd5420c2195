package main

import (
	"flag"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/fn/framework/frameworktestutil"
)

var update = flag.Bool("update", false, "write the expected outputs anew, and fail")

// TestProcess runs the cases in testdata as kyaml's own tools test functions.
func TestProcess(t *testing.T) {
	checker := frameworktestutil.ProcessorResultsChecker{
		Processor:                func() framework.ResourceListProcessor { return framework.ResourceListProcessorFunc(process) },
		UpdateExpectedFromActual: *update,
	}
	checker.Assert(t)
	if *update {
		t.Error("the expected outputs were written; look at them")
	}
}
