package keda

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// APIVersion and Group are those of KEDA's objects.
const (
	Group      = "keda.sh"
	APIVersion = Group + "/v1alpha1"
)

// The kinds of KEDA's objects.
const (
	ScaledObjectKind                 = "ScaledObject"
	ScaledJobKind                    = "ScaledJob"
	TriggerAuthenticationKind        = "TriggerAuthentication"
	ClusterTriggerAuthenticationKind = "ClusterTriggerAuthentication"
)

// Defaults of a ScaledObject (apis/keda/v1alpha1/scaledobject_types.go, pkg/scaling/executor/scale_executor.go). Times are in
// seconds.
const (
	DefaultPollingInterval = 30
	DefaultCooldownPeriod  = 300
	DefaultMaxReplicaCount = 100
)

// ScaledObject scales a workload.
type ScaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ScaledObjectSpec `json:"spec"`
}

// ScaledObjectSpec is the spec of a ScaledObject. Times are in seconds.
type ScaledObjectSpec struct {
	ScaleTargetRef        *ScaleTarget `json:"scaleTargetRef"`
	PollingInterval       *int32       `json:"pollingInterval,omitempty"`
	InitialCooldownPeriod *int32       `json:"initialCooldownPeriod,omitempty"`
	CooldownPeriod        *int32       `json:"cooldownPeriod,omitempty"`
	IdleReplicaCount      *int32       `json:"idleReplicaCount,omitempty"`
	MinReplicaCount       *int32       `json:"minReplicaCount,omitempty"`
	MaxReplicaCount       *int32       `json:"maxReplicaCount,omitempty"`
	Advanced              *Advanced    `json:"advanced,omitempty"`
	Triggers              []Trigger    `json:"triggers"`
	Fallback              *Fallback    `json:"fallback,omitempty"`
}

// ScaleTarget is the workload that a ScaledObject scales, in its own namespace.
type ScaleTarget struct {
	Name string `json:"name"`
	// APIVersion defaults to apps/v1, Kind to Deployment, each on its own.
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	// EnvSourceContainerName is the container with the environment of the triggers. The default is the first one.
	EnvSourceContainerName string `json:"envSourceContainerName,omitempty"`
}

// Advanced has settings of the HorizontalPodAutoscaler that KEDA creates.
type Advanced struct {
	HorizontalPodAutoscalerConfig *HPAConfig        `json:"horizontalPodAutoscalerConfig,omitempty"`
	RestoreToOriginalReplicaCount bool              `json:"restoreToOriginalReplicaCount,omitempty"`
	ScalingModifiers              *ScalingModifiers `json:"scalingModifiers,omitempty"`
}

// HPAConfig is what a user can choose of the HorizontalPodAutoscaler.
type HPAConfig struct {
	// Name defaults to keda-hpa- and the name of the ScaledObject.
	Name     string                                         `json:"name,omitempty"`
	Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior,omitempty"`
}

// ScalingModifiers replace all triggers except cpu and memory with one metric.
type ScalingModifiers struct {
	Formula          string                         `json:"formula,omitempty"`
	Target           string                         `json:"target,omitempty"`
	ActivationTarget string                         `json:"activationTarget,omitempty"`
	MetricType       autoscalingv2.MetricTargetType `json:"metricType,omitempty"`
}

// Fallback is the number of replicas while a trigger fails.
type Fallback struct {
	FailureThreshold int32 `json:"failureThreshold"`
	Replicas         int32 `json:"replicas"`
	// Behavior is one of static (the default), currentReplicas, currentReplicasIfHigher, currentReplicasIfLower, and
	// scalingModifiers.
	Behavior string `json:"behavior,omitempty"`
}

// ScaledJobSpec is the spec of a ScaledJob, which makes Jobs.
type ScaledJobSpec struct {
	JobTargetRef               *JobTarget      `json:"jobTargetRef"`
	PollingInterval            *int32          `json:"pollingInterval,omitempty"`
	SuccessfulJobsHistoryLimit *int32          `json:"successfulJobsHistoryLimit,omitempty"`
	FailedJobsHistoryLimit     *int32          `json:"failedJobsHistoryLimit,omitempty"`
	RolloutStrategy            string          `json:"rolloutStrategy,omitempty"`
	Rollout                    Rollout         `json:"rollout,omitzero"`
	EnvSourceContainerName     string          `json:"envSourceContainerName,omitempty"`
	MinReplicaCount            *int32          `json:"minReplicaCount,omitempty"`
	MaxReplicaCount            *int32          `json:"maxReplicaCount,omitempty"`
	ScalingStrategy            ScalingStrategy `json:"scalingStrategy,omitzero"`
	Triggers                   []Trigger       `json:"triggers"`
}

// JobTarget has the field of a JobSpec (batch/v1) that the checks use.
type JobTarget struct {
	Template corev1.PodTemplateSpec `json:"template"`
}

// Rollout is what happens to the Jobs of earlier versions of a ScaledJob.
type Rollout struct {
	Strategy          string `json:"strategy,omitempty"`
	PropagationPolicy string `json:"propagationPolicy,omitempty"`
}

// ScalingStrategy is how a ScaledJob counts the Jobs to make.
type ScalingStrategy struct {
	Strategy                          string   `json:"strategy,omitempty"`
	CustomScalingQueueLengthDeduction *int32   `json:"customScalingQueueLengthDeduction,omitempty"`
	CustomScalingRunningJobPercentage string   `json:"customScalingRunningJobPercentage,omitempty"`
	PendingPodConditions              []string `json:"pendingPodConditions,omitempty"`
	MultipleScalersCalculation        string   `json:"multipleScalersCalculation,omitempty"`
}

// AuthenticationSpec is the spec of a TriggerAuthentication or ClusterTriggerAuthentication: where parameters come from.
type AuthenticationSpec struct {
	PodIdentity              *PodIdentity      `json:"podIdentity,omitempty"`
	SecretTargetRef          []SecretParameter `json:"secretTargetRef,omitempty"`
	ConfigMapTargetRef       []SecretParameter `json:"configMapTargetRef,omitempty"`
	Env                      []NamedParameter  `json:"env,omitempty"`
	FilePath                 string            `json:"filePath,omitempty"`
	HashiCorpVault           *Vault            `json:"hashiCorpVault,omitempty"`
	AzureKeyVault            *Vault            `json:"azureKeyVault,omitempty"`
	GCPSecretManager         *Vault            `json:"gcpSecretManager,omitempty"`
	AWSSecretManager         *Vault            `json:"awsSecretManager,omitempty"`
	BoundServiceAccountToken []NamedParameter  `json:"boundServiceAccountToken,omitempty"`
	OAuth2                   *struct{}         `json:"oauth2,omitempty"`
	AzureServicePrincipal    *struct{}         `json:"azureServicePrincipal,omitempty"`
}

// PodIdentity is the identity by which KEDA asks a cloud.
type PodIdentity struct {
	Provider string `json:"provider"`
}

// SecretParameter takes a parameter from a key of a Secret or ConfigMap.
type SecretParameter struct {
	Parameter string `json:"parameter"`
	Name      string `json:"name"`
	Key       string `json:"key"`
}

// NamedParameter has a name of a parameter.
type NamedParameter struct {
	Parameter string `json:"parameter"`
}

// Vault takes parameters from a store outside of the cluster.
type Vault struct {
	Secrets []NamedParameter `json:"secrets"`
}

// Trigger is where a number comes from, and its target.
type Trigger struct {
	Type string `json:"type"`
	Name string `json:"name,omitempty"`
	// UseCachedMetrics makes the HorizontalPodAutoscaler read the number of the last poll.
	UseCachedMetrics bool `json:"useCachedMetrics,omitempty"`
	// Metadata has the settings of the type, all of them text.
	Metadata map[string]string `json:"metadata"`
	// AuthenticationRef is nil if the trigger needs no credentials.
	AuthenticationRef *AuthenticationRef `json:"authenticationRef,omitempty"`
	// MetricType defaults to AverageValue. It is required for cpu and memory.
	MetricType autoscalingv2.MetricTargetType `json:"metricType,omitempty"`
}

// AuthenticationRef is an object with credentials. Kind defaults to TriggerAuthentication.
type AuthenticationRef struct {
	Name string `json:"name"`
	Kind string `json:"kind,omitempty"`
}

// The types of triggers that this module knows more about than their name.
const (
	Prometheus         = "prometheus"
	CPU                = "cpu"
	Memory             = "memory"
	Cron               = "cron"
	KubernetesWorkload = "kubernetes-workload"
	MetricsAPI         = "metrics-api"
	External           = "external"
	ExternalPush       = "external-push"
)

// Annotations of ScaledObjects, and of HorizontalPodAutoscalers that a ScaledObject takes over
// (apis/keda/v1alpha1/scaledobject_types.go).
const (
	PausedAnnotation         = "autoscaling.keda.sh/paused"
	PausedReplicasAnnotation = "autoscaling.keda.sh/paused-replicas"
	PausedScaleInAnnotation  = "autoscaling.keda.sh/paused-scale-in"
	PausedScaleOutAnnotation = "autoscaling.keda.sh/paused-scale-out"
	ForceActivation          = "autoscaling.keda.sh/force-activation"
	// TransferOwnership on a ScaledObject is "true" if it takes over the HorizontalPodAutoscaler that it names.
	TransferOwnership = "scaledobject.keda.sh/transfer-hpa-ownership"
	// ValidateOwnership on a HorizontalPodAutoscaler is "false" if KEDA's webhook does not look at it.
	ValidateOwnership = "validations.keda.sh/hpa-ownership"
)

// NameLabel is the label that KEDA puts on ScaledObjects, and the selector of each external metric.
const NameLabel = "scaledobject.keda.sh/name"

// HPAName returns the name of the HorizontalPodAutoscaler that KEDA creates (controllers/keda/hpa.go, getHPAName).
func (o *ScaledObject) HPAName() string {
	if a := o.Spec.Advanced; a != nil && a.HorizontalPodAutoscalerConfig != nil && a.HorizontalPodAutoscalerConfig.Name != "" {
		return a.HorizontalPodAutoscalerConfig.Name
	}
	return "keda-hpa-" + o.Name
}
