// Command slowwatcher opens a watch stream and does not read it while more than 64 MiB of events
// are written. Others must not notice: a watcher on the same connection, one on another, reads.
// Then it reads everything, in order and without a gap.
//
//	slowwatcher [-endpoint HOST:PORT]
//
// SLOW_WATCHER_METRIC names a metric on the page METRICS_URL that must rise while the watcher is
// slow; without a name that check is left out.
package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"

	"interop/check"
	"interop/target"
)

const (
	prefix = "slowwatcher/"
	size   = 64 << 10
	count  = 1200 // 75 MiB in all
)

func main() {
	endpoint := target.Endpoint()
	metricsURL := os.Getenv("METRICS_URL")
	if metricsURL == "" {
		metricsURL = "http://" + endpoint + "/metrics"
	}
	c := check.New("slowwatcher")
	metric := &highest{url: metricsURL, name: os.Getenv("SLOW_WATCHER_METRIC")}
	c.RunFor(2*time.Minute, "stalled_stream_harms_nobody_and_loses_nothing", func(t *check.T) { play(t, endpoint, metric) })
	if metric.name != "" {
		c.Run("metric_rises", func(t *check.T) {
			t.Must("read "+metric.name, metric.err)
			t.True(metric.most > metric.first, "%s was %v before and never above %v", metric.name, metric.first, metric.most)
		})
	}
	c.Exit()
}

func play(t *check.T, endpoint string, metric *highest) {
	shared, other := target.Conn(endpoint), target.Conn(endpoint)
	t.Cleanup(func() { shared.Close(); other.Close() })
	slow := watch(t, shared)
	neighbour, stranger := follow(watch(t, shared)), follow(watch(t, other))
	metric.start()

	kv := pb.NewKVClient(shared)
	value := make([]byte, size)
	revisions := make([]int64, count)
	var slowest time.Duration
	for i := range revisions {
		start := time.Now()
		copy(value, fmt.Sprintf("%08d", i))
		r, err := kv.Put(t.Ctx, &pb.PutRequest{Key: fmt.Appendf(nil, "%s%d", prefix, i%10), Value: value})
		t.Must("put", err)
		revisions[i] = r.Header.Revision
		slowest = max(slowest, time.Since(start))
		if i%100 == 99 {
			_, err := kv.Range(t.Ctx, &pb.RangeRequest{Key: []byte(prefix + "0"), KeysOnly: true})
			t.Must("range on the connection of the stalled stream", err)
			metric.sample()
		}
	}
	t.True(slowest < 5*time.Second, "a put took %v", slowest)
	check.Remark("%d MiB written, the slowest put took %v", count*size>>20, slowest.Round(time.Millisecond))
	for name, f := range map[string]*follower{"the same connection": neighbour, "another connection": stranger} {
		took := t.Until(10*time.Second, "watcher on "+name+" hears all", func() error {
			if n := f.seen.Load(); n < count {
				return fmt.Errorf("it heard %d of %d (%v)", n, count, f.end.Load())
			}
			return nil
		})
		check.Remark("the watcher on %s had all events %v after the last put", name, took.Round(time.Millisecond))
	}
	metric.sample()

	start := time.Now()
	next := 0
	for next < count {
		r, err := slow.Recv()
		t.Must(fmt.Sprintf("receive after event %d", next), err)
		t.True(!r.Canceled, "the slow watcher was canceled: %s", r.CancelReason)
		for _, e := range r.Events {
			if next == count || e.Kv.ModRevision != revisions[next] || string(e.Kv.Value[:8]) != fmt.Sprintf("%08d", next) {
				t.Fatalf("event %d has revision %d and value %.8s", next, e.Kv.ModRevision, e.Kv.Value)
			}
			next++
		}
	}
	check.Remark("the slow watcher read all %d events in %v", next, time.Since(start).Round(time.Millisecond))
	metric.sample()
	r, err := kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(prefix + "last"), Value: []byte("v")})
	t.Must("put", err)
	last, err := slow.Recv()
	t.Must("receive", err)
	t.True(len(last.Events) == 1 && last.Events[0].Kv.ModRevision == r.Header.Revision, "the next answer is %.300s", last)
	_, err = kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{Key: []byte(prefix), RangeEnd: []byte("slowwatcher0")})
	t.Must("delete", err)
}

// watch opens a stream with one watcher and takes the answer to its creation.
func watch(t *check.T, conn *grpc.ClientConn) pb.Watch_WatchClient {
	ctx, cancel := context.WithCancel(t.Ctx)
	t.Cleanup(cancel)
	stream, err := pb.NewWatchClient(conn).Watch(ctx)
	t.Must("open", err)
	t.Must("create", stream.Send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{
		CreateRequest: &pb.WatchCreateRequest{Key: []byte(prefix), RangeEnd: []byte("slowwatcher0")}}}))
	r, err := stream.Recv()
	t.Must("receive", err)
	t.True(r.Created, "first answer is %v", r)
	return stream
}

// follower reads a stream as fast as it can.
type follower struct {
	seen atomic.Int64
	end  atomic.Value
}

func follow(stream pb.Watch_WatchClient) *follower {
	f := &follower{}
	go func() {
		for {
			r, err := stream.Recv()
			if err != nil {
				f.end.Store(err.Error())
				return
			}
			f.seen.Add(int64(len(r.Events)))
		}
	}()
	return f
}

// highest samples a metric.
type highest struct {
	url, name   string
	first, most float64
	err         error
}

func (h *highest) start() {
	if h.name != "" {
		h.first, h.err = target.Metric(h.url, h.name)
		h.most = h.first
	}
}

func (h *highest) sample() {
	if h.name != "" && h.err == nil {
		var now float64
		now, h.err = target.Metric(h.url, h.name)
		h.most = max(h.most, now)
	}
}
