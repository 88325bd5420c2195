// Package fn is krm-fn as a processor of kyaml's function framework, for programs and container images that hold several
// functions. The items and the functionConfig of a framework.ResourceList flow in: a RenderAPIs, a CheckManifests, or a
// ConfigMap. What krm-fn hands back flows out: the items, those that it does not touch as they are, and the results.
//
// A program with krm-fn alone is
//
//	err := framework.Execute(fn.Processor{}, nil)
//
// and a command that also takes files is
//
//	cmd := command.Build(fn.Processor{}, command.StandaloneEnabled, false)
//
// A program of several functions looks at the functionConfig and calls Process for those that are krm-fn's; see the folder
// examples/several-functions. The krm-fn command does not use this package: it reads and writes lists with pkg/krm, which
// starts and runs several times faster.
package fn
