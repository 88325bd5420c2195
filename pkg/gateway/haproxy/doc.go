// Package haproxy turns the operations of a gateway into the configuration of HAProxy 2.6 and later. A Gateway comes in, with
// every reference resolved; the files that HAProxy reads come out: the configuration, the maps that route requests, and the
// public keys that verify tokens. The package reads no files, and knows neither Kubernetes nor OpenAPI.
//
// A request passes these steps, and the first that fails answers it: path (400, 404), CORS preflight, method (405), security
// (401, 403), rate limits (429), body size (411, 413), and the backend of the operation (502, 503, 504). Security fails closed:
// only a rule of the operation's own policy admits a request.
//
// Every value is a separate word of a directive, and writer quotes it as section 2.2 of HAProxy's configuration manual
// describes. So a path, host, or issuer cannot become a directive.
package haproxy
