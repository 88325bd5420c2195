package gen

import (
	"regexp"
	"strings"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const (
	// GatewayContainer is the name of the container of every micro-gateway.
	GatewayContainer = "mgw"

	// EndpointsAnnotation lists the URLs that the gateway image must have been built with, one in each line: etcd(KEY, URL)
	// contains commas and spaces.
	EndpointsAnnotation = group + "/endpoints"
	// builtIn says why the micro-gateway does not read an object (pkg/kaniko of the operator).
	builtIn           = "the micro-gateway reads these settings from its image; build them into the image"
	analyticsVolume   = "analytics"
	analyticsLocation = "/home/ballerina/wso2/api-usage-data/"
)

// microGateway is the WSO2 API Microgateway 3.2, which the operator ran.
var microGateway = gatewayKind{
	name:      "wso2-micro-gateway",
	container: GatewayContainer,
	// docker/alpine/Dockerfile of product-microgateway 3.2. The image sets its user by name, not by number. With only
	// runAsNonRoot, the kubelet would not start the container.
	user:      802,
	modes:     []string{string(model.PrivateJet), string(model.Sidecar), string(model.Shared)},
	http:      port{httpPortName, 9090, 9090},
	https:     port{httpsPortName, 9095, 9095},
	metrics:   port{metricsPortName, 9797, 9797},
	readiness: microGatewayProbe, liveness: microGatewayProbe,
	// Probes and scrapes are not load.
	profile: map[string]hpa.Formula{
		"http_requests_total_value_per_second": {
			Series: "http_requests_total_value", Type: hpa.Counter, Aggregation: "sum",
			Matchers: []string{`http_url!~"(/health|/metrics)"`},
		},
	},
	build: func(g *gatewayBuilder) {
		g.own = g.urls
		microGatewayImage(g)
	},
	ignores: map[string]string{"Security": builtIn, "RateLimiting": builtIn},
	volumes: analytics,
	adapt: func(g *gateway, d *appsv1.Deployment) {
		if urls, _ := g.own.([]string); len(urls) > 0 {
			d.Annotations = with(d.Annotations, map[string]string{EndpointsAnnotation: strings.Join(urls, "\n")})
		}
	},
	outputs: outputs,
}

var microGatewayProbe = corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
	Path: "/health", Port: intstr.FromString(httpsPortName), Scheme: corev1.URISchemeHTTPS,
}}

// analytics adds the volume in which the gateway keeps the data that it uploads.
func analytics(b *podBuilder) {
	b.names[analyticsVolume] = true
	if !b.settings.analytics {
		return
	}
	b.paths[analyticsLocation] = true
	empty := corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
	b.volumes = append(b.volumes, corev1.Volume{Name: analyticsVolume, VolumeSource: empty})
	b.mounts = append(b.mounts, corev1.VolumeMount{Name: analyticsVolume, MountPath: analyticsLocation})
}

// microGatewayImage finds the image of the API, or derives the name of the image that the operator built (pkg/registry and
// pkg/controller/api/api_controller.go of the operator). The tag is the version of the API, or the version of its only document,
// and the time of the last update.
func microGatewayImage(g *gatewayBuilder) {
	spec, at := g.in.spec, g.in.specPlace.Child("image")
	if image := strings.TrimSpace(spec.Image); image != "" {
		checkImage(image, model.GatewayImage, at, g.ps)
		g.image = image
		if spec.UpdateTimeStamp != "" {
			g.ps.Infof(model.InputIgnored, g.in.specPlace.Child("updateTimeStamp"), "has no effect together with image")
		}
		return
	}
	repo := g.settings.repository
	if repo == "" {
		g.ps.Errorf(model.GatewayImage, at, "is missing; set the gateway image, or repositoryName in %s", registryConfig)
		return
	}
	if strings.ContainsAny(repo, " \t\r\n") {
		g.ps.Valuef(model.GatewayImage, at, repo,
			"cannot be derived from repositoryName %q in %s; use one without spaces", repo, registryConfig)
		return
	}
	tag := spec.Version
	switch {
	case tag != "" || len(g.docs) == 0:
	case len(g.docs) == 1:
		tag = g.docs[0].Version
	default:
		tag = "v1.0.0"
	}
	if spec.UpdateTimeStamp != "" {
		tag += "-" + spec.UpdateTimeStamp
	}
	if len(tag) > longestTag || !tagPattern().MatchString(tag) {
		g.ps.Valuef(model.GatewayImage, at, tag,
			"is missing, and the version %q is not a valid image tag; set image or version", tag)
	}
	g.image = repo + "/" + g.ref.Name + ":" + tag
	switch g.settings.registryType {
	case "AMAZON_ECR":
		g.image = repo + ":" + g.ref.Name + "-" + tag
	case "GCR":
		g.image = "gcr.io/" + g.image
	}
}

// tagPattern and longestTag describe the tag of an image (distribution/reference, regexp.go). They are separate because a
// pattern with a repetition count takes a millisecond to compile.
var tagPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
})

const longestTag = 128
