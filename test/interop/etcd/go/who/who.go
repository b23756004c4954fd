// Package who is a gRPC service with one method that tells the name of the server: it shows which
// backends a client's calls reach. It needs no generated code.
package who

import (
	"context"
	"fmt"
	"net"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/resolver"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const method = "/interop.Who/Name"

// Serve answers name on a fresh loopback port until the server is stopped.
func Serve(name string) (addr string, server *grpc.Server, err error) {
	return ServeOn("127.0.0.1", name)
}

// ServeOn is Serve on an address of one's choice.
func ServeOn(host, name string) (addr string, server *grpc.Server, err error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", nil, err
	}
	server = grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "interop.Who",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{
			MethodName: "Name",
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				if err := decode(&emptypb.Empty{}); err != nil {
					return nil, err
				}
				return wrapperspb.String(name), nil
			},
		}},
	}, struct{}{})
	go server.Serve(listener)
	return listener.Addr().String(), server, nil
}

// Ask tells which backend answered one call.
func Ask(ctx context.Context, conn *grpc.ClientConn) (string, error) {
	answer := &wrapperspb.StringValue{}
	err := conn.Invoke(ctx, method, &emptypb.Empty{}, answer)
	return answer.GetValue(), err
}

// Dial connects to all backends registered under a service, in turn.
func Dial(client *clientv3.Client, service string) (*grpc.ClientConn, error) {
	builder, err := resolver.NewBuilder(client)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient("etcd:///"+service,
		grpc.WithResolvers(builder),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", service, err)
	}
	conn.Connect()
	return conn, nil
}
