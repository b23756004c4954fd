// Command bad gives Consul's API what it must not take, over the wire, and holds every view to it afterwards: nothing
// is half registered. The server is CONSUL_HTTP_ADDR and ETCD_ENDPOINT; CONSUL_HTTP_TOKEN is a management token. Without
// ETCD_ENDPOINT the same table can be held against Consul itself.
//
// Packets of DNS that are cut or lead in circles: test/unit/faces/dns/test_query.c.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"interop/check"
	"interop/target"
)

var (
	address = os.Getenv("CONSUL_HTTP_ADDR")
	etcd    *clientv3.Client
	client  = http.Client{Timeout: 20 * time.Second}
)

func main() {
	if endpoint := os.Getenv("ETCD_ENDPOINT"); endpoint != "" {
		var err error
		if etcd, err = target.Client(endpoint); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	s := check.New("bad-input")
	for _, r := range refused {
		s.Run(r.name, r.isRefused)
	}
	for _, r := range taken {
		s.Run(r.name, r.isTaken)
	}
	s.Run("body_that_ends_early", func(t *check.T) { leavesNothing(t, cutBody) })
	s.Exit()
}

// call makes a request and returns status and body.
func call(t *check.T, method, path, body string) (int, string) {
	request, err := http.NewRequestWithContext(t.Ctx, method, "http://"+address+path, strings.NewReader(body))
	t.Must("request", err)
	request.Header.Set("X-Consul-Token", os.Getenv("CONSUL_HTTP_TOKEN"))
	answer, err := client.Do(request)
	t.Must(method+" "+path[:min(len(path), 60)], err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	t.Must("body", err)
	return answer.StatusCode, string(text)
}

// views is all that a registration could have left somewhere: what each view shows, and the revision.
func views(t *check.T) string {
	var all strings.Builder
	for _, path := range []string{
		"/v1/agent/services", "/v1/agent/checks", "/v1/catalog/nodes", "/v1/catalog/services", "/v1/health/state/any",
		"/v1/kv/?recurse", "/v1/session/list", "/v1/query", "/v1/config/service-defaults", "/v1/acl/policies", "/v1/acl/tokens",
	} {
		status, text := call(t, "GET", path, "")
		fmt.Fprintf(&all, "%s %d %s\n", path, status, text)
	}
	if etcd != nil {
		everything, err := etcd.Get(t.Ctx, "\x00", clientv3.WithFromKey())
		t.Must("get everything", err)
		fmt.Fprintf(&all, "revision %d\n", everything.Header.Revision)
		for _, kv := range everything.Kvs {
			fmt.Fprintf(&all, "%s = %s\n", kv.Key, kv.Value)
		}
	}
	return all.String()
}

// leavesNothing notes a failure if anything is to be seen afterwards that was not before.
func leavesNothing(t *check.T, act func(t *check.T)) {
	before := views(t)
	act(t)
	after := views(t)
	if before == after {
		return
	}
	old := strings.Split(before, "\n")
	for i, line := range strings.Split(after, "\n") {
		if i >= len(old) || line != old[i] {
			t.Fatalf("it leaves %.400s", line)
		}
	}
	t.Fatalf("something is gone")
}

// isRefused: status and text are the row's, and nothing is left.
func (r refusal) isRefused(t *check.T) {
	leavesNothing(t, func(t *check.T) {
		status, text := call(t, r.method, r.path, r.body)
		t.Eq("status", status, r.status)
		t.True(regexp.MustCompile(r.text).MatchString(text), "text is %.300q, want a match of %s", text, r.text)
		t.True(len(text) < 2048, "the text has %d bytes: it repeats what was sent", len(text))
	})
}

// isTaken: it is accepted as Consul accepts it, and read back as the row says; afterwards it is removed.
func (r taking) isTaken(t *check.T) {
	status, text := call(t, "PUT", "/v1/agent/service/register", r.body)
	t.Eq("status", status, 200)
	t.Eq("text", text, "")
	var services map[string]struct {
		Service string
		Port    int
		Meta    map[string]string
	}
	_, text = call(t, "GET", "/v1/agent/services", "")
	t.Must("services", json.Unmarshal([]byte(text), &services))
	t.Eq("services", len(services), 1)
	got := services[r.id]
	t.Eq("what is registered", fmt.Sprintf("%s %d %v", got.Service, got.Port, got.Meta), r.want)
	var checks map[string]struct{ Type string }
	_, text = call(t, "GET", "/v1/agent/checks", "")
	t.Must("checks", json.Unmarshal([]byte(text), &checks))
	t.Eq("type of its check", checks["service:"+r.id].Type, r.check)
	status, _ = call(t, "PUT", "/v1/agent/service/deregister/"+r.id, "")
	t.Eq("status of its deregistration", status, 200)
}

// cutBody announces more than it sends and closes: what came is a whole registration, but not the whole body.
func cutBody(t *check.T) {
	conn, err := net.Dial("tcp", address)
	t.Must("dial", err)
	defer conn.Close()
	body := `{"Name":"cut","Port":80}`
	fmt.Fprintf(conn, "PUT /v1/agent/service/register HTTP/1.1\r\nHost: x\r\nX-Consul-Token: %s\r\nContent-Length: %d\r\n\r\n%s",
		os.Getenv("CONSUL_HTTP_TOKEN"), len(body)+1, body)
	t.Must("half close", conn.(*net.TCPConn).CloseWrite())
	t.Must("deadline", conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	answer, _ := io.ReadAll(conn) // until the server has closed too: then it has done what it does
	t.True(!strings.HasPrefix(string(answer), "HTTP/1.1 200"), "it is answered %.100q", answer)
}
