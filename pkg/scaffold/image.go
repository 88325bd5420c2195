package scaffold

import (
	"errors"
	"fmt"
	"strings"

	"cuelabs.dev/go/oci/ociregistry/ociref"
)

// checkReference returns an error if no container runtime accepts the image. Runtimes also accept short names, which refer to
// Docker Hub (normalize.go in github.com/distribution/reference). That package is not used, because it adds several
// milliseconds to every start.
func checkReference(image string) error {
	if ociref.IsValidDigest("sha256:" + image) {
		return errors.New("64 hexadecimal digits are an image ID, not a name")
	}
	host, name := split(image)
	path, _, _ := strings.Cut(name, ":")
	if strings.ToLower(path) != path {
		return fmt.Errorf("invalid reference format: repository name (%s) must be lowercase", path)
	}
	if _, digest, ok := strings.Cut(name, "@"); ok && !ociref.IsValidDigest(digest) {
		return fmt.Errorf("invalid digest %q", digest)
	}
	if _, err := ociref.ParseRelative(host + "/" + name); err != nil {
		return errors.New("invalid reference format")
	}
	return nil
}

// split splits an image into the registry, in a form that is not ambiguous, and the rest.
func split(image string) (host, name string) {
	host, name, ok := strings.Cut(image, "/")
	switch {
	case ok && strings.ContainsAny(host, ".:"):
	case ok && (host == "localhost" || strings.ToLower(host) != host): // Names have no uppercase letters.
		host += ":443"
	default:
		host, name = "docker.io", image
	}
	if (host == "docker.io" || host == "index.docker.io") && !strings.Contains(name, "/") {
		name = "library/" + name
	}
	return host, name
}
