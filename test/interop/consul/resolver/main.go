// Command resolver lets grpc-go balance over what the grpc-consul-resolver finds; the server is CONSUL_HTTP_ADDR.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
	_ "github.com/mbobakov/grpc-consul-resolver"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
)

var failed bool

func check(name string, ok bool, format string, args ...any) {
	if ok {
		fmt.Println("ok resolver/" + name)
		return
	}
	failed = true
	fmt.Printf("not ok resolver/%s: %s\n", name, fmt.Sprintf(format, args...))
}

func must(what string, err error) {
	if err != nil {
		check(what, false, "%v", err)
		os.Exit(1)
	}
}

type backend struct {
	id   string
	port int
}

// start serves gRPC's health service on a port of its own and registers it.
func start(client *api.Client, id string) backend {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must("listen", err)
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	b := backend{id, listener.Addr().(*net.TCPAddr).Port}
	must("register", client.Agent().ServiceRegister(&api.AgentServiceRegistration{
		ID: id, Name: "greeter", Tags: []string{"v1"}, Port: b.port, Address: "127.0.0.1",
		Check: &api.AgentServiceCheck{TTL: "10m", Status: "passing"},
	}))
	return b
}

func ports(backends ...backend) string {
	var list []string
	for _, b := range backends {
		list = append(list, fmt.Sprint(b.port))
	}
	sort.Strings(list)
	return strings.Join(list, " ")
}

// reached calls until the backends that answer are WANTED, at most 10 s; which those were.
func reached(conn *grpc.ClientConn, wanted string) string {
	client := healthpb.NewHealthClient(conn)
	got := ""
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && got != wanted; {
		seen := map[string]bool{}
		for i := 0; i < 30; i++ {
			var p peer.Peer
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			_, err := client.Check(ctx, &healthpb.HealthCheckRequest{}, grpc.Peer(&p), grpc.WaitForReady(true))
			cancel()
			if err == nil {
				seen[fmt.Sprint(p.Addr.(*net.TCPAddr).Port)] = true
			}
		}
		var list []string
		for port := range seen {
			list = append(list, port)
		}
		sort.Strings(list)
		got = strings.Join(list, " ")
	}
	return got
}

func main() {
	address := os.Getenv("CONSUL_HTTP_ADDR")
	client, err := api.NewClient(api.DefaultConfig())
	must("client", err)
	a, b, c := start(client, "g1"), start(client, "g2"), start(client, "g3")
	conn, err := grpc.Dial("consul://"+address+"/greeter?healthy=true&tag=v1&wait=30s",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}]}`))
	must("dial", err)

	got := reached(conn, ports(a, b, c))
	check("all_three_are_called", got == ports(a, b, c), "called %s of %s", got, ports(a, b, c))

	must("fail", client.Agent().FailTTL("service:g1", "broken"))
	got = reached(conn, ports(b, c))
	check("critical_one_is_left_out", got == ports(b, c), "called %s of %s", got, ports(b, c))

	must("deregister", client.Agent().ServiceDeregister("g2"))
	got = reached(conn, ports(c))
	check("deregistered_one_is_left_out", got == ports(c), "called %s of %s", got, ports(c))

	time.Sleep(5 * time.Second) // the query must be held meanwhile: this waits for nothing
	d := start(client, "g4")
	got = reached(conn, ports(c, d))
	check("new_one_is_called_after_five_idle_seconds", got == ports(c, d), "called %s of %s", got, ports(c, d))

	must("pass", client.Agent().PassTTL("service:g1", "mended"))
	got = reached(conn, ports(a, c, d))
	check("mended_one_is_called_again", got == ports(a, c, d), "called %s of %s", got, ports(a, c, d))
	for _, id := range []string{"g1", "g3", "g4"} {
		_ = client.Agent().ServiceDeregister(id)
	}
	if failed {
		os.Exit(1)
	}
}
