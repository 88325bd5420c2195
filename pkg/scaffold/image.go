package scaffold

import (
	"errors"
	"fmt"
	"strings"

	"cuelabs.dev/go/oci/ociregistry/ociref"
)

// checkReference reports what no container runtime takes for an image. Runtimes know images by short names too, which
// are those of Docker Hub (github.com/distribution/reference, normalize.go); that package itself takes several
// milliseconds at the start of every program that holds it.
func checkReference(image string) error {
	if ociref.IsValidDigest("sha256:" + image) {
		return errors.New("64 hexadecimal digits are the ID of an image, and no name")
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

// split splits an image into the registry, written such that it can be nothing else, and the rest.
func split(image string) (host, name string) {
	host, name, ok := strings.Cut(image, "/")
	switch {
	case ok && strings.ContainsAny(host, ".:"):
	case ok && (host == "localhost" || strings.ToLower(host) != host): // No part of a name has capitals.
		host += ":443"
	default:
		host, name = "docker.io", image
	}
	if (host == "docker.io" || host == "index.docker.io") && !strings.Contains(name, "/") {
		name = "library/" + name
	}
	return host, name
}
