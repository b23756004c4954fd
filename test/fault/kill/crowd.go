package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	idleConnections = 10000
	watchRanges     = 100000
	idleMaxKiB      = 64 // of the server's memory, for each idle connection
	rangeMaxKiB     = 4  // and for each watcher
	answerWithin    = 2 * time.Second
)

// runCrowd holds one server against many: idle connections, and a watch stream of very many ranges.
func runCrowd(command []string, t *tally) error {
	server, err := start(command)
	if err != nil {
		return err
	}
	defer server.kill()
	client, err := server.dial()
	if err != nil {
		return err
	}
	defer client.Close()
	if err := idleCrowd(server, client, t); err != nil {
		return err
	}
	return watchCrowd(server, client, t)
}

// residentKiB is the server's anonymous memory: what it has asked for, without the mapped file.
func (s *server) residentKiB() (n int) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "RssAnon:") {
			fmt.Sscanf(lines.Text(), "RssAnon: %d kB", &n)
		}
	}
	return n
}

func answers(client *clientv3.Client) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	begin := time.Now()
	_, err := client.Put(ctx, "crowd/alive", "1")
	return time.Since(begin), err
}

func idleCrowd(server *server, client *clientv3.Client, t *tally) error {
	before := server.residentKiB()
	var crowd []net.Conn
	for i := 0; i < idleConnections; i++ {
		conn, err := net.Dial("tcp", "127.0.0.1:"+server.port)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		crowd = append(crowd, conn)
		// The preface of HTTP/2 and empty settings: a client that has come and says nothing more.
		conn.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"))
	}
	for i, conn := range crowd { // each has been greeted: the server holds all of them
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadFull(conn, make([]byte, 9)); err != nil {
			return fmt.Errorf("connection %d is not served: %w", i, err)
		}
	}
	took, err := answers(client)
	t.check(err == nil, "a put is answered beside %d idle connections: %v", idleConnections, err)
	grown := server.residentKiB() - before
	t.check(grown < idleConnections*idleMaxKiB, "%d idle connections take less than %d KiB each: %d KiB in all", idleConnections, idleMaxKiB, grown)
	fmt.Printf("# %d idle connections: %d KiB each, a put beside them took %v\n", idleConnections, grown/idleConnections, took)
	for _, conn := range crowd {
		conn.Close()
	}
	return nil
}

func watchCrowd(server *server, client *clientv3.Client, t *tally) error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	before := server.residentKiB()
	stream, err := pb.NewWatchClient(client.ActiveConnection()).Watch(ctx)
	if err != nil {
		return err
	}
	go func() {
		for i := 0; i < watchRanges; i++ {
			key := fmt.Sprintf("crowd/range/%06d", i)
			create := &pb.WatchCreateRequest{Key: []byte(key), RangeEnd: []byte(key + "~")}
			if stream.Send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: create}}) != nil {
				return
			}
		}
	}()
	created := 0
	for created < watchRanges {
		answer, err := stream.Recv()
		if err != nil {
			return fmt.Errorf("after %d watchers: %w", created, err)
		}
		if answer.Created && !answer.Canceled {
			created++
		}
	}
	grown := server.residentKiB() - before
	t.check(grown < watchRanges*rangeMaxKiB, "%d watchers take less than %d KiB each: %d KiB in all", watchRanges, rangeMaxKiB, grown)
	took, err := answers(client)
	t.check(err == nil, "a put is answered beside %d watchers: %v", watchRanges, err)
	if _, err = client.Put(ctx, "crowd/range/054321x", "1"); err != nil {
		return err
	}
	answer, err := stream.Recv()
	t.check(err == nil && len(answer.Events) == 1 && answer.WatchId == 54321, "the one watcher that is concerned is told: %v %v", err, answer)
	fmt.Printf("# %d watchers: %d KiB in all, a put beside them took %v\n", watchRanges, grown, took)
	return nil
}
