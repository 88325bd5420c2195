//go:build e2e

// Package e2e shows on a real control plane that rendered manifests make workloads scale, that krm-fn check distinguishes manifests
// that do from those that do not, and that krm-fn migrate ends with such manifests. Its input is what users have: the output of
// krm-fn and of kustomize.
//
//	make e2e          TestScaling: the examples scale with the numbers of their scenario; and TestGateway
//	make e2e-gateway  TestGateway: HAProxy, as rendered, answers requests, and scales with them
//	make e2e-smoke    TestSmoke: one of them scales up once
//	make e2e-gateway-api  TestGatewayAPI: the API server accepts the HTTPRoutes of all golden cases
//	make e2e-migrate  TestMigrate: the commands of krm-fn migrate, from the operator's objects to the rendered ones
//	make e2e-keda     TestKEDA: KEDA scales by ScaledObjects, as rendered; and the verdicts of krm-fn check against KEDA;
//	                  TestMigrateKEDA: the commands of krm-fn migrate keda, under load, and back
//	make e2e-truth    TestTruth: the verdicts of krm-fn check against what the cluster does
package e2e
