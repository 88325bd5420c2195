package haproxy

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestMaxBody sends bodies in all the ways in which HTTP/1.1 gives their length.
func TestMaxBody(t *testing.T) {
	b := echo(t, "b", 200)
	url, _ := start(t, Gateway{MaxBody: 100, APIs: []API{{Operations: []Operation{
		public("POST", "/a", b), public("GET", "/a", b),
		{Method: "POST", Path: "/closed", Pool: Pool{Servers: []Server{b}}, Access: Access{AnyOf: [][]Use{{}}}},
	}}}})
	const tooLarge, noLength = `"code":413`, `"code":411`
	x := func(n int) string { return strings.Repeat("x", n) }
	chunked := func(headers string, chunks ...string) []string {
		parts := []string{"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + headers + "Host: a\r\nConnection: close\r\n\r\n"}
		return append(parts, chunks...)
	}
	sized := func(length, body string) []string {
		return []string{"POST /a HTTP/1.1\r\nContent-Length: " + length + "\r\nHost: a\r\nConnection: close\r\n\r\n" + body}
	}
	for name, c := range map[string]struct {
		parts  []string
		status string
		want   string
	}{
		"no body":                       {[]string{"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}, "200", "b GET"},
		"no length":                     {[]string{"POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}, "200", "b POST"},
		"HTTP/1.0":                      {[]string{"POST /a HTTP/1.0\r\nContent-Length: 101\r\n\r\n" + x(101)}, "413", tooLarge},
		"the limit":                     {sized("100", x(100)), "200", "b POST"},
		"above":                         {sized("101", x(101)), "413", tooLarge},
		"above, before the body":        {sized("101", ""), "413", tooLarge},
		"5 GB":                          {sized("5000000000", x(10)), "413", tooLarge},
		"2^32 + 1":                      {sized("4294967297", x(10)), "413", tooLarge},
		"2^63 - 1":                      {sized("9223372036854775807", x(10)), "413", tooLarge},
		"2^64 + 1":                      {sized("18446744073709551617", x(10)), "400", ""},
		"negative":                      {sized("-1", x(10)), "400", ""},
		"twice":                         {sized("101\r\nContent-Length: 101", x(101)), "413", tooLarge},
		"two lengths":                   {sized("1\r\nContent-Length: 101", x(101)), "400", ""},
		"100-continue":                  {sized("101\r\nExpect: 100-continue", ""), "413", tooLarge},
		"chunked":                       {chunked("", "1\r\nx\r\n0\r\n\r\n"), "411", noLength},
		"chunked, later":                {chunked("", "", "1\r\nx\r\n0\r\n\r\n"), "411", noLength},
		"chunked, in parts":             {chunked("", "4", "0\r\n", x(64), "\r\n0\r\n\r\n"), "411", noLength},
		"chunked, empty":                {chunked("", "0\r\n\r\n"), "200", "b POST"},
		"chunked, empty, with trailers": {chunked("", "0\r\nA: "+x(200)+"\r\n\r\n"), "200", "b POST"},
		"chunked, with length":          {chunked("Content-Length: 1\r\n", "40\r\n"+x(64)+"\r\n0\r\n\r\n"), "411", noLength},
		"chunked, with length 0":        {chunked("Content-Length: 0\r\n", "40\r\n"+x(64)+"\r\n0\r\n\r\n"), "411", noLength},
		"no credentials":                {[]string{"POST /closed HTTP/1.1\r\nContent-Length: 101\r\nHost: a\r\nConnection: close\r\n\r\n"}, "401", ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := dial(t, url)
			for i, part := range c.parts {
				if i > 0 {
					time.Sleep(100 * time.Millisecond)
				}
				if _, err := io.WriteString(k, part); err != nil {
					break // It is refused already.
				}
			}
			response, err := http.ReadResponse(k.reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if response.Status[:3] != c.status || !strings.Contains(string(text), c.want) || err != nil {
				t.Errorf("got %s %s, want %s %s (%v)", response.Status, text, c.status, c.want, err)
			}
		})
	}
}

// TestMaxBodyOfClients sends bodies as Go's client does, in both versions of HTTP.
func TestMaxBodyOfClients(t *testing.T) {
	b := echo(t, "b", 200)
	url, _ := start(t, Gateway{MaxBody: 100, APIs: []API{{Operations: []Operation{public("POST", "/a", b)}}}})
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		transport := &http.Transport{Protocols: &http.Protocols{}}
		transport.Protocols.SetHTTP1(version == "HTTP/1.1")
		transport.Protocols.SetUnencryptedHTTP2(version == "HTTP/2.0")
		t.Cleanup(transport.CloseIdleConnections)
		client := &http.Client{Transport: transport}
		late := func(n int) io.Reader {
			reader, writer := io.Pipe()
			go func() {
				time.Sleep(200 * time.Millisecond)
				_, _ = writer.Write(make([]byte, n))
				_ = writer.Close()
			}()
			return reader
		}
		for name, c := range map[string]struct {
			body   io.Reader
			status int
		}{
			"none":                  {nil, 200},
			"the limit":             {bytes.NewReader(make([]byte, 100)), 200},
			"above":                 {bytes.NewReader(make([]byte, 101)), 413},
			"1 MiB":                 {bytes.NewReader(make([]byte, 1<<20)), 413},
			"without length":        {io.MultiReader(bytes.NewReader(make([]byte, 1))), 411},
			"without length, later": {late(1), 411},
			"1 MiB without length":  {late(1 << 20), 411},
			"nothing, later":        {late(0), 200},
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				// Each case has a connection of its own, so that a body that was refused does not hold up the next one.
				defer transport.CloseIdleConnections()
				response, err := client.Post(url+"/a", "text/plain", c.body)
				if err != nil {
					if version == "HTTP/1.1" && strings.Contains(name, "MiB") {
						return // The connection closes, perhaps before the client reads why.
					}
					t.Fatal(err)
				}
				text, _ := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if response.StatusCode != c.status || response.Proto != version {
					t.Errorf("got %s %s %s, want %d", response.Proto, response.Status, text, c.status)
				}
			})
		}
	}
}
