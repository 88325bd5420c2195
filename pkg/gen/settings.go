package gen

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// settings are the operator's configuration as it applies to one object.
type settings struct {
	gateway, backend resources
	// requirements are the resources of the gateway.
	requirements  corev1.ResourceRequirements
	readiness     probeTimes
	liveness      probeTimes
	exposure      exposure
	observability bool
	// httpPort and httpsPort are 0 for the ports of the gateway kind; portsPlace is the place of both.
	httpPort, httpsPort int32
	portsPlace          model.Place
	registryType        string
	repository          string
	pullSecrets         []corev1.LocalObjectReference
	analytics           bool
}

type probeTimes struct{ delay, period int32 }

// exposure says how clients reach a gateway from outside the cluster.
type exposure string

const (
	loadBalancer exposure = "default"
	clusterIP    exposure = "ClusterIP"
	ingressMode  exposure = "Ingress"
	gatewayMode  exposure = "GatewayAPI"
	routeMode    exposure = "Route"
	istioMode    exposure = "Istio"
)

var exposures = []exposure{loadBalancer, clusterIP, ingressMode, gatewayMode, routeMode, istioMode}

// The keys of the operator's ConfigMaps: the keys that krm-fn reads, and the keys that only controlled the image build.
var (
	controllerKeys = []string{
		"resourceRequestCPU", "resourceRequestMemory", "resourceLimitCPU", "resourceLimitMemory",
		"resourceRequestCPUTarget", "resourceRequestMemoryTarget", "resourceLimitCPUTarget", "resourceLimitMemoryTarget",
		"readinessProbeInitialDelaySeconds", "readinessProbePeriodSeconds",
		"livenessProbeInitialDelaySeconds", "livenessProbePeriodSeconds",
		"operatorMode", "observabilityEnabled",
	}
	controllerBuildKeys = []string{"mgwToolkitImg", "mgwRuntimeImg", "kanikoImg", deployKey}
	registryKeys        = []string{"registryType", "repositoryName", "imagePullSecretNames"}
)

// deployKey says whether the operator deployed gateways, or only built their images.
const deployKey = "generatekubernbetesartifactsformgw"

// pullSecrets has the registry types with the Secret that pods use to pull images if imagePullSecretNames is empty, "" for none
// (pkg/registry of the operator).
var pullSecrets = map[string]string{
	"DOCKER_HUB": "docker-registry-credentials", "HTTP": "docker-registry-credentials", "HTTPS": "docker-registry-credentials",
	"QUAY": "docker-registry-credentials", "GCR": "gcr-pull-secret", "AMAZON_ECR": "",
}

// configMap is a ConfigMap of configuration; it is empty if there is none.
type configMap struct {
	// item is nil for none.
	item  *krm.Item
	data  map[string]string
	place model.Place
	ps    *model.Problems
}

// readConfig reads a ConfigMap, nil for none. It reports unknown keys, unless known is nil.
func readConfig(it *krm.Item, known []string, ps *model.Problems) configMap {
	if it == nil {
		return configMap{ps: ps}
	}
	data, more := configMapData(it)
	ps.Add(more...)
	cm := configMap{item: it, data: data, place: it.Place.Child("data"), ps: ps}
	if known != nil {
		unknownKeys(data, known, cm.place, ps)
	}
	return cm
}

func (c configMap) at(key string) model.Place { return c.place.Child(key) }

// text returns the value of key without surrounding whitespace.
func (c configMap) text(key string) string { return strings.TrimSpace(c.data[key]) }

// checkKeyCase reports keys that differ from one of keys only in case, in ConfigMaps whose other keys do not matter.
func (c configMap) checkKeyCase(keys ...string) {
	for k := range c.data {
		for _, want := range keys {
			if k != want && strings.EqualFold(k, want) {
				c.ps.Add(model.Problem{
					ID: model.InputField, Severity: model.Error, Place: c.at(k), Suggestion: want,
					Message: fmt.Sprintf("unknown key %q; did you mean %q?", k, want),
				})
			}
		}
	}
}

// number reads a whole number between low and high.
func (c configMap) number(key string, otherwise, low, high int32) int32 {
	s := c.text(key)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < int64(low) || n > int64(high) {
		c.ps.Valuef(model.GatewayConfig, c.at(key), s, "%q is not a number from %d to %d", s, low, high)
		return otherwise
	}
	return int32(n)
}

// flag reads "true" or "false" in any letter case.
func (c configMap) flag(key string) bool {
	s := c.text(key)
	switch strings.ToLower(s) {
	case "true":
		return true
	case "", "false":
		return false
	}
	c.ps.Valuef(model.GatewayConfig, c.at(key), s, `%q is neither "true" nor "false"`, s)
	return false
}

// settingsFiles are the ConfigMaps of settings: controller-config, apim-config, docker-registry-config, and analytics-config. A
// missing one is nil.
type settingsFiles [4]*krm.Item

// settingsReader finds the settings of inputs. It reads each combination of ConfigMaps once.
type settingsReader struct {
	items index
	known map[settingsFiles]readResult[*settings]
}

// readResult is a value that was read, and its problems.
type readResult[T any] struct {
	value    T
	problems model.Problems
}

func (r *settingsReader) read(from referrer, ps *model.Problems) *settings {
	var files settingsFiles
	for i, name := range []string{controllerConfig, apimConfig, registryConfig, analyticsConfig} {
		files[i] = r.items.config(name, from, ps)
	}
	known, ok := r.known[files]
	if !ok {
		known.value = r.parse(files, &known.problems)
		r.known[files] = known
	}
	ps.Add(known.problems...)
	return known.value
}

func (r *settingsReader) parse(files settingsFiles, ps *model.Problems) *settings {
	s := &settings{gateway: gatewayDefaults(), backend: backendDefaults()}
	s.readController(readConfig(files[0], slices.Concat(controllerKeys, controllerBuildKeys), ps))

	// apim-config has about forty keys. All except these two are for the configuration file inside the gateway image.
	apim := readConfig(files[1], nil, ps)
	apim.checkKeyCase("httpPort", "httpsPort")
	s.httpPort, s.httpsPort = apim.number("httpPort", 0, 1, 65535), apim.number("httpsPort", 0, 1, 65535)
	s.portsPlace = apim.place
	s.readRegistry(readConfig(files[2], registryKeys, ps))
	analytics := readConfig(files[3], nil, ps)
	analytics.checkKeyCase("analyticsEnabled")
	s.analytics = analytics.flag("analyticsEnabled")
	s.requirements = s.gateway.requirements()
	return s
}

func (s *settings) readRegistry(c configMap) {
	s.registryType, s.repository = strings.ToUpper(c.text("registryType")), strings.Trim(c.text("repositoryName"), "/")
	secret, known := pullSecrets[s.registryType]
	if types := slices.Sorted(maps.Keys(pullSecrets)); s.registryType != "" && !known {
		c.ps.Add(model.Problem{
			ID: model.GatewayConfig, Severity: model.Error, Place: c.at("registryType"), Value: c.text("registryType"),
			Suggestion: krm.Suggest(s.registryType, types),
			Message: fmt.Sprintf("%q is not a registry type; use %s%s", c.text("registryType"), strings.Join(types, ", "),
				krm.DidYouMean(s.registryType, types)),
		})
	}
	names := words(c.data["imagePullSecretNames"])
	if len(names) == 0 && secret != "" {
		names = []string{secret}
		c.ps.Infof(model.GatewayConfig, c.at("imagePullSecretNames"), "is empty; pods pull images with Secret %s, as with the operator, "+
			"which copied it to their namespace; make sure that it is there", secret)
	}
	for _, name := range names {
		if len(validation.IsDNS1123Subdomain(name)) > 0 {
			c.ps.Valuef(model.InputName, c.at("imagePullSecretNames"), name, "%q is not a valid name of a Secret", name)
		}
		s.pullSecrets = append(s.pullSecrets, corev1.LocalObjectReference{Name: name})
	}
}

func (s *settings) readController(c configMap) {
	if deploy, err := strconv.ParseBool(c.text(deployKey)); err == nil && !deploy {
		c.ps.Warnf(model.InputIgnored, c.at(deployKey),
			"is %q, so the operator only built images; krm-fn renders the gateways", c.text(deployKey))
	}

	for _, q := range []struct {
		to  *quantity
		key string
	}{
		{&s.gateway.cpuRequest, "resourceRequestCPU"},
		{&s.gateway.memoryRequest, "resourceRequestMemory"},
		{&s.gateway.cpuLimit, "resourceLimitCPU"},
		{&s.gateway.memoryLimit, "resourceLimitMemory"},
		{&s.backend.cpuRequest, "resourceRequestCPUTarget"},
		{&s.backend.memoryRequest, "resourceRequestMemoryTarget"},
		{&s.backend.cpuLimit, "resourceLimitCPUTarget"},
		{&s.backend.memoryLimit, "resourceLimitMemoryTarget"},
	} {
		q.to.set(c.text(q.key), q.key+" of "+controllerConfig, c.at(q.key), c.ps)
	}
	const most = 86400
	times := func(probe string, delay, period int32) probeTimes {
		return probeTimes{c.number(probe+"InitialDelaySeconds", delay, 0, most), c.number(probe+"PeriodSeconds", period, 1, most)}
	}
	s.readiness, s.liveness = times("readinessProbe", 8, 5), times("livenessProbe", 10, 30)
	s.observability = c.flag("observabilityEnabled")
	s.exposure = loadBalancer
	mode := c.text("operatorMode")
	if mode == "" {
		return
	}
	i := slices.IndexFunc(exposures, func(e exposure) bool { return strings.EqualFold(string(e), mode) })
	if i < 0 {
		c.ps.Valuef(model.GatewayConfig, c.at("operatorMode"), mode,
			"%q is not a valid operator mode; use default, ClusterIP, Ingress, or GatewayAPI", mode)
		return
	}
	s.exposure = exposures[i]
	if s.exposure == routeMode || s.exposure == istioMode {
		c.ps.Valuef(model.OutputUnsupported, c.at("operatorMode"), mode,
			"%s objects are not rendered; use ClusterIP, and add %s that points to the Service to the package yourself",
			s.exposure, map[exposure]string{routeMode: "a Route", istioMode: "a VirtualService"}[s.exposure])
		s.exposure = clusterIP
	}
}
