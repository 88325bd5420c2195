// Package check judges Kubernetes objects, whoever wrote them: it walks from every HorizontalPodAutoscaler to the pods that
// serve its metrics and says at which link the chain breaks. It reads objects alone and knows nothing of how this
// program renders them: it imports neither gen nor hpa nor swagger.
package check
