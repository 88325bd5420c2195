package swagger

import (
	"fmt"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// maxPath is the maximum length of a base path; no one writes a longer one manually.
const maxPath = 1000

// versionTemplate means info.version in a base path.
const versionTemplate = "{version}"

// basePath reads the base path as the gateway does: from the extension, or from the fields of the specification. A malformed
// base path is an error in the extension. Elsewhere, it is a warning, and is not used.
func (r *reader) basePath() {
	m, fallback := r.statedBasePath()
	if m.value == nil {
		return
	}
	before := len(r.problems)
	s := r.text(m)
	if !fallback {
		s = r.str(m)
	}
	if len(r.problems) > before {
		return
	}
	if strings.Contains(s, versionTemplate) && r.doc.Version == "" {
		r.report(model.SwaggerBasePath, m, "uses %s, but info.version is missing; add it", versionTemplate)
		return
	}
	if len(s)+strings.Count(s, versionTemplate)*len(r.doc.Version) > maxPath {
		r.report(model.SwaggerBasePath, m, "is longer than %d characters", maxPath)
		return
	}
	path := strings.ReplaceAll(s, versionTemplate, r.doc.Version)
	if trimmed := strings.TrimSuffix(path, "/"); trimmed != "" && !strings.HasSuffix(trimmed, "/") {
		path = trimmed
	}
	message, suggestion := pathProblem(path)
	if message == "" {
		r.doc.BasePath = path
		return
	}
	if path != "" {
		message = fmt.Sprintf("%q %s", cut(path), message)
	}
	p := r.report(model.SwaggerBasePath, m, "%s", message)
	switch {
	case fallback:
		p.Severity = model.Warning
		p.Message += "; it is not used"
	case suggestion != "":
		p.Suggestion = suggestion
		p.Message += fmt.Sprintf("; use %q", cut(suggestion))
	}
}

// statedBasePath finds the base path. Its value is nil if there is none.
func (r *reader) statedBasePath() (m member, fallback bool) {
	root := r.doc.root
	if n := krm.Get(root, basePathExtension); n != nil {
		return member{basePathExtension, n, r.at, n.Line}, false
	}
	if r.doc.version == swagger2 {
		if n := krm.Get(root, "basePath"); krm.Text(n) != "" {
			return member{"basePath", n, r.at, n.Line}, true
		}
		return member{}, false
	}
	server, n := firstServer(r.doc.root)
	path := server
	if host := serverHost().FindString(server); host != "" {
		path = server[len(host):]
	}
	if path == "" {
		return member{}, false
	}
	value := *n
	value.Value, _, _ = strings.Cut(path, "?")
	return member{"url", &value, r.at.Child("servers").Item(0), n.Line}, true
}

// serverHost matches the part before the path of an absolute URL, with or without a scheme.
var serverHost = model.Pattern(`^([A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*`)

// firstServer returns the url of the first server in n, with variables replaced by their defaults, and its node.
func firstServer(n *yaml.Node) (string, *yaml.Node) {
	servers := krm.Get(n, "servers")
	if servers == nil || servers.Kind != yaml.SequenceNode || len(servers.Content) == 0 {
		return "", nil
	}
	server := servers.Content[0]
	return serverURL(server), krm.Get(server, "url")
}

// serverURL returns the url of a server, with variables replaced by their defaults.
func serverURL(server *yaml.Node) string {
	text := krm.Text(server, "url")
	if len(text) > maxPath {
		return ""
	}
	variables := krm.Get(server, "variables")
	return template().ReplaceAllStringFunc(text, func(s string) string {
		if value := krm.Text(variables, s[1:len(s)-1], "default"); value != "" && len(value) <= maxPath {
			return value
		}
		return s
	})
}

// servers adds the servers of the root, of a path, or of an operation. A level with production endpoints does not use them.
func (r *reader) servers(n *yaml.Node) {
	servers := krm.Get(n, "servers")
	if servers == nil || servers.Kind != yaml.SequenceNode || krm.Get(n, productionExtension) != nil {
		return
	}
	for _, server := range servers.Content {
		r.addServer(serverURL(server))
	}
}

// host adds the servers that host, basePath, and schemes of Swagger 2.0 stand for.
func (r *reader) host() {
	root := r.doc.root
	host := krm.Text(root, "host")
	if host == "" || krm.Get(root, productionExtension) != nil {
		return
	}
	path := "//" + host + krm.Text(root, "basePath")
	schemes := krm.Get(root, "schemes")
	if schemes == nil || len(schemes.Content) == 0 {
		r.addServer(path)
		return
	}
	for _, scheme := range schemes.Content {
		r.addServer(scheme.Value + ":" + path)
	}
}

func (r *reader) addServer(text string) {
	key := Endpoint{URL: text} // No endpoint lacks a stage.
	if serverHost().MatchString(text) && !r.seen[key] {
		r.seen[key] = true
		r.doc.Servers = append(r.doc.Servers, text)
	}
}

// hasServer reports whether the document names a host in the fields of the specification. The gateway forwards requests of
// operations without an endpoint to it.
func (r *reader) hasServer() bool {
	if r.doc.version == swagger2 {
		return krm.Text(r.doc.root, "host") != ""
	}
	server, _ := firstServer(r.doc.root)
	return serverHost().MatchString(server)
}

// notPathChar matches a character that is not allowed in a path (pchar of RFC 3986).
var notPathChar = model.Pattern(`[^A-Za-z0-9._~!$&'()*+,;=:@%/-]`)

// pathProblem returns why path is not valid for a route, and a suggestion if there is a single fix. The rules beyond RFC 3986
// are the rules of Ingress paths (ValidateIngress in pkg/apis/networking/validation of Kubernetes).
func pathProblem(path string) (message, suggestion string) {
	switch {
	case path == "":
		return "is empty; use a path such as /petstore/{version}", ""
	case path[0] != '/':
		if problem, _ := pathProblem("/" + path); problem == "" {
			suggestion = "/" + path
		}
		return "does not begin with a slash", suggestion
	}
	if t := template().FindString(path); t != "" {
		return fmt.Sprintf("contains %s, which nothing replaces; only %s is replaced", cut(t), versionTemplate), ""
	}
	if c := notPathChar().FindString(path); c != "" {
		return fmt.Sprintf("contains %q, which a path cannot have", c), ""
	}
	if _, err := url.PathUnescape(path); err != nil {
		return `contains a "%" that is not followed by two hexadecimal digits`, ""
	}
	for _, s := range []string{"//", "/./", "/../", "%2f", "%2F"} {
		if path != "/" && strings.Contains(path+"/", s) {
			return fmt.Sprintf("contains %q, which a route cannot have", s), ""
		}
	}
	return "", ""
}
