package haproxy

import "time"

// Gateway is everything that one gateway serves.
type Gateway struct {
	APIs []API
	// Schemes verify credentials. Access refers to them by name.
	Schemes []Scheme
	// HTTP, HTTPS, and Metrics are the ports to listen on. HTTPS is 0 for none.
	HTTP, HTTPS, Metrics int32
	// Families are the IP families of the cluster, the preferred one first.
	Families []Family
	// Dir is the directory that contains the files. Certificate is the file with the certificate for HTTPS, tls.crt in a
	// directory that also contains tls.key.
	Dir, Certificate string
	// Threads and MaxConnections fit the CPU and memory limits of the container.
	Threads, MaxConnections int
	// MaxBody is the maximum size of a request body in bytes; 0 for no maximum.
	MaxBody int64
}

// Family is an IP family, as in the Services of Kubernetes.
type Family string

// The IP families.
const (
	IPv4 Family = "IPv4"
	IPv6 Family = "IPv6"
)

// API is one document.
type API struct {
	// BasePath begins with a slash and does not end with one; "" if the operations have no common prefix. It is removed from
	// the paths of requests to backends.
	BasePath   string
	Operations []Operation
	// CORS is nil if browsers cannot call the API from other sites.
	CORS *CORS
	// Limit applies to all requests of the API together, in each gateway pod. It is nil for none.
	Limit *Limit
}

// Operation is one method of one path.
type Operation struct {
	// ID is operationId; "" if there is none.
	ID string
	// Method is in upper case. Path is a template below the base path, such as /pets/{id}.
	Method, Path string
	Pool         Pool
	// Access says who can call it. Nobody can if it is empty.
	Access Access
	// Limit applies to all requests of the operation, in each gateway pod. It is nil for none.
	Limit *Limit
}

// Pool is the servers that handle the requests of an operation.
type Pool struct {
	Servers []Server
	// Failover means that the servers are tried in order. Otherwise, they share the requests.
	Failover bool
	// Timeout is the time in which a server must respond; 0 for the default of 60 s.
	Timeout time.Duration
}

// Server is one address to send requests to.
type Server struct {
	Host string
	Port int32
	// Address is the IP address or the DNS name to connect to; "" for Host.
	Address string
	// Path begins with a slash and does not end with one, and replaces the base path; "" for none.
	Path string
	// Weight is the share of requests in proportion to the other weights, 1 to 256; 0 for the default, 1.
	Weight int
	// TLS is nil for http. HTTP2 means that the server expects HTTP/2 without TLS or by ALPN.
	TLS   *TLS
	HTTP2 bool
	// Sleeps means that there is no server until requests come.
	Sleeps bool
}

// TLS says how to verify the certificate of a server.
type TLS struct {
	// CAFile contains the CA certificates; "" for those of the system. Insecure accepts any certificate.
	CAFile   string
	Insecure bool
	// Name is the name in the certificate; "" for the host.
	Name string
}

// Access says who can call an operation.
type Access struct {
	// Public admits everyone.
	Public bool
	// AnyOf are the alternatives; each is sufficient. An empty alternative admits nobody.
	AnyOf [][]Use
}

// Use is a scheme that a client must satisfy.
type Use struct {
	Scheme string
	// Scopes are scopes of which the token must have at least one; empty if it needs none.
	Scopes []string
}

// Scheme verifies one kind of credentials: tokens or passwords.
type Scheme struct {
	Name string
	// Issuers issue the JSON Web Tokens that are valid. Header or Query is where clients send them; both are "" for bearer
	// tokens.
	Issuers       []Issuer
	Header, Query string
	// Users authenticate with a password (Basic).
	Users []User
}

// Issuer issues tokens.
type Issuer struct {
	// Issuer is the claim iss. Audiences are values of the claim aud, of which a token must have one; empty if it needs none.
	Issuer    string
	Audiences []string
	// Key is a public key in PEM (PKIX). If it is "", File is a file that contains one.
	Key, File string
	// Algorithms are those of Algorithms that the key can have; all if it is empty.
	Algorithms []string
}

// User is a user whose name and password are in environment variables, because a configuration is not secret.
type User struct{ NameVariable, PasswordVariable string }

// Limit is a number of requests in each period, counted from the start of the period.
type Limit struct {
	Requests int64
	// Period is a number of seconds, at most MaxPeriod.
	Period time.Duration
}

// MaxPeriod is the longest period that HAProxy can count in: it stores times in milliseconds, as 32-bit numbers.
const MaxPeriod = 24 * 24 * time.Hour

// CORS says which sites can call an API from a browser.
type CORS struct {
	// Origins and Methods can be "*". Headers are the headers that requests can have besides the usual ones.
	Origins, Methods, Headers []string
	Credentials               bool
}
