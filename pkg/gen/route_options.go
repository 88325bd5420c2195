package gen

import (
	"net"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/gateway/httproute"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// parentRef names a Gateway, or some of its listeners.
type parentRef struct {
	Name        string `json:"name"`
	Namespace   string `json:"namespace"`
	SectionName string `json:"sectionName"`
	Port        int32  `json:"port"`
}

// The maximum numbers of parents and of host names of an HTTPRoute.
const (
	maxParents   = 32
	maxHostnames = 16
)

// setRoutes reads the settings of HTTPRoutes.
func (o *gatewayOptions) setRoutes(spec gatewaySpec, ps *model.Problems) {
	at := o.at.Child("parentRefs")
	if len(spec.ParentRefs) > maxParents {
		ps.Errorf(model.InputLimit, at, "has %d entries; use at most %d", len(spec.ParentRefs), maxParents)
	}
	for i, p := range spec.ParentRefs {
		at := at.Item(i)
		if p.Name == "" {
			ps.Errorf(model.InputRequired, at.Child("name"), "is missing; set the name of a Gateway")
		} else {
			checkSubdomain(p.Name, at.Child("name"), ps)
		}
		checkNamespace(p.Namespace, at.Child("namespace"), ps)
		if p.SectionName != "" {
			checkSubdomain(p.SectionName, at.Child("sectionName"), ps)
		}
		if p.Port < 0 || p.Port > 65535 {
			ps.Valuef(model.InputValue, at.Child("port"), strconv.Itoa(int(p.Port)), "is %d; use a number from 1 to 65535", p.Port)
		}
		// The rules of the standard channel, which do not look at ports.
		if slices.ContainsFunc(spec.ParentRefs[:i], func(other parentRef) bool {
			return other.Name == p.Name && other.Namespace == p.Namespace &&
				(other.SectionName == p.SectionName || other.SectionName == "" || p.SectionName == "")
		}) {
			ps.Errorf(model.InputDuplicate, at, "names Gateway %s again; use one entry, or a different sectionName in each", p.Name)
		}
		o.parents = append(o.parents, httproute.Parent(p.Name, p.Namespace, p.SectionName, p.Port))
	}
	at = o.at.Child("hostnames")
	if len(spec.Hostnames) > maxHostnames {
		ps.Errorf(model.InputLimit, at, "has %d entries; use at most %d", len(spec.Hostnames), maxHostnames)
	}
	for i, host := range spec.Hostnames {
		checkHostname(host, at.Item(i), ps)
		if slices.Contains(spec.Hostnames[:i], host) {
			ps.Errorf(model.InputDuplicate, at.Item(i), "%q is listed twice; remove one of them", host)
		}
	}
	o.hostnames = spec.Hostnames
}

func checkSubdomain(name string, at model.Place, ps *model.Problems) {
	if len(validation.IsDNS1123Subdomain(name)) > 0 {
		ps.Valuef(model.InputName, at, name, "%q is not a valid name; use lowercase letters, digits, '-', and '.'", name)
	}
}

// checkHostname reports a text that cannot be a host name of an HTTPRoute.
func checkHostname(host string, at model.Place, ps *model.Problems) {
	valid := len(validation.IsDNS1123Subdomain(host)) == 0 || len(validation.IsWildcardDNS1123Subdomain(host)) == 0
	if !valid || net.ParseIP(host) != nil {
		ps.Valuef(model.InputName, at, host, "%q is not a valid host name", host)
	}
}
