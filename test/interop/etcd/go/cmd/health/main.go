// Command health asks the gRPC health service, and on request the reflection service, which
// etcd does not register.
//
//	health [-endpoint HOST:PORT] [reflection]
package main

import (
	"context"
	"flag"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	oldpb "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"interop/check"
	"interop/target"
)

func main() {
	conn := target.Conn(target.Endpoint())
	if flag.Arg(0) == "reflection" {
		c := check.New("reflection")
		reflection(c, conn)
		c.Exit()
	}
	c := check.New("health")
	health(c, healthpb.NewHealthClient(conn))
	c.Exit()
}

func health(c *check.Suite, client healthpb.HealthClient) {
	c.Run("whole_server_serves", func(t *check.T) {
		r, err := client.Check(t.Ctx, &healthpb.HealthCheckRequest{})
		t.Must("check", err)
		t.Eq("status", r.Status, healthpb.HealthCheckResponse_SERVING)
	})
	c.Run("any_other_name_is_unknown", func(t *check.T) {
		for _, name := range []string{"nope", "etcdserverpb.KV"} {
			_, err := client.Check(t.Ctx, &healthpb.HealthCheckRequest{Service: name})
			t.Status(name, err, codes.NotFound, "unknown service")
		}
	})
	c.Run("watch_tells_the_status_at_once", func(t *check.T) {
		ctx, cancel := context.WithCancel(t.Ctx)
		defer cancel()
		stream, err := client.Watch(ctx, &healthpb.HealthCheckRequest{})
		t.Must("watch", err)
		r, err := stream.Recv()
		t.Must("receive", err)
		t.Eq("status", r.Status, healthpb.HealthCheckResponse_SERVING)
		cancel()
		_, err = stream.Recv()
		t.Eq("code after cancel", status.Code(err), codes.Canceled)
	})
	c.Run("watch_of_an_unknown_name", func(t *check.T) {
		ctx, cancel := context.WithCancel(t.Ctx)
		defer cancel()
		stream, err := client.Watch(ctx, &healthpb.HealthCheckRequest{Service: "nope"})
		t.Must("watch", err)
		r, err := stream.Recv()
		t.Must("receive", err)
		t.Eq("status", r.Status, healthpb.HealthCheckResponse_SERVICE_UNKNOWN)
	})
}

func reflection(c *check.Suite, conn *grpc.ClientConn) {
	c.Run("lists_the_services_of_etcd", func(t *check.T) {
		stream, err := reflectpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Ctx)
		t.Must("open", err)
		t.Must("send", stream.Send(&reflectpb.ServerReflectionRequest{
			MessageRequest: &reflectpb.ServerReflectionRequest_ListServices{ListServices: "*"}}))
		r, err := stream.Recv()
		t.Must("receive", err)
		var names []string
		for _, s := range r.GetListServicesResponse().GetService() {
			names = append(names, s.Name)
		}
		for _, want := range []string{"etcdserverpb.KV", "etcdserverpb.Watch", "etcdserverpb.Lease", "etcdserverpb.Cluster",
			"etcdserverpb.Maintenance", "grpc.health.v1.Health"} {
			t.True(slices.Contains(names, want), "%s is not among %s", want, strings.Join(names, " "))
		}
	})
	c.Run("gives_the_file_of_a_symbol", func(t *check.T) {
		stream, err := reflectpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Ctx)
		t.Must("open", err)
		ask := func(symbol string) *reflectpb.ServerReflectionResponse {
			t.Must("send", stream.Send(&reflectpb.ServerReflectionRequest{
				MessageRequest: &reflectpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: symbol}}))
			r, err := stream.Recv()
			t.Must("receive", err)
			return r
		}
		files := ask("etcdserverpb.KV").GetFileDescriptorResponse().GetFileDescriptorProto()
		t.True(hasService(t, files, "KV"), "no file of %d has service KV", len(files))
		e := ask("etcdserverpb.Nope").GetErrorResponse()
		t.Eq("code of an unknown symbol", codes.Code(e.GetErrorCode()), codes.NotFound)
	})
	c.Run("old_version_lists_too", func(t *check.T) {
		stream, err := oldpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Ctx)
		t.Must("open", err)
		t.Must("send", stream.Send(&oldpb.ServerReflectionRequest{
			MessageRequest: &oldpb.ServerReflectionRequest_ListServices{ListServices: "*"}}))
		r, err := stream.Recv()
		t.Must("receive", err)
		t.True(len(r.GetListServicesResponse().GetService()) > 0, "the list is empty")
	})
}

func hasService(t *check.T, files [][]byte, name string) bool {
	for _, bytes := range files {
		file := &descriptorpb.FileDescriptorProto{}
		t.Must("decode a file", proto.Unmarshal(bytes, file))
		for _, service := range file.GetService() {
			if service.GetName() == name {
				return true
			}
		}
	}
	return false
}
