// Command rows holds a server to the observations made on real etcd, one check a row, through
// bare generated stubs so that every field of every answer is seen. Where server versions differ
// it expects the newest.
//
//	rows [-endpoint HOST:PORT] all             rows that need no special server, and rules beside them
//	rows fresh                                 what only a server that was never written to shows
//	rows quota                                 server with a backend quota of 16 MiB
//	rows progress                              server with a watch progress interval of 500 ms
//	rows longkey                               a key of 1,000,000 bytes
//	rows restart-before FILE, restart-after FILE   around a restart on the same data
package main

import (
	"flag"
	"fmt"
	"os"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"

	"interop/check"
	"interop/target"
)

// server is the one under test and all of its services that the rows use.
type server struct {
	endpoint string
	conn     *grpc.ClientConn
	kv       pb.KVClient
	watch    pb.WatchClient
	lease    pb.LeaseClient
	cluster  pb.ClusterClient
	maint    pb.MaintenanceClient
	auth     pb.AuthClient
}

func connect(endpoint string) *server {
	conn := target.Conn(endpoint)
	return &server{
		endpoint: endpoint,
		conn:     conn,
		kv:       pb.NewKVClient(conn),
		watch:    pb.NewWatchClient(conn),
		lease:    pb.NewLeaseClient(conn),
		cluster:  pb.NewClusterClient(conn),
		maint:    pb.NewMaintenanceClient(conn),
		auth:     pb.NewAuthClient(conn),
	}
}

func main() {
	s := connect(target.Endpoint())
	suite := check.New("rows")
	switch command, file := flag.Arg(0), flag.Arg(1); {
	case command == "all":
		kvRows(suite, s)
		txnRows(suite, s)
		limitRows(suite, s)
		watchRows(suite, s)
		historyRows(suite, s)
		leaseRows(suite, s)
		alarmRow(suite, s)
		corruptRow(suite, s)
		kvRules(suite, s)
		watchRules(suite, s)
		orderRules(suite, s)
		streamRules(suite, s)
		serviceRules(suite, s)
		crashRow(suite, s)
	case command == "fresh":
		freshRows(suite, s)
	case command == "quota":
		quotaRow(suite, s)
	case command == "progress":
		progressRow(suite, s)
	case command == "longkey":
		longKeyRow(suite, s)
	case command == "restart-before" && file != "":
		beforeRestart(suite, s, file)
	case command == "restart-after" && file != "":
		afterRestart(suite, s, file)
	default:
		fmt.Fprintln(os.Stderr, "usage: rows all | fresh | quota | progress | longkey | restart-before FILE | restart-after FILE")
		os.Exit(2)
	}
	suite.Exit()
}
